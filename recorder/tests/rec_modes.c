// SPDX-License-Identifier: MIT
/*
 * Calls to be recorded in other ways than the plain one:
 *   rec_modes touched           large blocks, some of them touched
 *   rec_modes busy N [signals]  three threads, N rounds of malloc, realloc and
 *                               free each; prints how many calls that made
 *   rec_modes toggle [signals]  the same, while the way changes all the time
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "recorder/ring.h"

#define NR_THREADS 3
#define NR_BLOCKS  256
#define HUGE_SIZE  (SIZE_MAX - 22674) /* fails without a lock */

static long nr_rounds = 200000;
static _Atomic long nr_in_handlers;
static void *block;
static volatile size_t huge = HUGE_SIZE;

/* Allocators are not made for handlers, but for requests that must fail. */
static void handle(int sig)
{
	if (malloc(huge) || realloc(block, huge))
		abort();
	nr_in_handlers += 2;
	(void)sig;
}

static void set_timer(long us)
{
	const struct itimerval timer = { { 0, us }, { 0, us } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

static void touched(void)
{
	char *p = malloc(1 << 20);

	memset(p, 1, 300000);
	free(p);
	free(malloc(7001));
	p = malloc(64 << 20);
	memset(p, 1, 10 << 20);
	p = realloc(p, 96 << 20);
	memset(p, 1, 20 << 20);
	free(p);
}

static void *rounds(void *arg)
{
	long i;

	for (i = 0; i < nr_rounds; i++)
		free(realloc(malloc(7001), 7002));
	return arg;
}

/* Blocks keep what is in them, however they are recorded. */
static void *keep_contents(void *arg)
{
	static size_t sizes[NR_THREADS][NR_BLOCKS];
	size_t *size = sizes[(uintptr_t)arg];
	unsigned char *blocks[NR_BLOCKS] = { NULL };
	unsigned random = (unsigned)(uintptr_t)arg + 1, at;
	long i;

	for (i = 0; i < nr_rounds; i++) {
		random = random * 1103515245 + 12345;
		at = random >> 8 & (NR_BLOCKS - 1);
		if (blocks[at] &&
		    (blocks[at][0] != at || blocks[at][size[at] - 1] != at))
			abort();
		if (random & 1 << 30) {
			free(blocks[at]);
			blocks[at] = NULL;
			continue;
		}
		size[at] = 1 + (random >> 16 & 0xfff);
		if (!blocks[at] && random & 1 << 29)
			blocks[at] = aligned_alloc(64, size[at]);
		else
			blocks[at] = realloc(blocks[at], size[at]);
		memset(blocks[at], (int)at, size[at]);
	}
	for (at = 0; at < NR_BLOCKS; at++)
		free(blocks[at]);
	return arg;
}

static _Atomic int stop;

/* Change the way of this process all the time, as the recorder may. */
static void *change_mode(void *arg)
{
	static const uint32_t modes[] = {
		0,
		RING_PAUSED,
		RING_WINDOW,
		RING_PAUSED,
		RING_RESIDENCY,
		RING_LATENCY | RING_WINDOW,
		RING_LATENCY,
		RING_PAUSED,
	};
	struct ring_process *p = arg;
	unsigned i;

	for (i = 0; !stop; i++) {
		atomic_store(&p->mode, modes[i % 8]);
		usleep(30);
	}
	atomic_store(&p->mode, 0);
	return NULL;
}

static struct ring_process *find_process(void)
{
	const char *text = getenv(RING_ENV);
	struct ring_process *p;
	char *shared;
	int fd;

	if (!text)
		return NULL;
	fd = open(text + strlen("shm="), O_RDWR);
	shared = mmap(NULL, RING_RINGS_OFFSET, PROT_READ | PROT_WRITE,
		      MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED)
		exit(2);
	close(fd);
	p = (void *)(shared + RING_PROCESSES_OFFSET);
	while (p->pid != (uint32_t)getpid())
		p++;
	return p;
}

static void run(void *(*work)(void *), int signals)
{
	pthread_t threads[NR_THREADS];
	uintptr_t i;

	if (signals) {
		block = malloc(7003);
		signal(SIGALRM, handle);
		set_timer(300);
	}
	for (i = 0; i < NR_THREADS; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	for (i = 0; i < NR_THREADS; i++)
		pthread_join(threads[i], NULL);
	set_timer(0);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	struct ring_process *process;
	pthread_t changer;

	if (!strcmp(mode, "touched")) {
		touched();
	} else if (!strcmp(mode, "busy") && argc > 2) {
		nr_rounds = atol(argv[2]);
		run(rounds, argc > 3);
		printf("%ld\n", 3 * NR_THREADS * nr_rounds + nr_in_handlers);
	} else if (!strcmp(mode, "toggle")) {
		process = find_process();
		if (process)
			pthread_create(&changer, NULL, change_mode, process);
		run(keep_contents, argc > 2);
		stop = 1;
		if (process)
			pthread_join(changer, NULL);
	} else {
		return 2;
	}
	return 0;
}
