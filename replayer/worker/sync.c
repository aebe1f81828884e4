// SPDX-License-Identifier: MIT
/*
 * How threads of the replay wait for each other: on the generation of a
 * slot, on the slowest thread's progress, on a thread's exit. Spin a little,
 * then sleep on a futex. Waits and the switches that they cost are counted,
 * so that they can be told from the allocator's.
 */
#include <linux/futex.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "replayer/worker/sync.h"
#include "replayer/worker/system.h"

#define SPINS 200

static void futex_wait(_Atomic uint32_t *word, uint32_t value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word, int nr)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, nr, NULL, NULL, 0);
}

void worker_take_baton(void)
{
	_Atomic uint32_t *baton = &worker.baton;
	uint32_t none = 0;

	if (worker.order.pass != WORKER_ALONE ||
	    atomic_compare_exchange_strong(baton, &none, 1))
		return;
	while (atomic_exchange(baton, 2))
		futex_wait(baton, 2);
}

void worker_give_baton(void)
{
	if (worker.order.pass == WORKER_ALONE &&
	    atomic_exchange(&worker.baton, 0) == 2)
		futex_wake(&worker.baton, 1);
}

void worker_sleep(_Atomic uint32_t *word, uint32_t value)
{
	worker_give_baton();
	futex_wait(word, value);
	worker_take_baton();
}

void worker_wake(_Atomic uint32_t *word)
{
	futex_wake(word, INT32_MAX);
}

uint64_t worker_switches(void)
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
	uint64_t before = worker_switches();

	/* Sequential: either we see the raise, or it sees us. */
	atomic_fetch_add(&gate->waiting, 1);
	for (;;) {
		uint32_t now = atomic_load(&gate->gen);

		if (gen_reached(gate, gen))
			break;
		worker_sleep(&gate->gen, now);
	}
	atomic_fetch_sub(&gate->waiting, 1);
	t->waits_slept += worker_switches() - before;
}

void worker_wait_slot(struct worker_thread *t, struct worker_gate *gate,
		      uint32_t gen)
{
	unsigned i;

	if (gen_reached(gate, gen))
		return;
	t->waits++;
	for (i = 0; i < worker.spins; i++) {
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
		worker_wake(&gate->gen);
}

/* The thread that is least far, and in *told how far. */
static struct worker_thread *slowest(struct worker_copy *copy, uint64_t *told)
{
	const struct worker *w = &worker;
	struct worker_thread *found = copy->threads;
	uint32_t i;

	*told = UINT64_MAX;
	/* Those that are still to be born have told least_seq at least. */
	for (i = 0; i < w->h->nr_threads && w->table[i].least_seq < *told;
	     i += 64) {
		/* Acquire: the ops of those that have ended are done for us. */
		uint64_t bits = atomic_load_explicit(&copy->unended[i / 64],
						     memory_order_acquire);

		for (; bits; bits &= bits - 1) {
			struct worker_thread *t =
				&copy->threads[i +
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
static uint64_t look_around(struct worker_copy *copy,
			    struct worker_thread **last)
{
	uint64_t told;
	uint64_t safe;

	*last = slowest(copy, &told);
	safe = atomic_load_explicit(&copy->safe, memory_order_relaxed);
	/* Release: who reads it relies on what we have acquired. */
	while (safe < told &&
	       !atomic_compare_exchange_weak_explicit(&copy->safe, &safe, told,
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
	if (atomic_load(&other->told) < seq) {
		worker_give_baton();
		syscall(SYS_futex, &other->bell, FUTEX_WAIT_BITSET_PRIVATE,
			bell, NULL, NULL, 1U << group_of(seq) % 32);
		worker_take_baton();
	}
	atomic_fetch_sub(&other->sleepers, 1);
}

/* Wait until all threads have told at least seq. */
static void wait_for_all(struct worker_thread *t, uint64_t seq)
{
	struct worker_thread *last;
	uint64_t before;
	unsigned i;

	for (i = 0; i <= worker.spins / 8; i++) {
		if (look_around(t->copy, &last) >= seq)
			return;
		system_relax();
	}
	before = worker_switches();
	while (look_around(t->copy, &last) < seq)
		sleep_on_thread(last, seq);
	t->waits_slept += worker_switches() - before;
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
	all = atomic_load_explicit(&t->copy->safe, memory_order_acquire);
	if (seq > all + w->window)
		all = look_around(t->copy, &last);
	if (seq > all + w->window) {
		t->waits++;
		/* Let the others come closer, lest we stop at each step. */
		wait_for_all(t, seq - w->window / 2);
		all = seq - w->window / 2;
	}
	t->limit = all + w->window;
}

void worker_leave(struct worker_thread *t)
{
	uint32_t number = (uint32_t)(t - t->copy->threads);

	tell(t, UINT64_MAX);
	/* Release: who does not look at us any more relies on our ops. */
	atomic_fetch_and_explicit(&t->copy->unended[number / 64],
				  ~(1ULL << number % 64), memory_order_release);
	/* Release: the first thread sums up what we did. */
	if (atomic_fetch_sub_explicit(&worker.running, 1,
				      memory_order_acq_rel) == 1)
		worker_wake(&worker.running);
}

void worker_wait_left(struct worker_thread *t, uint32_t number)
{
	struct worker_thread *other = &t->copy->threads[number];

	/*
	 * It may not even be made yet. Acquire: its maker has stored the
	 * handle before it ran.
	 */
	while (atomic_load_explicit(&other->told, memory_order_acquire) !=
	       UINT64_MAX)
		sleep_on_thread(other, UINT64_MAX);
}

/* One more is at the mark; who waits for that many of them is woken. */
static void arrive(_Atomic uint32_t *mark)
{
	uint32_t nr = atomic_fetch_add(mark, 1) + 1;

	if (nr + 1 >= worker.order.copies)
		worker_wake(mark);
}

static void wait_for_arrivals(_Atomic uint32_t *mark, uint32_t nr)
{
	uint32_t now;

	while ((now = atomic_load(mark)) < nr)
		worker_sleep(mark, now);
}

/*
 * No deadlock: of all copies' threads, the one whose next op has the smallest
 * seq goes on as if its copy were alone, or stands at a mark to which the
 * others will come, as they have nothing before it that stops them.
 */
void worker_meet(struct worker_thread *t, uint32_t i)
{
	struct worker *w = &worker;
	uint32_t all = w->order.copies;
	uint64_t before = worker_switches();

	if (t->copy == w->copies) {
		wait_for_arrivals(&w->arrivals[i], all - 1);
		worker_memory_sample(w, i);
	}
	arrive(&w->arrivals[i]);
	wait_for_arrivals(&w->arrivals[i], all);
	t->waits_slept += worker_switches() - before;
}

static void init_copy(const struct worker *w, struct worker_copy *copy)
{
	uint32_t i;

	for (i = 0; i < w->h->nr_threads; i++) {
		struct worker_thread *t = &copy->threads[i];
		uint64_t told = w->table[i].birth_seq;

		/* An unborn thread holds the others at its birth. */
		if (i && !w->table[i].first_page)
			told = UINT64_MAX;
		else
			copy->unended[i / 64] |= 1ULL << i % 64;
		t->copy = copy;
		atomic_init(&t->told, told);
		atomic_init(&t->wake_at, UINT64_MAX);
	}
}

bool worker_sync_init(struct worker *w)
{
	size_t words = ((size_t)w->h->nr_threads + 63) / 64;
	_Atomic uint64_t *unended = worker_map(w, w->order.copies * words * 8,
					       "the set of threads");
	uint32_t i;

	w->arrivals = worker_map(w, w->h->nr_marks * sizeof(*w->arrivals),
				 "the marks");
	if (!unended || !w->arrivals)
		return false;
	for (i = 0; i < w->order.copies; i++) {
		w->copies[i].unended = unended + i * words;
		init_copy(w, &w->copies[i]);
	}
	atomic_init(&w->running, 1);
	atomic_init(&w->parked, 1);
	/* While others wait for the baton, a look would find nothing new. */
	w->spins = w->order.pass == WORKER_ALONE ? 0 : SPINS;
	return true;
}
