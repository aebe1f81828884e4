// SPDX-License-Identifier: MIT
/* Records to events, as nearly all are; unpack_record.c has the others. */
#include "recorder/unpack_record.h"

/* The tape's kind, where one record is the whole event. */
static const uint8_t whole[256] = {
	[RING_MALLOC] = TAPE_MALLOC,
	[RING_CALLOC] = TAPE_CALLOC,
	[RING_REALLOC_NEW] = TAPE_REALLOC,
	[RING_REALLOCARRAY_NEW] = TAPE_REALLOCARRAY,
	[RING_FREE] = TAPE_FREE,
	[RING_FREE_SIZED] = TAPE_FREE_SIZED,
};

/*
 * The events from here on in a row of positions that are filled in this lap,
 * up to the first that is not an event of one record. Returns how many.
 */
static size_t unpack_whole(const struct ring_record *from, uint64_t lap,
			   const struct ticks *ticks, struct tape_event *ev,
			   size_t max)
{
	uint64_t first, second, time_ns;
	size_t nr;

	for (nr = 0; nr < max; nr++) {
		/* Acquire: what was stored before it is seen after it. */
		first = atomic_load_explicit(&from[nr].first,
					     memory_order_acquire);
		if ((first & RING_LAP_BIT) != lap ||
		    !whole[ring_kind_of(first)] || !ring_addr_of(first))
			break;
		second = atomic_load_explicit(&from[nr].second,
					      memory_order_relaxed);
		time_ns = ticks_to_ns(ticks, ticks_unwrap(ticks, second >> 18));
		ev[nr] = (struct tape_event){
			.time_ns = time_ns,
			.end_ns = time_ns,
			.addr = ring_addr_of(first),
			.size = ring_size_of(first, second),
			.kind = whole[ring_kind_of(first)],
		};
	}
	return nr;
}

size_t unpack_events(struct unpack *u, const struct ring_record *ring,
		     const struct ticks *ticks, struct tape_event *ev,
		     size_t max)
{
	uint64_t pos = u->pos, first;
	size_t nr = 0;

	while (nr < max && unpack_filled(ring, pos, &first)) {
		size_t place = pos % RING_RECORDS, row = RING_RECORDS - place;
		size_t got =
			unpack_whole(&ring[place], ring_lap(pos), ticks,
				     &ev[nr], row < max - nr ? row : max - nr);
		uint64_t before = pos += got;

		nr += got;
		if (got)
			continue;
		nr += unpack_record(u, ring, ticks, &pos, &ev[nr],
				    u->notes ? &u->notes[nr] : NULL);
		if (pos == before)
			break; /* the rest of it is still to come */
	}
	u->pos = pos;
	if (nr)
		u->last_ns = ev[nr - 1].end_ns;
	return nr;
}
