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

size_t unpack_events(struct unpack *u, const struct ring_record *ring,
		     const struct ticks *ticks, struct tape_event *ev,
		     size_t max)
{
	uint64_t pos = u->pos, first, rest, time_ns;
	size_t nr = 0;

	while (nr < max && unpack_filled(ring, pos, &first)) {
		const unsigned kind = ring_kind_of(first);
		struct tape_event *e = &ev[nr];
		uint64_t before = pos;

		if (!whole[kind] || !ring_addr_of(first)) {
			nr += unpack_record(u, ring, ticks, &pos, e,
					    u->notes ? &u->notes[nr] : NULL);
			if (pos == before)
				break; /* the rest of it is still to come */
			continue;
		}
		rest = unpack_second(ring, pos++);
		time_ns = ticks_to_ns(ticks, ticks_unwrap(ticks, rest >> 18));
		*e = (struct tape_event){
			.time_ns = time_ns,
			.end_ns = time_ns,
			.addr = ring_addr_of(first),
			.size = ring_size_of(first, rest),
			.kind = whole[kind],
		};
		nr++;
	}
	u->pos = pos;
	if (nr)
		u->last_ns = ev[nr - 1].end_ns;
	return nr;
}
