// SPDX-License-Identifier: MIT
/*
 * Threads: giving each a slot and a ring at its first event, and taking them
 * back at its end.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/shim/real.h"
#include "recorder/shim/record.h"
#include "recorder/shim/room.h"
#include "recorder/shim/stack.h"

__thread struct rec_thread *rec_self;
struct rec_thread rec_ended;
struct rec_thread rec_refused;

void shim_block_signals(sigset_t *saved)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, saved);
}

void shim_unblock_signals(const sigset_t *saved)
{
	pthread_sigmask(SIG_SETMASK, saved, NULL);
}

/* Take a free slot in that range. RING_SLOTS: there is none. */
static uint32_t take_slot_in(uint32_t from, uint32_t end)
{
	const uint32_t process = (uint32_t)(shim.process - shim.processes),
		       claimed = RING_CLAIMED | (process + 1)
							<< RING_OWNER_SHIFT;
	uint32_t i, free_slot;

	for (i = from; i < end; i++) {
		free_slot = RING_FREE_SLOT;
		/* Acquire: the drain has left the slot before we write it. */
		if (atomic_load_explicit(&shim.slots[i].state,
					 memory_order_relaxed) ==
			    RING_FREE_SLOT &&
		    atomic_compare_exchange_strong_explicit(
			    &shim.slots[i].state, &free_slot, claimed,
			    memory_order_acquire, memory_order_relaxed))
			return i;
	}
	return RING_SLOTS;
}

/*
 * Take a free slot, the lowest of few: its ring is warm. Where there are many,
 * go round; and where none of them is free, so that each look is in vain, take
 * fresh ones for some time.
 */
static uint32_t take_slot(void)
{
	static _Atomic uint32_t next, nr_fresh;
	uint32_t top = atomic_load_explicit(&shim.control->top_slot,
					    memory_order_relaxed);
	uint32_t i = RING_SLOTS, from = 0, fresh;

	if (top > shim.nr_slots)
		top = shim.nr_slots;
	if (top > RING_CHUNK)
		from = atomic_load_explicit(&next, memory_order_relaxed);
	fresh = atomic_load_explicit(&nr_fresh, memory_order_relaxed);
	if (!fresh) {
		i = take_slot_in(from, top);
		if (i == RING_SLOTS)
			i = take_slot_in(0, from);
		fresh = i == RING_SLOTS ? top / 8 + 1 : 1;
	}
	atomic_store_explicit(&nr_fresh, fresh - 1, memory_order_relaxed);
	if (i == RING_SLOTS)
		i = take_slot_in(top, shim.nr_slots);
	if (i == RING_SLOTS)
		i = take_slot_in(0, shim.nr_slots);
	if (i == RING_SLOTS)
		return i;
	atomic_store_explicit(&next, i + 1, memory_order_relaxed);
	shim_raise(&shim.control->top_slot, i + 1);
	return i;
}

static void fill_slot(struct ring_slot *slot, uint32_t tid)
{
	slot->process = (uint32_t)(shim.process - shim.processes);
	slot->thread = atomic_fetch_add_explicit(&shim.process->nr_threads, 1,
						 memory_order_relaxed);
	slot->tid = tid;
	slot->start_ticks = clock_ticks(shim.clock);
}

/* Claim a slot; the block is block, or the slot's own. NULL: there is none. */
static struct rec_thread *claim(struct rec_thread *block, uint32_t tid)
{
	uint32_t i = take_slot();
	struct ring_slot *slot = &shim.slots[i];
	struct ring_record *rings;
	uint64_t tail, limit;

	rings = i < RING_SLOTS ? shim_map_chunk(i / RING_CHUNK) : NULL;
	if (!rings) {
		if (i < RING_SLOTS)
			atomic_store_explicit(&slot->state, RING_FREE_SLOT,
					      memory_order_relaxed);
		atomic_fetch_add_explicit(&shim.process->no_slot, 1,
					  memory_order_relaxed);
		return NULL;
	}
	if (!block)
		block = &shim.blocks[i];
	fill_slot(slot, tid);
	tail = atomic_load_explicit(&slot->tail, memory_order_relaxed);
	limit = (tail / RING_STEP + 1) * RING_STEP;
	/* If the drain is giving pages back, the first event waits for it. */
	if (!rec_claim(slot, limit, false))
		limit = tail;
	block->slot = slot;
	block->rounds = 0;
	stack_begin(block);
	atomic_store_explicit(&block->cursor, tail, memory_order_relaxed);
	atomic_store_explicit(&block->limit, limit, memory_order_relaxed);
	block->ring = rings + (size_t)(i % RING_CHUNK) * RING_RECORDS;
	/* Release: the drain sees the slot filled in. */
	atomic_store_explicit(&slot->state, RING_LIVE, memory_order_release);
	return block;
}

struct rec_thread *shim_late(void)
{
	struct shim_life *life = shim_life();
	struct rec_thread *block = &shim.blocks[SHIM_LATE];
	int state = 0;
	sigset_t saved;

	shim_block_signals(&saved);
	if (atomic_compare_exchange_strong_explicit(&life->late, &state, 1,
						    memory_order_acquire,
						    memory_order_acquire)) {
		state = claim(block, 0) ? 2 : 3;
		/* Release: other threads see what was claimed. */
		atomic_store_explicit(&life->late, state, memory_order_release);
	}
	/* The claimer cannot be one that we interrupted: signals are off. */
	while (state == 1) {
		syscall(SYS_sched_yield);
		state = atomic_load_explicit(&life->late, memory_order_acquire);
	}
	shim_unblock_signals(&saved);
	return state == 2 ? block : NULL;
}

static void detach(struct rec_thread *t)
{
	struct ring_slot *slot = t->slot;
	sigset_t saved;

	shim_block_signals(&saved);
	slot->end_ticks = clock_ticks(shim.clock);
	slot->end_pos = atomic_load_explicit(&t->cursor, memory_order_relaxed);
	rec_self = &rec_ended;
	/* Release: the drain sees all that the thread wrote. */
	atomic_store_explicit(&slot->state, RING_ENDED, memory_order_release);
	/* It comes by soon enough, if there is no lack of slots. */
	if (slot >= &shim.slots[RING_CHUNK])
		shim_wake_drain(RING_DRAIN_SLEEP);
	shim_unblock_signals(&saved);
}

/*
 * Runs at the end of a thread. Other destructors may still free, so it asks
 * to be run again as often as it may be.
 */
void shim_thread_exit(void *arg)
{
	struct rec_thread *t = arg;
	int saved_errno = errno;

	if (t == rec_self && t->ring) {
		if (++t->rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
			pthread_setspecific(shim.key, t);
		else
			detach(t);
	}
	errno = saved_errno;
}

/* False: what stands in for a block, or one that is in use. */
static bool needs_block(const struct rec_thread *t)
{
	return !t || (!t->ring && t != &rec_ended && t != &rec_refused);
}

static bool may_start(void)
{
	int state = shim_state();

	return state == SHIM_ON ||
	       (state == SHIM_NEW && real_found() && environ) ||
	       (state == SHIM_STARTING && shim.blocks);
}

struct rec_thread *shim_attach(void)
{
	int saved_errno = errno;
	struct rec_thread *t;
	bool on;
	sigset_t saved;

	if (!may_start())
		return NULL;
	shim_block_signals(&saved);
	on = shim_join() == SHIM_ON;
	if (on && needs_block(rec_self)) {
		t = claim(NULL, (uint32_t)syscall(SYS_gettid));
		rec_self = t ? t : &rec_refused;
		if (t)
			pthread_setspecific(shim.key, t);
	}
	shim_unblock_signals(&saved);
	errno = saved_errno;
	return on ? rec_self : NULL;
}

void shim_prepare(void)
{
	int saved_errno = errno;
	sigset_t saved;

	if (!may_start())
		return;
	shim_block_signals(&saved);
	shim_join();
	shim_unblock_signals(&saved);
	errno = saved_errno;
}

/*
 * The main thread is the first, even when it allocates nothing. Tools like
 * valgrind answer the family in every object, ours too: tell by a call of it.
 */
__attribute__((constructor)) static void shim_start(void)
{
	void (*public_free)(void *) = free;

	/* The compiler shall not know what it calls. */
	__asm__ volatile("" : "+r"(public_free));
	real_resolve();
	if (shim_state() == SHIM_NEW) {
		shim.probing = true;
		public_free(NULL);
	}
	shim_attach();
}
