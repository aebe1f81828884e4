// SPDX-License-Identifier: MIT
/*
 * How an event is written: the way that nearly all take is inline here, the
 * others are in record.c. Every function may be called in a signal handler
 * that interrupted any other. errno is kept.
 */
#ifndef RECORDER_SHIM_RECORD_H
#define RECORDER_SHIM_RECORD_H

#include <stdbool.h>

#include "recorder/clock.h"
#include "recorder/shim/shim.h"

#define REC_NOTES 3

/* An event of any form, with what is told along with it. */
struct rec_event {
	unsigned kind;
	unsigned nr_notes;
	uint64_t value[3]; /* address, size, alignment */
	struct {
		unsigned which; /* enum ring_note */
		uint64_t value;
	} notes[REC_NOTES];
	bool after; /* keep a position for a note that comes later */
};

/* Where the later note of an event goes. */
struct rec_place {
	struct rec_thread *thread; /* NULL: nowhere */
	uint64_t pos;
};

/*
 * Write it, also as a thread's first. False: it is not recorded. *place, which
 * may be NULL if there is no later note, is set in either case.
 */
bool rec_append_event(const struct rec_event *e, struct rec_place *place);
bool rec_append(unsigned kind, uint64_t addr, uint64_t size,
		uint64_t alignment);
/* Write an event at a position that was taken but lies beyond the limit. */
bool rec_append_at(struct rec_thread *t, uint64_t pos, unsigned kind,
		   uint64_t addr, uint64_t size);
/* Write the later note. */
void rec_append_after(const struct rec_place *place, uint64_t value);
void rec_null_free_slow(void);
/* The last kind that this thread recorded for addr since mark, or 0. */
unsigned rec_kind_since(uint64_t mark, uint64_t addr);

/* Take nr positions, in one instruction: a signal comes before or after. */
static inline uint64_t rec_take(struct rec_thread *t, uint64_t nr)
{
#if defined(__x86_64__)
	__asm__ volatile("xaddq %0, %1" : "+r"(nr), "+m"(t->cursor) : : "cc");
	return nr;
#else
	return atomic_fetch_add_explicit(&t->cursor, nr, memory_order_relaxed);
#endif
}

static inline void rec_count(_Atomic uint64_t *counter)
{
#if defined(__x86_64__)
	__asm__ volatile("incq %0" : "+m"(*counter) : : "cc");
#else
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
#endif
}

static inline void rec_put(struct ring_record *ring, uint64_t pos,
			   uint64_t first, uint64_t second)
{
	struct ring_record *r = &ring[pos % RING_RECORDS];

	atomic_store_explicit(&r->second, second, memory_order_relaxed);
	/* Release: who sees the lap bit sees the whole event. */
	atomic_store_explicit(&r->first, first | ring_lap(pos),
			      memory_order_release);
}

/* In mode 0, where the clock is the counter. False: it is not recorded. */
static inline bool rec_event(unsigned kind, const void *ptr, size_t size)
{
	struct rec_thread *t = rec_self;
	uint64_t addr = (uintptr_t)ptr, pos, now;
	struct ring_record *ring;

	if (unlikely(!t || !ring_fits(addr, size)))
		return rec_append(kind, addr, size, 0);
	pos = rec_take(t, 1);
	now = clock_counter();
	ring = t->ring;
	/*
	 * In this order: where a signal handler has forked, the child goes on
	 * here, and the limit tells it that its block was wiped.
	 */
	atomic_signal_fence(memory_order_seq_cst);
	if (unlikely(pos >=
		     atomic_load_explicit(&t->limit, memory_order_relaxed)))
		return rec_append_at(t, pos, kind, addr, size);
	rec_put(ring, pos, ring_first(kind, addr, size),
		ring_second(now, size));
	return true;
}

static inline void rec_null_free(void)
{
	struct rec_thread *t = rec_self;

	if (unlikely(!t || !t->slot))
		rec_null_free_slow();
	else
		rec_count(&t->slot->null_frees);
}

/*
 * For calls that an allocator may itself build from another one of the
 * family: note where this thread is before the real call, and skip the
 * outer call's event when the inner one has told of the block.
 */
static inline uint64_t rec_mark(void)
{
	struct rec_thread *t = rec_self;

	return t ? atomic_load_explicit(&t->cursor, memory_order_relaxed) : 0;
}

static inline int rec_nested(uint64_t mark, const void *ptr)
{
	unsigned kind;

	if (likely(!mark || rec_mark() == mark))
		return 0;
	/* A free: the block was a signal handler's, and is no more. */
	kind = rec_kind_since(mark, (uintptr_t)ptr);
	return kind && !ring_is_free(kind);
}

#endif
