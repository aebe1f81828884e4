// SPDX-License-Identifier: MIT
// Random traffic against a model: every block has the contents that its owner
// wrote, none overlaps another, wherever it was allocated and freed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allocators/arena/api.h"
#include "allocators/arena/arena.h"
#include "allocators/arena/arena_internal.h"
#include "allocators/arena/heap.h"

enum { NR_OWN = 400, NR_SHARED = 512, STEPS = 60000, NR_THREADS = 4 };

struct slot {
	unsigned char *p;
	size_t n;
	unsigned char byte;
};

struct shared_slot {
	pthread_mutex_t lock;
	struct slot slot;
};

static struct shared_slot shared[NR_SHARED];
static _Atomic int failures;

static size_t random_size(unsigned *seed)
{
	unsigned kind = (unsigned)rand_r(seed) % 100;
	size_t r = (size_t)rand_r(seed);

	if (kind < 70)
		return r % 300;
	if (kind < 90)
		return r % 5000;
	if (kind < 98)
		return r % 60000;
	return kind == 98 ? r % 500000 : r % 3000000;
}

// Start, end, and one byte per half page.
static void fill(struct slot *s)
{
	for (size_t i = 0; i < s->n; i += i + 2100 < s->n ? 2048 : 1)
		s->p[i] = s->byte;
}

static void verify(const struct slot *s)
{
	for (size_t i = 0; i < s->n; i += i + 2100 < s->n ? 2048 : 1)
		if (s->p[i] != s->byte)
			atomic_fetch_add(&failures, 1);
}

static void refresh(struct slot *s, unsigned *seed)
{
	size_t n = random_size(seed), kept;
	unsigned kind = (unsigned)rand_r(seed) % 10;

	if (s->p && kind < 3) {
		verify(s);
		kept = s->n;
		s->n = n ? n : 1;
		s->p = arena_realloc(s->p, s->n);
		if (kept && s->p[0] != s->byte)
			atomic_fetch_add(&failures, 1);
		if (kept > s->n && s->n < 2100)
			for (size_t i = 0; i < s->n && kept < 2100; i++)
				if (s->p[i] != s->byte)
					atomic_fetch_add(&failures, 1);
		fill(s);
		return;
	}
	if (s->p) {
		verify(s);
		arena_free(s->p);
	}
	s->n = n;
	s->byte = (unsigned char)rand_r(seed);
	if (kind == 9) {
		s->p = arena_memalign((size_t)16 << rand_r(seed) % 10, n);
	} else if (kind == 8) {
		s->p = arena_calloc(1, n);
		for (size_t i = 0; i < n; i += 1 + i / 4)
			if (s->p[i])
				atomic_fetch_add(&failures, 1);
	} else {
		s->p = arena_malloc(n);
	}
	fill(s);
}

static void drop(struct slot *s)
{
	if (!s->p)
		return;
	verify(s);
	arena_free(s->p);
	s->p = NULL;
}

static void run_model(unsigned seed, int steps)
{
	struct slot own[NR_OWN] = { { NULL, 0, 0 } };

	for (int i = 0; i < steps; i++) {
		unsigned r = (unsigned)rand_r(&seed);
		struct shared_slot *other = &shared[r / 7 % NR_SHARED];

		if (r % 7 > 1) {
			refresh(&own[r / 7 % NR_OWN], &seed);
			continue;
		}
		pthread_mutex_lock(&other->lock);
		if (r % 7)
			refresh(&other->slot, &seed);
		else
			drop(&other->slot);
		pthread_mutex_unlock(&other->lock);
		if (r % 9973 == 0)
			arena_trim(0);
	}
	for (int i = 0; i < NR_OWN; i++)
		drop(&own[i]);
}

static void *model_thread(void *arg)
{
	run_model((unsigned)(uintptr_t)arg, STEPS / NR_THREADS);
	return NULL;
}

static size_t allocated(void)
{
	size_t value, len = sizeof(value);

	arena_ctl("stats.allocated", &value, &len, NULL, 0);
	return value;
}

static void drop_shared(void)
{
	for (int i = 0; i < NR_SHARED; i++)
		drop(&shared[i].slot);
}

static void one_thread_follows_the_model(void **state)
{
	size_t before = allocated();

	(void)state;
	run_model(11, STEPS);
	drop_shared();
	assert_int_equal(failures, 0);
	assert_int_equal(allocated(), before);
}

static void threads_follow_the_model(void **state)
{
	pthread_t t[NR_THREADS];
	size_t before = allocated();

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (uintptr_t i = 0; i < NR_THREADS; i++)
			assert_int_equal(
				pthread_create(&t[i], NULL, model_thread,
					       (void *)(i + 10 * round + 1)),
				0);
		for (int i = 0; i < NR_THREADS; i++)
			pthread_join(t[i], NULL);
		assert_int_equal(failures, 0);
	}
	drop_shared();
	assert_int_equal(failures, 0);
	arena_ctl("flush", NULL, NULL, NULL, 0);
	assert_int_equal(allocated(), before);
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

static _Atomic bool stop;

static void *busy_thread(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;

	while (!atomic_load(&stop))
		run_model(seed++, 500);
	return NULL;
}

static void children_of_a_busy_process_can_allocate(void **state)
{
	pthread_t t[2];

	(void)state;
	for (uintptr_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&t[i], NULL, busy_thread,
						(void *)(i + 77)),
				 0);
	for (int i = 0; i < 40; i++) {
		int status;
		pid_t pid = fork();

		if (!pid) {
			void *p[300];

			alarm(20);
			for (unsigned k = 0; k < 300; k++)
				p[k] = memset(arena_malloc(k * 37), 1, k * 37);
			for (unsigned k = 0; k < 300; k++)
				arena_free(p[k]);
			arena_trim(0);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(failures, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_thread_follows_the_model),
		cmocka_unit_test(threads_follow_the_model),
		cmocka_unit_test(blocks_go_home_from_another_thread),
		cmocka_unit_test(short_threads_leave_nothing_behind),
		cmocka_unit_test(destructors_may_allocate_after_ours),
		cmocka_unit_test(children_of_a_busy_process_can_allocate),
	};

	for (int i = 0; i < NR_SHARED; i++)
		pthread_mutex_init(&shared[i].lock, NULL);
	return cmocka_run_group_tests_name("arena_model", tests, NULL, NULL);
}
