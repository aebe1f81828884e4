// SPDX-License-Identifier: MIT
/*
 * Allocates steadily, for tests of what happens to a recording meanwhile.
 *   rec_steady fast MS    as fast as possible, for so long
 *   rec_steady slow MS    about a thousand times a second
 *   rec_steady steps      blocks of 7001 bytes; then, at each SIGUSR1, those of
 *                         the step before are freed and new ones, a byte
 *                         larger, are allocated, up to 7005
 *   rec_steady cost       ns per malloc and free, best of several rounds
 * Tells on stdout how many calls have returned. Exits with 7.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BLOCKS 10

static uint64_t read_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t now_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

static void say(const char *word, unsigned long long number)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "%s %llu\n", word, number);

	if (write(STDOUT_FILENO, text, (size_t)len) < 0)
		exit(1);
}

static void run_for(uint64_t ms, int slow)
{
	const uint64_t end = now_ns() + ms * 1000000;
	void *block[256] = { NULL };
	unsigned seed = 1;
	uint64_t calls = 0;
	int i;

	while (now_ns() < end) {
		for (i = 0; i < (slow ? 1 : 500); i++) {
			unsigned k = (seed = seed * 1103515245 + 12345) >> 24;

			free(block[k]);
			block[k] = malloc(1 + (seed >> 8) % 3000);
			calls += 1;
		}
		say("calls", calls);
		if (slow)
			usleep(1000);
	}
}

static void run_steps(void)
{
	void *block[BLOCKS];
	size_t size;
	sigset_t set;
	int i, sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (i = 0; i < BLOCKS; i++)
		block[i] = malloc(7001);
	for (size = 7002; size <= 7005; size++) {
		say("waiting", size);
		sigwait(&set, &sig);
		for (i = 0; i < BLOCKS; i++) {
			free(block[i]);
			block[i] = malloc(size);
		}
	}
	say("done", size);
}

/* Short rounds, so that the best ones are not disturbed by others. */
static void run_cost(void)
{
	const unsigned calls = 50000;
	double best = 1e9, ns;
	unsigned i, round;
	uint64_t start;

	for (round = 0; round < 500; round++) {
		start = read_ns(CLOCK_THREAD_CPUTIME_ID);
		for (i = 0; i < calls; i++) {
			void *volatile p = malloc(48);

			free(p);
		}
		ns = (double)(read_ns(CLOCK_THREAD_CPUTIME_ID) - start) /
		     (2.0 * calls);
		if (ns < best)
			best = ns;
	}
	printf("%.2f\n", best);
}

int main(int argc, char **argv)
{
	uint64_t ms = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;

	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "steps"))
		run_steps();
	else if (!strcmp(argv[1], "cost"))
		run_cost();
	else
		run_for(ms, !strcmp(argv[1], "slow"));
	return 7;
}
