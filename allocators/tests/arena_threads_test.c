// SPDX-License-Identifier: MIT
// Threads that come and go: what they free for others goes home, and neither
// they nor their destructors leave anything behind.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "allocators/arena/api.h"
#include "allocators/arena/arena.h"
#include "allocators/arena/arena_internal.h"
#include "allocators/arena/heap.h"

static size_t allocated(void)
{
	size_t value, len = sizeof(value);

	arena_ctl("stats.allocated", &value, &len, NULL, 0);
	return value;
}

// A pipe of pointers: one thread allocates, another frees.
enum { PIPE = 1024, THROUGH = 300000 };
static _Atomic(void *) ring[PIPE];

static void *producer(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < THROUGH; i++) {
		size_t n = 16 + i * 7 % 900;
		unsigned char *p = arena_malloc(n);

		p[0] = p[n - 1] = 0xab;
		while (atomic_load(&ring[i % PIPE]))
			sched_yield();
		atomic_store(&ring[i % PIPE], p);
	}
	return NULL;
}

static void blocks_go_home_from_another_thread(void **state)
{
	int failures = 0;
	pthread_t t;
	size_t before = allocated(), active, len = sizeof(active);

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, producer, NULL), 0);
	for (unsigned i = 0; i < THROUGH; i++) {
		size_t n = 16 + i * 7 % 900;
		unsigned char *p;

		while (!(p = atomic_load(&ring[i % PIPE])))
			sched_yield();
		if (p[0] != 0xab || p[n - 1] != 0xab)
			failures++;
		arena_free(p);
		atomic_store(&ring[i % PIPE], NULL);
	}
	pthread_join(t, NULL);
	arena_ctl("purge", NULL, NULL, NULL, 0);
	assert_int_equal(failures, 0);
	assert_int_equal(allocated(), before);
	arena_ctl("stats.active", &active, &len, NULL, 0);
	assert_true(active < 2 * ARENA_MIB);
}

static void *short_thread(void *arg)
{
	void *p = arena_malloc(100);

	arena_free(arg);
	for (int i = 0; i < 20; i++)
		arena_free(arena_malloc((size_t)i * 50));
	return p;
}

static void short_threads_leave_nothing_behind(void **state)
{
	void *p = arena_malloc(100);
	size_t before = allocated();
	uint32_t heaps;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		pthread_t t;

		assert_int_equal(pthread_create(&t, NULL, short_thread, p), 0);
		pthread_join(t, &p);
		if (i == 100)
			heaps = heap_count();
	}
	assert_int_equal(heap_count(), heaps);
	assert_int_equal(allocated(), before);
	arena_free(p);
}

static pthread_key_t late_key;

// Runs once before and several times after arena's own destructor.
static void late(void *arg)
{
	uintptr_t round = (uintptr_t)arg;
	void *p[50];

	for (int i = 0; i < 50; i++)
		p[i] = arena_malloc(200);
	for (int i = 0; i < 50; i++)
		arena_free(p[i]);
	if (round < 4)
		pthread_setspecific(late_key, (void *)(round + 1));
}

static void *late_thread(void *arg)
{
	pthread_setspecific(late_key, (void *)1);
	return arena_malloc((size_t)(uintptr_t)arg);
}

static void destructors_may_allocate_after_ours(void **state)
{
	size_t before = allocated();
	uint32_t heaps = 0;

	(void)state;
	assert_int_equal(pthread_key_create(&late_key, late), 0);
	for (int i = 0; i < 50; i++) {
		pthread_t t;
		void *p;

		assert_int_equal(
			pthread_create(&t, NULL, late_thread, (void *)1000), 0);
		pthread_join(t, &p);
		arena_free(p);
		if (i == 5)
			heaps = heap_count();
	}
	assert_int_equal(heap_count(), heaps);
	assert_int_equal(allocated(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_go_home_from_another_thread),
		cmocka_unit_test(short_threads_leave_nothing_behind),
		cmocka_unit_test(destructors_may_allocate_after_ours),
	};

	return cmocka_run_group_tests_name("arena_threads", tests, NULL, NULL);
}
