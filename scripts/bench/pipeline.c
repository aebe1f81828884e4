// SPDX-License-Identifier: MIT
/*
 * A pipeline: makers fill blocks of many sizes and pass them by a queue to
 * keepers, which hold some 64 MiB of them and free the oldest: most blocks
 * are freed by another thread than the one that made them.
 * usage: pipeline [BLOCKS]     by each maker; prints how many were passed
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 2, QUEUE = 256, HELD = 16384 };

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char *blocks[QUEUE];
	unsigned first, nr;
};

static struct queue queues[PAIRS];
static long blocks = 300000;

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Mostly small, some of several pages: 2 KiB on average. */
static size_t next_size(uint32_t *state)
{
	uint32_t random = next_random(state);

	return random % 16 ? 16 + (random >> 8) % 2048 : 4096 + random % 32768;
}

static void *make(void *arg)
{
	struct queue *q = arg;
	uint32_t state = (uint32_t)(q - queues) * 2654435761u + 1;

	for (long i = 0; i < blocks; i++) {
		size_t size = next_size(&state);
		char *block = malloc(size);

		if (!block)
			abort();
		memset(block, 1, size);
		pthread_mutex_lock(&q->lock);
		while (q->nr == QUEUE)
			pthread_cond_wait(&q->changed, &q->lock);
		q->blocks[(q->first + q->nr++) % QUEUE] = block;
		pthread_cond_signal(&q->changed);
		pthread_mutex_unlock(&q->lock);
	}
	return NULL;
}

static void *keep(void *arg)
{
	struct queue *q = arg;
	static char *all[PAIRS][HELD];
	char **held = all[q - queues];

	for (long i = 0; i < blocks; i++) {
		char *block;

		pthread_mutex_lock(&q->lock);
		while (!q->nr)
			pthread_cond_wait(&q->changed, &q->lock);
		block = q->blocks[q->first];
		q->first = (q->first + 1) % QUEUE;
		q->nr--;
		pthread_cond_signal(&q->changed);
		pthread_mutex_unlock(&q->lock);
		free(held[i % HELD]);
		held[i % HELD] = block;
	}
	for (long i = 0; i < HELD; i++)
		free(held[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[2 * PAIRS];

	if (argc > 1)
		blocks = atol(argv[1]);
	for (int i = 0; i < PAIRS; i++) {
		pthread_mutex_init(&queues[i].lock, NULL);
		pthread_cond_init(&queues[i].changed, NULL);
		if (pthread_create(&threads[2 * i], NULL, make, &queues[i]) ||
		    pthread_create(&threads[2 * i + 1], NULL, keep, &queues[i]))
			return 1;
	}
	for (int i = 0; i < 2 * PAIRS; i++)
		pthread_join(threads[i], NULL);
	printf("%ld\n", PAIRS * blocks);
	return 0;
}
