// SPDX-License-Identifier: MIT
/*
 * Allocates without end and counts, in a file that outlives it, the calls of
 * malloc that have returned. Meant to be killed.
 * usage: counted FILE THREADS
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_THREADS 64
#define STRIDE      8 /* counters apart: one cache line each */

static _Atomic uint64_t *counters;

static void *count(void *which)
{
	_Atomic uint64_t *counter = &counters[STRIDE * (uintptr_t)which];

	for (;;) {
		void *block = malloc(5003);

		atomic_fetch_add_explicit(counter, block != NULL,
					  memory_order_relaxed);
		free(block);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const size_t len = MAX_THREADS * STRIDE * sizeof(*counters);
	int fd = argc == 3 ? open(argv[1], O_RDWR | O_CREAT, 0600) : -1;
	long nr = argc == 3 ? atol(argv[2]) : 0, i;
	pthread_t thread;

	if (fd < 0 || nr < 1 || nr > MAX_THREADS || ftruncate(fd, (off_t)len))
		return 2;
	counters = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (counters == MAP_FAILED)
		return 2;
	for (i = 0; i < nr; i++)
		if (pthread_create(&thread, NULL, count, (void *)(uintptr_t)i))
			return 2;
	pthread_join(thread, NULL);
	return 0;
}
