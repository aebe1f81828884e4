// SPDX-License-Identifier: MIT
/*
 * Room in a ring: what happens at the end of the positions that a thread may
 * write to without asking. Every RING_STEP of them it looks where the drain is;
 * where the ring is full it waits for the drain, or drops the event.
 */
#include <linux/futex.h>

#include "recorder/shim/record.h"
#include "recorder/shim/room.h"

#define WAIT_NS    100000000 /* how long to sleep between looks at the drain */
#define MAX_UNTAKE 3

int shim_drain_gone(void)
{
	return atomic_load_explicit(&shim.control->drain_state,
				    memory_order_relaxed) ==
		       RING_DRAIN_STOPPED ||
	       (atomic_load_explicit(&shim.control->drain_owner,
				     memory_order_relaxed) &
		FUTEX_OWNER_DIED);
}

static bool dropping(void)
{
	return shim.control->on_full == RING_FULL_DROP;
}

/* The drain shall come, also if it waits for a hole in this ring. */
static void ask_for_room(struct ring_slot *slot)
{
	shim_wake_drain(RING_DRAIN_NAP);
	/* Sequential: the drain must see this, or we its new tail. */
	if (!atomic_load_explicit(&slot->waiting, memory_order_seq_cst))
		atomic_store_explicit(&slot->waiting, 1, memory_order_seq_cst);
}

/* Sleep until the drain has made room beyond tail, or for a while. */
static void wait_for_drain(struct ring_slot *slot, uint64_t tail)
{
	ask_for_room(slot);
	if (atomic_load_explicit(&slot->tail, memory_order_seq_cst) == tail)
		shim_futex_wait(&slot->waiting, 1, WAIT_NS);
}

bool rec_claim(struct ring_slot *slot, uint64_t limit, bool wait)
{
	uint64_t seen =
		atomic_load_explicit(&slot->claim, memory_order_relaxed);

	/* Sequential: the drain sees our claim, or we that it shrinks. */
	while (seen < limit &&
	       !atomic_compare_exchange_weak_explicit(
		       &slot->claim, &seen, limit, memory_order_seq_cst,
		       memory_order_relaxed))
		;
	while (atomic_load_explicit(&slot->shrinking, memory_order_seq_cst)) {
		if (!wait || shim_drain_gone())
			return false;
		shim_futex_wait(&slot->shrinking, 1, WAIT_NS);
	}
	return true;
}

/*
 * Give back positions that were taken; false: what a signal handler took
 * lies behind them.
 */
static bool untake(struct rec_thread *t, uint64_t pos, uint64_t nr)
{
	uint64_t end = pos + nr;

	return atomic_compare_exchange_strong_explicit(&t->cursor, &end, pos,
						       memory_order_relaxed,
						       memory_order_relaxed);
}

static uint64_t full_at(struct ring_slot *slot)
{
	/* Acquire: the drain has read what we shall write over. */
	return RING_RECORDS +
	       atomic_load_explicit(&slot->tail, memory_order_acquire);
}

/* Let the positions before limit be written to without asking. */
static enum rec_room raise_limit(struct rec_thread *t, uint64_t limit)
{
	atomic_store_explicit(&t->limit, limit, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	if (unlikely(!t->ring)) {
		/* A handler has forked just now, and this is the child. */
		atomic_store_explicit(&t->limit, 0, memory_order_relaxed);
		return REC_WIPED;
	}
	return REC_ROOM;
}

enum rec_room rec_room(struct rec_thread *t, uint64_t pos, uint64_t nr)
{
	const bool drop = dropping() && t == rec_self;
	struct ring_slot *slot = t->slot;
	uint64_t end = pos + nr, full, limit;
	unsigned tries = 0;

	for (;;) {
		if (!slot || t->slot != slot)
			return REC_WIPED;
		if (shim_drain_gone()) {
			shim_stop();
			return REC_NONE;
		}
		full = full_at(slot);
		limit = (end + RING_STEP - 1) / RING_STEP * RING_STEP;
		if (limit > full)
			limit = full;
		if (end <= full && rec_claim(slot, limit, !drop))
			break;
		if (!drop) {
			wait_for_drain(slot, full - RING_RECORDS);
		} else if (untake(t, pos, nr) || ++tries == MAX_UNTAKE) {
			ask_for_room(slot);
			return REC_FULL;
		}
	}
	/* In the first step of each quarter. */
	if ((end - 1) % RING_QUARTER < RING_STEP)
		shim_wake_drain(RING_DRAIN_SLEEP);
	return raise_limit(t, limit);
}

uint64_t rec_take_shared(struct rec_thread *t, uint64_t nr)
{
	uint64_t pos;

	if (!dropping())
		return atomic_fetch_add_explicit(&t->cursor, nr,
						 memory_order_relaxed);
	pos = atomic_load_explicit(&t->cursor, memory_order_relaxed);
	do
		if (pos + nr > full_at(t->slot))
			return REC_NO_POS;
	while (!atomic_compare_exchange_weak_explicit(
		&t->cursor, &pos, pos + nr, memory_order_relaxed,
		memory_order_relaxed));
	return pos;
}
