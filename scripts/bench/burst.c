// SPDX-License-Identifier: MIT
/*
 * A burst, then little: takes 400 MB in small blocks, frees all but every
 * 64th, and goes on with some large blocks each millisecond. What is free then
 * lies in many places, so that an allocator that gives back by time does so
 * little by little.
 * usage: burst [SECONDS]
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCKS = 100000, SIZE = 4096, KEPT = 64, LARGE = 40000, PER_MS = 10 };

static char *blocks[BLOCKS];

static void burst(void)
{
	int i;

	for (i = 0; i < BLOCKS; i++) {
		blocks[i] = malloc(SIZE);
		memset(blocks[i], 1, SIZE);
	}
	for (i = 0; i < BLOCKS; i++)
		if (i % KEPT)
			free(blocks[i]);
}

int main(int argc, char **argv)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	long steps = 1000 * (argc > 1 ? atol(argv[1]) : 12);
	int i;

	burst();
	for (; steps > 0; steps--) {
		for (i = 0; i < PER_MS; i++) {
			char *p = malloc(LARGE);

			*p = 1;
			/* Else the compiler leaves both calls out. */
			__asm__ volatile("" : "+r"(p) : : "memory");
			free(p);
		}
		nanosleep(&ms, NULL);
	}
	return 0;
}
