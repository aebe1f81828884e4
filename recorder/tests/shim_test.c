// SPDX-License-Identifier: MIT
/*
 * The shim and the drain at work on one memory, in one process, so that the
 * thread sanitizer sees both sides: threads that record, are born and die,
 * while rings are emptied, shrunk and switched to other modes.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/drain.h"
#include "recorder/shared.h"
#include "recorder/shim/record.h"
#include "recorder/shim/special.h"
#include "traces/base/err.h"

#define NR_CHUNKS  16
#define NR_THREADS 4
#define NR_ROUNDS  40000
#define PER_ROUND  5 /* events */
#define BLOCKS     (SHIM_BLOCKS * sizeof(struct rec_thread))

/* One recording: what connects to a program is set up here by hand. */
struct fixture {
	struct shared shared;
	struct ticks ticks;
	struct drain drain;
	struct drain_target target;
	struct shim_life life;
	struct shim before;
};

static void join(struct fixture *f)
{
	struct ring_process *p = &f->shared.processes[0];
	uint32_t i;

	shim.control = f->shared.control;
	shim.processes = f->shared.processes;
	shim.process = p;
	shim.slots = f->shared.slots;
	shim.nr_slots = NR_CHUNKS * RING_CHUNK;
	shim.clock = f->ticks.clock;
	for (i = 0; i < NR_CHUNKS; i++)
		shim.chunks[i] = shared_ring(&f->shared, i * RING_CHUNK);
	shim.blocks = mmap(NULL, BLOCKS, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(shim.blocks != MAP_FAILED);
	assert_int_equal(pthread_key_create(&shim.key, shim_thread_exit), 0);
	p->state = RING_PROCESS_LIVE;
	p->mode = shim.clock == RING_CLOCK_COUNTER ? 0 : RING_MONOTONIC;
	f->shared.control->top_process = 1;
	f->life.state = SHIM_ON;
	shim.probing = false;
	shim.mode = &p->mode;
	shim.life = &f->life;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = { 0 };

	ticks_start(&f->ticks);
	assert_int_equal(shared_open(&f->shared, f->ticks.clock, &err), 0);
	ticks_calibrate(&f->ticks);
	assert_int_equal(drain_open(&f->drain, &f->shared, &f->ticks, &err), 0);
	/* No pid: names are not read, nor who is gone, which orders nothing. */
	drain_attach(&f->drain, 0, &f->target);
	f->before = shim;
	join(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	munmap(shim.blocks, BLOCKS);
	pthread_key_delete(shim.key);
	shim = f->before;
	rec_self = NULL;
	drain_close(&f->drain);
	shared_close(&f->shared);
	free(f);
	return 0;
}

/* All forms: short, with an alignment, wide, a pair, a block given back. */
static void record_round(uintptr_t addr)
{
	rec_event(RING_MALLOC, (void *)addr, 100);
	rec_append(RING_ALIGNED_ALLOC, addr + 64, 200, 64);
	rec_append(RING_MALLOC, addr + 128, (uint64_t)5 << 32, 0);
	rec_event(RING_REALLOC_BEGIN, (void *)addr, 0);
	rec_event(RING_REALLOC, (void *)addr, 300);
	rec_event(RING_FREE, (void *)addr, 0);
	rec_null_free();
}

/*
 * The last round of destructors, now: the sanitizer ends a thread for itself
 * in that round, and knows nothing of what comes later.
 */
static void end_thread(void)
{
	struct rec_thread *t = rec_self;

	if (!t || !t->ring)
		return;
	t->rounds = PTHREAD_DESTRUCTOR_ITERATIONS;
	shim_thread_exit(t);
}

static void *record_rounds(void *arg)
{
	long i, nr = (long)arg;

	for (i = 0; i < nr; i++)
		record_round(4096 + 256 * (uintptr_t)i);
	end_thread();
	return NULL;
}

static void start(pthread_t threads[NR_THREADS], void *(*job)(void *), long arg)
{
	int i;

	for (i = 0; i < NR_THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, job, (void *)arg), 0);
}

static void join_all(pthread_t threads[NR_THREADS])
{
	int i;

	for (i = 0; i < NR_THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* Empties the rings until told that nobody writes any more. */
struct reader {
	struct fixture *f;
	_Atomic int over;
	bool shrinks;
	bool switches; /* the mode, to and fro */
};

static void *read_all(void *arg)
{
	static const uint32_t modes[] = { 0, RING_LATENCY, RING_PAUSED,
					  RING_WINDOW | RING_LATENCY };
	struct reader *r = arg;
	struct ring_process *p = &r->f->shared.processes[0];
	uint32_t i, first = p->mode;
	unsigned pass = 0;

	while (!r->over) {
		drain_pass(&r->f->drain);
		if (r->switches)
			atomic_store(&p->mode, first | modes[++pass % 4]);
		for (i = 0; r->shrinks && i < NR_THREADS; i++)
			shared_shrink(&r->f->shared, i,
				      r->f->shared.slots[i].tail);
		shared_sleep(&r->f->shared, RING_DRAIN_NAP, 100000);
	}
	drain_rest(&r->f->drain, 0);
	return NULL;
}

static void read_beside(struct reader *r, void *(*job)(void *), long arg)
{
	pthread_t threads[NR_THREADS], reader;

	assert_int_equal(pthread_create(&reader, NULL, read_all, r), 0);
	start(threads, job, arg);
	join_all(threads);
	atomic_store(&r->over, 1);
	pthread_join(reader, NULL);
}

static void loses_nothing(void **state)
{
	struct reader r = { .f = *state };

	read_beside(&r, record_rounds, NR_ROUNDS);
	assert_int_equal(r.f->target.discarded,
			 NR_THREADS * NR_ROUNDS * PER_ROUND);
	assert_int_equal(r.f->target.threads, NR_THREADS);
	assert_int_equal(r.f->target.live, 0);
	assert_int_equal(r.f->target.dropped, 0);
	assert_int_equal(r.f->target.interrupted, 0);
}

static void loses_nothing_while_shrinking(void **state)
{
	struct reader r = { .f = *state, .shrinks = true };

	read_beside(&r, record_rounds, NR_ROUNDS);
	assert_int_equal(r.f->target.discarded,
			 NR_THREADS * NR_ROUNDS * PER_ROUND);
}

static void counts_what_it_drops(void **state)
{
	struct reader r = { .f = *state };

	r.f->shared.control->on_full = RING_FULL_DROP;
	read_beside(&r, record_rounds, NR_ROUNDS);
	assert_true(r.f->target.discarded > 0);
	/* An event of two records may be dropped in either, or in both. */
	assert_in_range(r.f->target.discarded + r.f->target.dropped,
			NR_THREADS * NR_ROUNDS * PER_ROUND,
			NR_THREADS * NR_ROUNDS * (PER_ROUND + 1));
}

/* A round of a thread, and one more when it has ended for us. */
static void *be_short(void *arg)
{
	record_round(4096);
	end_thread();
	record_round(8192);
	return arg;
}

/* Threads of NR_THREADS lines of descent, each so many. */
static void *bear_threads(void *arg)
{
	long nr = (long)arg;
	pthread_t thread;

	while (nr-- && !pthread_create(&thread, NULL, be_short, arg))
		pthread_join(thread, NULL);
	return NULL;
}

static void knows_short_threads(void **state)
{
	struct reader r = { .f = *state };
	const long nr = 200;

	read_beside(&r, bear_threads, nr);
	assert_int_equal(r.f->target.discarded,
			 2 * PER_ROUND * NR_THREADS * nr);
	/* And the one that stands for all that have ended. */
	assert_int_equal(r.f->target.threads, NR_THREADS * nr + 1);
}

static void *call_specially(void *arg)
{
	long nr = (long)arg;
	void *p;

	while (nr--) {
		p = special_malloc(100);
		p = special_realloc(p, 200, RING_REALLOC);
		special_free(p);
		special_free(special_calloc(3, 7));
	}
	end_thread();
	return NULL;
}

static void changes_modes(void **state)
{
	struct reader r = { .f = *state, .switches = true };
	const long nr = 10000;

	read_beside(&r, call_specially, nr);
	assert_true(r.f->target.discarded <= (uint64_t)(5 * NR_THREADS * nr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(loses_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(loses_nothing_while_shrinking,
						setup, teardown),
		cmocka_unit_test_setup_teardown(counts_what_it_drops, setup,
						teardown),
		cmocka_unit_test_setup_teardown(knows_short_threads, setup,
						teardown),
		cmocka_unit_test_setup_teardown(changes_modes, setup, teardown),
	};

	return cmocka_run_group_tests_name("shim", tests, NULL, NULL);
}
