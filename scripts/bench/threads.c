// SPDX-License-Identifier: MIT
/*
 * Threads that do nothing but replace random blocks, each in a table of its
 * own: a malloc loop at full speed. Prints ns per event and thread.
 * usage: threads THREADS [REPLACEMENTS]
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SLOTS       256
#define MAX_THREADS 64

static long replacements = 4000000;

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void *replace_blocks(void *seed)
{
	uint32_t state = (uint32_t)(uintptr_t)seed * 2654435761u + 1;
	char *slots[SLOTS] = { NULL };

	for (long i = 0; i < replacements; i++) {
		uint32_t random = next_random(&state);
		uint32_t slot = random % SLOTS;

		free(slots[slot]);
		slots[slot] = malloc(16 + (random >> 16 & 1023));
		if (slots[slot])
			*slots[slot] = 1;
	}
	for (int i = 0; i < SLOTS; i++)
		free(slots[i]);
	return NULL;
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
	int nr = argc > 1 ? atoi(argv[1]) : 1;
	pthread_t threads[MAX_THREADS];
	double start;

	if (argc > 2)
		replacements = atol(argv[2]);
	if (nr < 1 || nr > MAX_THREADS || replacements < 1)
		return 2;
	start = now_ns();
	for (int i = 0; i < nr; i++)
		if (pthread_create(&threads[i], NULL, replace_blocks,
				   (void *)(uintptr_t)(i + 1)))
			return 1;
	for (int i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
	printf("%.2f\n", (now_ns() - start) / (2.0 * (double)replacements));
	return 0;
}
