// SPDX-License-Identifier: MIT
/* Inside of unpack: reading positions of a ring, and the seldom records. */
#ifndef RECORDER_UNPACK_RECORD_H
#define RECORDER_UNPACK_RECORD_H

#include "recorder/unpack.h"

/* Acquire: what was stored before the lap bit is seen after it. */
static inline bool unpack_filled(const struct ring_record *ring, uint64_t pos,
				 uint64_t *first)
{
	*first = atomic_load_explicit(&ring[pos % RING_RECORDS].first,
				      memory_order_acquire);
	return *first && (*first & RING_LAP_BIT) == ring_lap(pos);
}

static inline uint64_t unpack_second(const struct ring_record *ring,
				     uint64_t pos)
{
	return atomic_load_explicit(&ring[pos % RING_RECORDS].second,
				    memory_order_relaxed);
}

/*
 * The event that the filled record at *pos begins, or the notes before it; in
 * *notes what is told of it, which is not kept if that is NULL. Moves *pos
 * behind it, but not if some of it is still to come. Returns the number of
 * events, 1 or 0.
 */
size_t unpack_record(struct unpack *u, const struct ring_record *ring,
		     const struct ticks *ticks, uint64_t *pos,
		     struct tape_event *ev, struct tape_notes *notes);

#endif
