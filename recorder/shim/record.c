// SPDX-License-Identifier: MIT
/*
 * The seldom ways of writing an event: a thread's first, wide ones, those
 * with an alignment, those that must wait for room, those of ended threads.
 */
#include <errno.h>
#include <linux/futex.h>

#include "recorder/shim/record.h"

#define WAIT_NS 100000000 /* how long to sleep between looks at the drain */

static int drain_gone(void)
{
	return atomic_load_explicit(&shim.control->drain_state,
				    memory_order_relaxed) ==
		       RING_DRAIN_STOPPED ||
	       (atomic_load_explicit(&shim.control->drain_owner,
				     memory_order_relaxed) &
		FUTEX_OWNER_DIED);
}

/* Sleep until the drain has made room beyond tail, or for a while. */
static void wait_for_drain(struct ring_slot *slot, uint64_t tail)
{
	shim_wake_drain(RING_DRAIN_NAP);
	/* Sequential: the drain must see this, or we its new tail. */
	atomic_store_explicit(&slot->waiting, 1, memory_order_seq_cst);
	if (atomic_load_explicit(&slot->tail, memory_order_seq_cst) == tail)
		shim_futex_wait(&slot->tail, (uint32_t)tail, WAIT_NS);
}

/*
 * Make positions before end writable; false: they never will be, also in the
 * child of a signal handler that forked meanwhile.
 */
static int make_room(struct rec_thread *t, uint64_t end)
{
	struct ring_slot *slot = t->slot;
	uint64_t tail, full, quarter;

	for (;;) {
		if (drain_gone() || shim_is_child()) {
			shim_stop();
			return 0;
		}
		/* Acquire: the drain has read what we shall write over. */
		tail = atomic_load_explicit(&slot->tail, memory_order_acquire);
		full = tail + RING_RECORDS;
		if (end <= full)
			break;
		wait_for_drain(slot, tail);
	}
	quarter = (end + RING_QUARTER - 1) / RING_QUARTER * RING_QUARTER;
	atomic_store_explicit(&t->limit, quarter < full ? quarter : full,
			      memory_order_relaxed);
	shim_wake_drain(RING_DRAIN_SLEEP);
	return 1;
}

/* The block to write to, for a thread whose own cannot be. */
static struct rec_thread *stand_in(struct rec_thread *t)
{
	if (t == &rec_ended && !shim_is_child())
		return shim_late();
	if (t == &rec_refused && !shim_is_child()) {
		atomic_fetch_add_explicit(&shim.process->lost, 1,
					  memory_order_relaxed);
		return NULL;
	}
	shim_stop();
	return NULL;
}

static void put_words(struct ring_record *ring, uint64_t pos,
		      const uint64_t *words, unsigned nr)
{
	while (nr--)
		rec_put(ring, pos + nr, ring_kind_bits(RING_WORD), words[nr]);
}

static void put_event(struct rec_thread *t, uint64_t pos, unsigned kind,
		      const uint64_t value[3], unsigned nr)
{
	uint64_t now = clock_ticks(shim.clock);
	struct ring_record *ring = t->ring;

	if (!ring) /* a handler has forked; this is the child */
		return;
	if (nr == 4) {
		put_words(ring, pos + 1, value, 3);
		rec_put(ring, pos, ring_first(RING_WIDE, 0, kind),
			ring_second(now, kind));
		return;
	}
	if (nr == 2)
		put_words(ring, pos + 1, &value[2], 1);
	rec_put(ring, pos, ring_first(kind, value[0], value[1]),
		ring_second(now, value[1]));
}

static unsigned nr_records(unsigned kind, uint64_t addr, uint64_t size)
{
	if (!ring_fits(addr, size))
		return 4;
	return ring_has_alignment(kind) ? 2 : 1;
}

void rec_append(unsigned kind, uint64_t addr, uint64_t size, uint64_t alignment)
{
	const uint64_t value[3] = { addr, size, alignment };
	unsigned nr = nr_records(kind, addr, size);
	struct rec_thread *t = rec_self;
	int saved_errno = errno;
	uint64_t pos;

	if (!t)
		t = shim_attach();
	if (t && !t->ring)
		t = stand_in(t);
	if (t) {
		/* Late events come from several threads. */
		pos = t == rec_self
			      ? rec_take(t, nr)
			      : atomic_fetch_add_explicit(&t->cursor, nr,
							  memory_order_relaxed);
		if (pos + nr <= atomic_load_explicit(&t->limit,
						     memory_order_relaxed) ||
		    make_room(t, pos + nr))
			put_event(t, pos, kind, value, nr);
	}
	errno = saved_errno;
}

void rec_append_at(struct rec_thread *t, uint64_t pos, unsigned kind,
		   uint64_t addr, uint64_t size)
{
	const uint64_t value[3] = { addr, size, 0 };
	int saved_errno = errno;

	if (!t->ring)
		rec_append(kind, addr, size, 0);
	else if (make_room(t, pos + 1))
		put_event(t, pos, kind, value, 1);
	errno = saved_errno;
}

void rec_null_free_slow(void)
{
	struct rec_thread *t = rec_self;
	int saved_errno = errno;

	if (!t)
		t = shim_attach();
	if (t == &rec_ended)
		t = NULL; /* not worth a ring */
	if (t && !t->ring)
		t = stand_in(t);
	if (t)
		atomic_fetch_add_explicit(&t->slot->null_frees, 1,
					  memory_order_relaxed);
	errno = saved_errno;
}

unsigned rec_kind_since(uint64_t mark, uint64_t addr)
{
	struct rec_thread *t = rec_self;
	const struct ring_record *ring = t ? t->ring : NULL;
	uint64_t end = rec_mark(), first;
	unsigned kind = RING_NOTHING;

	if (!ring || !addr || end - mark > RING_QUARTER)
		return RING_NOTHING;
	for (; mark != end; mark++) {
		first = atomic_load_explicit(&ring[mark % RING_RECORDS].first,
					     memory_order_relaxed);
		if (ring_addr_of(first) == addr)
			kind = ring_kind_of(first);
	}
	return kind;
}
