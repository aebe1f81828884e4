// SPDX-License-Identifier: MIT
/*
 * What the recorder costs a program while it is paused: the same loop of
 * malloc and free with and without it, in turn.
 * usage: paused_bench [ROUNDS [PAIRS]]
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/clock.h"
#include "recorder/shared.h"
#include "traces/base/err.h"

#define MAX_ROUNDS 1001

static void *hide(void *p)
{
	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

/* In a child: print the ns per call. */
static int loop(long pairs)
{
	uint64_t start = clock_monotonic_ns();
	long i;

	for (i = 0; i < pairs; i++)
		free(hide(malloc(24)));
	printf("%f\n",
	       (double)(clock_monotonic_ns() - start) / (2.0 * (double)pairs));
	return 0;
}

static void run_child(const struct shared *shared, const char *library,
		      const char *pairs)
{
	if (library) {
		shared->control->target_pid = (uint32_t)getpid();
		setenv("LD_PRELOAD", library, 1);
	}
	execl("/proc/self/exe", "paused_bench", "loop", pairs, (char *)NULL);
	_exit(1);
}

/* One run of the loop; 0: it failed. */
static double measure(const struct shared *shared, const char *library,
		      const char *pairs)
{
	double ns = 0;
	int fd[2];
	FILE *out;

	if (pipe(fd))
		return 0;
	if (!fork()) {
		dup2(fd[1], STDOUT_FILENO);
		run_child(shared, library, pairs);
	}
	close(fd[1]);
	out = fdopen(fd[0], "r");
	if (!out || fscanf(out, "%lf", &ns) != 1)
		ns = 0;
	if (out)
		fclose(out);
	wait(NULL);
	return ns;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int nr)
{
	qsort(values, (size_t)nr, sizeof(*values), by_value);
	return values[nr / 2];
}

static int compare(const struct shared *shared, const char *library, int rounds,
		   const char *pairs)
{
	static double plain[MAX_ROUNDS], paused[MAX_ROUNDS], added[MAX_ROUNDS];
	double before;
	int i;

	for (i = 0; i < rounds; i++) {
		plain[i] = measure(shared, NULL, pairs);
		paused[i] = measure(shared, library, pairs);
		if (plain[i] <= 0 || paused[i] <= 0)
			return 1;
		added[i] = paused[i] - plain[i];
	}
	before = median(plain, rounds);
	printf("plain %.2f ns per call, paused %.2f, added %.2f\n", before,
	       median(paused, rounds), median(added, rounds));
	return 0;
}

int main(int argc, char **argv)
{
	const char *pairs = argc > 2 ? argv[2] : "2000000";
	int rounds = argc > 1 ? atoi(argv[1]) : 11, ret;
	char self[PATH_MAX] = "", library[PATH_MAX + 32], text[64];
	struct shared shared;
	struct err err = { 0 };

	if (argc > 2 && !strcmp(argv[1], "loop"))
		return loop(atol(argv[2]));
	if (rounds < 1 || rounds > MAX_ROUNDS ||
	    readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 2;
	/* Three folders up: B/recorder/tests/paused_bench. */
	snprintf(library, sizeof(library), "%s/libheaptape.so",
		 dirname(dirname(dirname(self))));
	if (access(library, R_OK) ||
	    shared_open(&shared, RING_CLOCK_COUNTER, &err)) {
		fprintf(stderr, "paused_bench: %s\n",
			err.code ? err.text : strerror(errno));
		return 1;
	}
	shared.control->mode = RING_PAUSED;
	shared_describe(&shared, text, sizeof(text));
	setenv(RING_ENV, text, 1);
	ret = compare(&shared, library, rounds, pairs);
	/* Otherwise it measured nothing. */
	if (shared.control->nr_processes != (uint64_t)rounds)
		ret = 1;
	shared_close(&shared);
	return ret;
}
