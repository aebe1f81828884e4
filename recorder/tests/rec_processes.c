// SPDX-License-Identifier: MIT
/*
 * Processes: how they are born and how they end. The first process allocates
 * blocks of 7001 bytes, others of 7002.
 *   rec_processes end HOW    1000 blocks, 500 freed, then end like that
 *   rec_processes fork|clone|vfork|spawn   one child, 10 blocks each
 *   rec_processes chain N    execute itself N times, then 10 blocks
 *   rec_processes close      close all descriptors, then 10 blocks
 */
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void allocate(int nr, size_t size)
{
	while (nr--)
		free(malloc(size));
}

static void *exit_here(void *arg)
{
	exit(9);
	return arg;
}

static int end_like(const char *how)
{
	static void *blocks[1000];
	pthread_t thread;
	int i;

	for (i = 0; i < 1000; i++)
		blocks[i] = malloc(7001);
	for (i = 0; i < 500; i++)
		free(blocks[i]);
	if (!strcmp(how, "exit"))
		exit(3);
	if (!strcmp(how, "_exit"))
		_exit(4);
	if (!strcmp(how, "quick_exit"))
		quick_exit(5);
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "kill"))
		raise(SIGKILL);
	if (!strcmp(how, "segv"))
		raise(SIGSEGV);
	if (!strcmp(how, "thread")) {
		pthread_create(&thread, NULL, exit_here, NULL);
		pthread_join(thread, NULL);
	}
	return 0;
}

static int child(pid_t pid)
{
	int status = 0;

	if (!pid) {
		allocate(10, 7002);
		_exit(6);
	}
	waitpid(pid, &status, 0);
	allocate(10, 7001);
	return WEXITSTATUS(status);
}

static int spawn(char *self)
{
	static char mode[] = "child";
	char *argv[] = { self, mode, NULL };
	pid_t pid;

	if (posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ))
		return 1;
	return child(pid);
}

static int chain(char **argv)
{
	char left[16];
	long nr = atol(argv[2]);

	if (nr) {
		allocate(100, 7002);
		snprintf(left, sizeof(left), "%ld", nr - 1);
		execl("/proc/self/exe", argv[0], argv[1], left, (char *)NULL);
		return 1;
	}
	allocate(10, 7001);
	return 0;
}

static int close_all(void)
{
	int fd;

	for (fd = 3; fd < 1024; fd++)
		if (!close(fd))
			return 1; /* somebody left one open */
	allocate(10, 7001);
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	if (!strcmp(mode, "end"))
		return end_like(argv[2]);
	if (!strcmp(mode, "fork"))
		return child(fork());
	if (!strcmp(mode, "clone"))
		return child((pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
	if (!strcmp(mode, "vfork"))
		return child(vfork());
	if (!strcmp(mode, "spawn"))
		return spawn(argv[0]);
	if (!strcmp(mode, "child")) {
		allocate(10, 7002);
		return 6;
	}
	if (!strcmp(mode, "chain"))
		return chain(argv);
	if (!strcmp(mode, "close"))
		return close_all();
	return 2;
}
