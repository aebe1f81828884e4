// SPDX-License-Identifier: MIT
// Random traffic against a model: every block has the contents that its owner
// wrote, none overlaps another, wherever it was allocated and freed. For longer:
// ARENA_MODEL_SECONDS=3600 SEED=n build/allocators/tests/arena_model_test
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "allocators/arena/api.h"
#include "allocators/arena/arena.h"
#include "allocators/arena/arena_internal.h"
#include "allocators/arena/os.h"

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

// Before arena comes to life.
__attribute__((constructor(101))) static void choose_page_size(void)
{
	const char *text = getenv("ARENA_MODEL_PAGE");

	if (text)
		os_faults.page_bytes = strtoul(text, NULL, 10);
}

static void model_with_pages_of(const char *bytes)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		setenv("ARENA_MODEL_PAGE", bytes, 1);
		execl("/proc/self/exe", "arena_model_test", NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void larger_pages_follow_the_model(void **state)
{
	(void)state;
	model_with_pages_of("16384");
	model_with_pages_of("65536");
}

static int run_with_larger_pages(void)
{
	pthread_t t[2];

	if (page_bytes() != os_faults.page_bytes)
		return 1;
	for (uintptr_t i = 0; i < 2; i++)
		if (pthread_create(&t[i], NULL, model_thread, (void *)(i + 5)))
			return 1;
	run_model(11, STEPS / 4);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	drop_shared();
	arena_trim(0);
	return failures != 0;
}

// Rounds of all threads until the time is up; each has a seed of its own, which
// is told before it starts.
static int run_for(const char *seconds)
{
	const char *seed = getenv("SEED");
	time_t end = time(NULL) + (time_t)strtoul(seconds, NULL, 10);
	unsigned n =
		seed ? (unsigned)strtoul(seed, NULL, 10) : (unsigned)time(NULL);

	do {
		pthread_t t[NR_THREADS];

		printf("SEED=%u\n", n);
		fflush(stdout);
		for (int i = 0; i < NR_THREADS; i++)
			if (pthread_create(&t[i], NULL, model_thread,
					   (void *)(uintptr_t)n++))
				return 1;
		for (int i = 0; i < NR_THREADS; i++)
			pthread_join(t[i], NULL);
		drop_shared();
	} while (!failures && time(NULL) < end);
	printf("%d failures\n", failures);
	return failures != 0;
}

int main(void)
{
	const char *seconds = getenv("ARENA_MODEL_SECONDS");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_thread_follows_the_model),
		cmocka_unit_test(threads_follow_the_model),
		cmocka_unit_test(children_of_a_busy_process_can_allocate),
		cmocka_unit_test(larger_pages_follow_the_model),
	};

	for (int i = 0; i < NR_SHARED; i++)
		pthread_mutex_init(&shared[i].lock, NULL);
	if (os_faults.page_bytes)
		return run_with_larger_pages();
	if (seconds)
		return run_for(seconds);
	return cmocka_run_group_tests_name("arena_model", tests, NULL, NULL);
}
