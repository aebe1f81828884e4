// SPDX-License-Identifier: MIT
/*
 * How threads of the replay wait for each other: on the generation of a
 * slot, on the slowest thread's progress, on a thread's exit. Spin a little,
 * then sleep on a futex. Waits and the switches that they cost are counted,
 * so that they can be told from the allocator's.
 */
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "replayer/worker/clock.h"
#include "replayer/worker/system.h"
#include "replayer/worker/worker.h"

#define SPINS 200

/* A bit per thread: it has not ended. */
static _Atomic uint64_t *unended;

static void futex_wait(_Atomic uint32_t *word, uint32_t value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

static uint64_t switches(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return (uint64_t)u.ru_nvcsw;
}

static bool gen_reached(const struct worker_gate *gate, uint32_t gen)
{
	/* Acquire: what the publisher did to the block must be seen. */
	uint32_t now = atomic_load_explicit(&gate->gen, memory_order_acquire);

	return ((now - gen) & PLAN_ARG_MAX) <= PLAN_ARG_MAX / 2;
}

static void sleep_on_slot(struct worker_thread *t, struct worker_gate *gate,
			  uint32_t gen)
{
	uint64_t before = switches();

	/* Sequential: either we see the raise, or it sees us. */
	atomic_fetch_add(&gate->waiting, 1);
	for (;;) {
		uint32_t now = atomic_load(&gate->gen);

		if (gen_reached(gate, gen))
			break;
		futex_wait(&gate->gen, now);
	}
	atomic_fetch_sub(&gate->waiting, 1);
	t->waits_slept += switches() - before;
}

void worker_wait_slot(struct worker_thread *t, struct worker_gate *gate,
		      uint32_t gen)
{
	unsigned i;

	if (gen_reached(gate, gen))
		return;
	t->waits++;
	for (i = 0; i < SPINS; i++) {
		system_relax();
		if (gen_reached(gate, gen))
			return;
	}
	sleep_on_slot(t, gate, gen);
}

void worker_publish(struct worker_gate *gate)
{
	/* Sequential, see sleep_on_slot; it releases the block as well. */
	atomic_fetch_add(&gate->gen, 1);
	if (atomic_load(&gate->waiting))
		futex_wake(&gate->gen);
}

/* The thread that is least far, and in *told how far. */
static struct worker_thread *slowest(struct worker *w, uint64_t *told)
{
	struct worker_thread *found = w->threads;
	uint32_t i;

	*told = UINT64_MAX;
	/* Those that are still to be born have told least_seq at least. */
	for (i = 0; i < w->h->nr_threads && w->table[i].least_seq < *told;
	     i += 64) {
		/* Acquire: the ops of those that have ended are done for us. */
		uint64_t bits = atomic_load_explicit(&unended[i / 64],
						     memory_order_acquire);

		for (; bits; bits &= bits - 1) {
			struct worker_thread *t =
				&w->threads[i +
					    (uint32_t)__builtin_ctzll(bits)];
			/* Acquire: as are the others' before that. */
			uint64_t seq = atomic_load_explicit(
				&t->told, memory_order_acquire);

			if (seq >= *told)
				continue;
			*told = seq;
			found = t;
		}
	}
	return found;
}

/* How far all threads are, at least. */
static uint64_t look_around(struct worker *w, struct worker_thread **last)
{
	uint64_t told;
	uint64_t safe;

	*last = slowest(w, &told);
	safe = atomic_load_explicit(&w->safe, memory_order_relaxed);
	/* Release: who reads it relies on what we have acquired. */
	while (safe < told &&
	       !atomic_compare_exchange_weak_explicit(&w->safe, &safe, told,
						      memory_order_release,
						      memory_order_relaxed))
		;
	return told;
}

/*
 * Those that sleep until a thread tells a seq are woken by groups, lest
 * hundreds wake each time only to find that they have to wait on.
 */
static uint64_t group_of(uint64_t seq)
{
	return seq / (worker.window / 16);
}

/* The groups of what lies behind one seq and not behind the other. */
static uint32_t groups_between(uint64_t from, uint64_t to)
{
	uint64_t first = group_of(from), last = group_of(to);
	uint32_t groups = 0;

	if (last - first >= 31)
		return UINT32_MAX;
	for (; first <= last; first++)
		groups |= 1U << first % 32;
	return groups;
}

/* Sleep until that other thread has told seq, or anything happened. */
static void sleep_on_thread(struct worker_thread *other, uint64_t seq)
{
	uint64_t wake;
	uint32_t bell;

	atomic_fetch_add(&other->sleepers, 1);
	bell = atomic_load(&other->bell);
	wake = atomic_load(&other->wake_at);
	/* Sequential: either it sees our wish, or we see what it tells. */
	while (seq < wake &&
	       !atomic_compare_exchange_weak(&other->wake_at, &wake, seq))
		;
	if (atomic_load(&other->told) < seq)
		syscall(SYS_futex, &other->bell, FUTEX_WAIT_BITSET_PRIVATE,
			bell, NULL, NULL, 1U << group_of(seq) % 32);
	atomic_fetch_sub(&other->sleepers, 1);
}

/* Wait until all threads have told at least seq. */
static void wait_for_all(struct worker_thread *t, uint64_t seq)
{
	struct worker_thread *last;
	uint64_t before;
	unsigned i;

	for (i = 0; i < SPINS / 8; i++) {
		if (look_around(&worker, &last) >= seq)
			return;
		system_relax();
	}
	before = switches();
	while (look_around(&worker, &last) < seq)
		sleep_on_thread(last, seq);
	t->waits_slept += switches() - before;
}

static void tell(struct worker_thread *t, uint64_t seq)
{
	uint64_t before = atomic_load_explicit(&t->told, memory_order_relaxed);

	/* Sequential, see sleep_on_thread; it releases our ops as well. */
	atomic_store(&t->told, seq);
	if (atomic_load(&t->wake_at) > seq)
		return;
	atomic_store(&t->wake_at, UINT64_MAX);
	atomic_fetch_add(&t->bell, 1);
	/* Who sleeps from before the bell, and on: its wish is lost above. */
	if (atomic_load(&t->sleepers))
		atomic_store(&t->wake_at, seq + 1);
	syscall(SYS_futex, &t->bell, FUTEX_WAKE_BITSET_PRIVATE, INT32_MAX, NULL,
		NULL, groups_between(before, seq));
}

void worker_tell(struct worker_thread *t, uint64_t seq)
{
	struct worker *w = &worker;
	struct worker_thread *last;
	uint64_t all;

	tell(t, seq);
	if (seq <= t->limit)
		return;
	/* Acquire: stands for the look that another thread has taken. */
	all = atomic_load_explicit(&w->safe, memory_order_acquire);
	if (seq > all + w->window)
		all = look_around(w, &last);
	if (seq > all + w->window) {
		t->waits++;
		/* Let the others come closer, lest we stop at each step. */
		wait_for_all(t, seq - w->window / 2);
		all = seq - w->window / 2;
	}
	t->limit = all + w->window;
}

static void leave(struct worker_thread *t)
{
	struct worker *w = &worker;

	uint32_t number = (uint32_t)(t - w->threads);

	tell(t, UINT64_MAX);
	/* Release: who does not look at us any more relies on our ops. */
	atomic_fetch_and_explicit(&unended[number / 64], ~(1ULL << number % 64),
				  memory_order_release);
	/* Release: the first thread sums up what we did. */
	if (atomic_fetch_sub_explicit(&w->running, 1, memory_order_acq_rel) ==
	    1)
		futex_wake(&w->running);
}

static void *thread_main(void *arg)
{
	struct worker_thread *t = arg;

	clock_is_replaying();
	t->exits = worker_replay(t);
	leave(t);
	while (!t->exits && atomic_load(&worker.parked))
		futex_wait(&worker.parked, 1);
	return NULL;
}

void worker_spawn(struct worker_thread *t, uint32_t number)
{
	struct worker *w = &worker;
	struct worker_thread *child = &w->threads[number];
	char *stack =
		w->stacks + (size_t)w->table[number].stack * WORKER_STACK_BYTES;
	pthread_attr_t attr;
	int rc, tries = 0;

	(void)t;
	atomic_fetch_add_explicit(&w->running, 1, memory_order_relaxed);
	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, stack, WORKER_STACK_BYTES);
	while ((rc = pthread_create(&child->handle, &attr, thread_main,
				    child)) == EAGAIN &&
	       tries++ < 1000)
		clock_real_sleep(1000000);
	pthread_attr_destroy(&attr);
	if (rc) {
		worker_fail(w, "pthread_create",
			    rc == EAGAIN ? "failed: raise the limit of threads"
					 : "failed: the stack is too small for "
					   "the thread variables");
		_exit(1);
	}
}

/*
 * Until the thread has left. What pthread_join sleeps on lies in the thread's
 * stack, where the calls pass could not tell it from an allocator's futex.
 */
static void join(struct worker_thread *other)
{
	if (worker.order.pass != WORKER_CALLS)
		pthread_join(other->handle, NULL);
	else
		while (pthread_tryjoin_np(other->handle, NULL) == EBUSY)
			sched_yield();
}

void worker_join(struct worker_thread *t, uint32_t number)
{
	struct worker_thread *other = &worker.threads[number];
	uint64_t before = switches();

	/*
	 * It may not even be made yet. Acquire: its maker has stored the
	 * handle before it ran.
	 */
	while (atomic_load_explicit(&other->told, memory_order_acquire) !=
	       UINT64_MAX)
		sleep_on_thread(other, UINT64_MAX);
	join(other);
	other->joined = true;
	t->waits_slept += switches() - before;
}

void worker_finish(struct worker_thread *t)
{
	struct worker *w = &worker;
	uint64_t before = switches();
	uint32_t left, i;

	leave(t);
	/* Acquire: the others' counts are read after this. */
	while ((left = atomic_load_explicit(&w->running, memory_order_acquire)))
		futex_wait(&w->running, left);
	/* What an allocator does at the exit of a thread belongs to it. */
	for (i = 1; i < w->h->nr_threads; i++)
		if (w->threads[i].exits && !w->threads[i].joined)
			join(&w->threads[i]);
	t->waits_slept += switches() - before;
}

uint32_t worker_nr_alive(const struct worker *w)
{
	uint32_t nr = 1, i;

	for (i = 1; i < w->h->nr_threads; i++)
		nr += w->table[i].first_page && !w->threads[i].exits;
	return nr;
}

void worker_sync_init(struct worker *w)
{
	size_t words = (w->h->nr_threads + 63) / 64;
	uint32_t i;

	unended = worker_map(w, words * sizeof(*unended), "the set of threads");
	if (!unended)
		_exit(1);
	for (i = 0; i < w->h->nr_threads; i++) {
		struct worker_thread *t = &w->threads[i];
		uint64_t told = w->table[i].birth_seq;

		/* An unborn thread holds the others at its birth. */
		if (i && !w->table[i].first_page)
			told = UINT64_MAX;
		else
			unended[i / 64] |= 1ULL << i % 64;
		atomic_init(&t->told, told);
		atomic_init(&t->wake_at, UINT64_MAX);
	}
	atomic_init(&w->running, 1);
	atomic_init(&w->parked, 1);
}
