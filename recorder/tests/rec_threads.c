// SPDX-License-Identifier: MIT
/*
 * Threads in several patterns; each allocates blocks of 7001 bytes:
 *   rec_threads short N      N threads, 8 at a time, one block each
 *   rec_threads long N K     N threads at once, K blocks each
 *   rec_threads barred N     N threads at once, which may open no file
 *   rec_threads exchange N   two threads; one allocates, the other frees
 *   rec_threads late         destructors of thread-specific data that free
 *   rec_threads main         the first thread ends before the others
 *   rec_threads cancel N     a cancelled thread allocates N blocks, and only
 *                            then comes to a point where it may end
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MAX_THREADS 1024

static long nr_blocks = 1;

static void *blocks(void *arg)
{
	long i;

	for (i = 0; i < nr_blocks; i++)
		free(malloc(7001));
	return arg;
}

static void run(long nr, long at_once)
{
	pthread_t threads[MAX_THREADS];
	long i, started;

	for (; nr > 0; nr -= started) {
		started = nr < at_once ? nr : at_once;
		for (i = 0; i < started; i++)
			if (pthread_create(&threads[i], NULL, blocks, NULL))
				exit(1);
		for (i = 0; i < started; i++)
			pthread_join(threads[i], NULL);
	}
}

static pthread_barrier_t all_there;

static void *meet(void *arg)
{
	free(malloc(7001));
	pthread_barrier_wait(&all_there);
	return arg;
}

static void barred(unsigned nr)
{
	const struct rlimit none = { 0, 0 };
	pthread_t threads[MAX_THREADS];
	unsigned i;

	setrlimit(RLIMIT_NOFILE, &none);
	pthread_barrier_init(&all_there, NULL, nr);
	for (i = 0; i < nr; i++)
		if (pthread_create(&threads[i], NULL, meet, NULL))
			exit(1);
	for (i = 0; i < nr; i++)
		pthread_join(threads[i], NULL);
}

static _Atomic(void *) box;
static long nr_exchanges;

static void *give(void *arg)
{
	long i;

	for (i = 0; i < nr_exchanges; i++) {
		void *p = malloc(7001), *none = NULL;

		while (!atomic_compare_exchange_weak(&box, &none, p)) {
			none = NULL;
			sched_yield();
		}
	}
	return arg;
}

static void exchange(long nr)
{
	pthread_t giver;
	void *p;

	nr_exchanges = nr;
	pthread_create(&giver, NULL, give, NULL);
	while (nr) {
		p = atomic_exchange(&box, NULL);
		if (p) {
			free(p);
			nr--;
		} else {
			sched_yield();
		}
	}
	pthread_join(giver, NULL);
}

static pthread_key_t keys[2];

/* Sets itself up again, to be called in every round there is. */
static void destroy(void *arg)
{
	free(arg);
	pthread_setspecific(keys[1], malloc(7002));
}

static void *use_keys(void *arg)
{
	pthread_setname_np(pthread_self(), "heap-user");
	pthread_setspecific(keys[0], malloc(7001));
	pthread_setspecific(keys[1], malloc(7001));
	usleep(400000); /* long enough for the name to be read */
	return arg;
}

static void late(void)
{
	pthread_t thread;

	pthread_key_create(&keys[0], free);
	pthread_key_create(&keys[1], destroy);
	pthread_create(&thread, NULL, use_keys, NULL);
	pthread_join(thread, NULL);
}

static void *after_main(void *arg)
{
	usleep(100000);
	free(malloc(7001));
	exit(5);
	return arg;
}

static void *resist(void *arg)
{
	pthread_cancel(pthread_self());
	blocks(arg);
	puts("all of them");
	fflush(stdout);
	pthread_testcancel();
	return arg;
}

static int cancel(void)
{
	pthread_t thread;
	void *result;

	pthread_create(&thread, NULL, resist, NULL);
	pthread_join(thread, &result);
	return result != PTHREAD_CANCELED;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	long nr = argc > 2 ? atol(argv[2]) : 1;
	pthread_t thread;

	if (argc > 3)
		nr_blocks = atol(argv[3]);
	if (!strcmp(mode, "short"))
		run(nr, 8);
	else if (!strcmp(mode, "long"))
		run(nr, MAX_THREADS);
	else if (!strcmp(mode, "barred"))
		barred((unsigned)nr);
	else if (!strcmp(mode, "exchange"))
		exchange(nr);
	else if (!strcmp(mode, "late"))
		late();
	else if (!strcmp(mode, "cancel")) {
		nr_blocks = nr;
		return cancel();
	} else if (!strcmp(mode, "main")) {
		pthread_create(&thread, NULL, after_main, NULL);
		pthread_exit(NULL);
	} else
		return 2;
	return 0;
}
