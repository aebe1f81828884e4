// SPDX-License-Identifier: MIT
// Leaves a heap full of holes and falls idle; prints what an observer would see:
// resident KiB and threads at the peak, after some time without any call, and
// the pages that hold a survivor.
// usage: arena_idle [fork]
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NR = 60000, SURVIVOR = 20, IDLE_MS = 1900 };

static char *block[NR];

static long status_field(const char *name)
{
	static char text[4096];
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *at;

	if (fd >= 0)
		close(fd);
	if (len < 0)
		exit(2);
	text[len] = 0;
	at = strstr(text, name);
	return at ? atol(at + strlen(name)) : -1;
}

static void rest(void)
{
	struct timespec ts = { IDLE_MS / 1000, IDLE_MS % 1000 * 1000000L };

	while (nanosleep(&ts, &ts))
		;
}

static long pages_of_survivors(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), last = 0;
	long n = 0;

	// In order of allocation, which is nearly that of addresses.
	for (int i = 0; i < NR; i += SURVIVOR) {
		uintptr_t at = (uintptr_t)block[i] / page;

		n += at != last;
		last = at;
	}
	return n * (long)page / 1024;
}

static int run(void)
{
	long before = status_field("\nVmRSS:"), peak, idle;
	long threads;

	for (int i = 0; i < NR; i++) {
		size_t size = (size_t)512 << i % 3;

		block[i] = malloc(size);
		if (!block[i])
			return 2;
		memset(block[i], i, size);
	}
	peak = status_field("\nVmRSS:");
	for (int i = 0; i < NR; i++)
		if (i % SURVIVOR)
			free(block[i]);
	rest();
	idle = status_field("\nVmRSS:");
	threads = status_field("\nThreads:");
	for (int i = 0; i < NR; i += SURVIVOR)
		if (block[i][100] != (char)i)
			return 3;
	printf("peak %ld idle %ld survivors %ld threads %ld\n", peak - before,
	       idle - before, pages_of_survivors(), threads);
	return fflush(stdout) ? 2 : 0;
}

int main(int argc, char **argv)
{
	int status;
	pid_t child;

	if (argc < 2 || strcmp(argv[1], "fork"))
		return run();
	if (run())
		return 4;
	for (int i = 0; i < NR; i += SURVIVOR)
		free(block[i]);
	child = fork();
	if (!child)
		_exit(run());
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 5;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 6;
}
