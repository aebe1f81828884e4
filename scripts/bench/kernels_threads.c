// SPDX-License-Identifier: MIT
/* The kernels with more than one thread. */
#include "scripts/bench/kernels.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIR = 2 };

static pthread_t started(void *(*body)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, body, arg)) {
		fputs("kernels: no thread\n", stderr);
		exit(1);
	}
	return thread;
}

static void run_pair(void *(*body)(void *), void *first, void *second)
{
	pthread_t a = started(body, first), b = started(body, second);

	pthread_join(a, NULL);
	pthread_join(b, NULL);
}

/* Blocks that a thread replaces were allocated by one before it that ended. */
enum { BLED = 1000, BLEED_ROUNDS = 40 };

struct bled {
	char *slot[BLED];
	uint32_t state;
	long steps;
};

static void *replace(void *arg)
{
	struct bled *b = arg;

	for (long i = 0; i < b->steps; i++) {
		uint32_t at = next_random(&b->state) % BLED;

		free(b->slot[at]);
		b->slot[at] = malloc(16 + next_random(&b->state) % 1000);
		if (b->slot[at])
			*b->slot[at] = 1;
	}
	return NULL;
}

void bleed(void)
{
	static struct bled bled[PAIR];
	long n = steps(50000);
	double start = now_ns();

	for (int i = 0; i < PAIR; i++) {
		bled[i].state = 99u + (uint32_t)i;
		bled[i].steps = n;
	}
	for (int r = 0; r < BLEED_ROUNDS; r++)
		run_pair(replace, &bled[r % 2], &bled[1 - r % 2]);
	say("ns", (now_ns() - start) / (double)n / BLEED_ROUNDS);
}

/* One thread allocates, the other frees. */
enum { RING = 4096, BATCH = 64 };

static char *ring[RING];
static _Atomic long head, tail;
static long handed;

static void *produce(void *arg)
{
	(void)arg;
	for (long i = 0; i < handed; i++) {
		// acquire: the consumer is done with what it freed
		while (i - atomic_load_explicit(&tail, memory_order_acquire) >=
		       RING)
			sched_yield();
		ring[i % RING] = malloc(32 + (size_t)(i % 8) * 16);
		if (ring[i % RING])
			*ring[i % RING] = 1;
		// release: the blocks are in the ring when they are seen
		if (i % BATCH == BATCH - 1 || i == handed - 1)
			atomic_store_explicit(&head, i + 1,
					      memory_order_release);
	}
	return NULL;
}

static void *consume(void *arg)
{
	long i = 0;

	(void)arg;
	while (i < handed) {
		// acquire: pairs with the release above
		long end = atomic_load_explicit(&head, memory_order_acquire);

		if (i == end)
			sched_yield();
		for (; i < end; i++)
			free(ring[i % RING]);
		// release: the slots may be used again
		atomic_store_explicit(&tail, i, memory_order_release);
	}
	return NULL;
}

void prodcons(void)
{
	pthread_t producer, consumer;
	double start = now_ns();

	handed = steps(4000000);
	producer = started(produce, NULL);
	consumer = started(consume, NULL);
	pthread_join(producer, NULL);
	pthread_join(consumer, NULL);
	say("ns", (now_ns() - start) / (double)handed);
}

/* Each thread frees a small block that lay beside the other's, allocates its
 * own, and writes it much: slow where both share a cache line. */
enum { WRITES = 500 };

static void *scratch(void *arg)
{
	long n = steps(100000);

	free(arg);
	for (long i = 0; i < n; i++) {
		char *p = malloc(8);

		if (!p)
			exit(1);
		for (int w = 0; w < WRITES; w++) {
			(*p)++;
			keep(p);
		}
		free(p);
	}
	return NULL;
}

void falseshare(void)
{
	void *a = malloc(8), *b = malloc(8);
	double start = now_ns();

	run_pair(scratch, a, b);
	say("ns", (now_ns() - start) / (double)steps(100000));
}

/* Short threads; half of what they allocate outlives them. */
enum { LEFT = 100 };

static void *short_life(void *arg)
{
	char **left = arg, *mine[LEFT];

	for (size_t i = 0; i < LEFT; i++) {
		left[i] = filled(24 + i * 8);
		mine[i] = filled(40 + i * 4);
	}
	for (int i = 0; i < LEFT; i++)
		free(mine[i]);
	return NULL;
}

void threadchurn(void)
{
	static char *left[PAIR][LEFT];
	long n = steps(4000);
	double start = now_ns();

	for (long r = 0; r < n; r++) {
		run_pair(short_life, left[0], left[1]);
		for (int i = 0; i < PAIR * LEFT; i++)
			free(left[i / LEFT][i % LEFT]);
	}
	say("ns", (now_ns() - start) / (double)n / PAIR / LEFT / 2);
}

/* Many threads that have little and wait: resident megabytes of all of it. */
enum { IDLE = 32 };

static pthread_barrier_t filled_all, measured;

static void *hold_little(void *arg)
{
	char *block[200];
	uint32_t state = (uint32_t)(uintptr_t)arg + 1;

	for (int i = 0; i < 2000; i++) {
		uint32_t at = (uint32_t)i % 200;

		if (i >= 200)
			free(block[at]);
		block[at] = filled(16 + next_random(&state) % 600);
	}
	pthread_barrier_wait(&filled_all);
	pthread_barrier_wait(&measured);
	for (int i = 0; i < 200; i++)
		free(block[i]);
	return NULL;
}

void idlethreads(void)
{
	pthread_t thread[IDLE];

	pthread_barrier_init(&filled_all, NULL, IDLE + 1);
	pthread_barrier_init(&measured, NULL, IDLE + 1);
	for (uintptr_t i = 0; i < IDLE; i++)
		thread[i] = started(hold_little, (void *)i);
	pthread_barrier_wait(&filled_all);
	say("rss", (double)resident_bytes() / 1e6);
	pthread_barrier_wait(&measured);
	for (int i = 0; i < IDLE; i++)
		pthread_join(thread[i], NULL);
}
