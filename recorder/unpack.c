// SPDX-License-Identifier: MIT
/* Records to events; ring.h has the layout. */
#include "recorder/unpack.h"
#include "traces/tape.h"

_Static_assert((int)RING_MALLOC == TAPE_MALLOC &&
		       (int)RING_PVALLOC == TAPE_PVALLOC &&
		       (int)RING_FREE == TAPE_FREE &&
		       (int)RING_FREE_ALIGNED_SIZED == TAPE_FREE_ALIGNED_SIZED,
	       "the kinds of a ring are those of a tape");

#define GAP_MAX 16 /* positions that nested handlers can leave open */

static const struct ring_record *at(const struct ring_record *ring,
				    uint64_t pos)
{
	return &ring[pos % RING_RECORDS];
}

/* Acquire: what was stored before the lap bit is seen after it. */
static bool filled(const struct ring_record *ring, uint64_t pos,
		   uint64_t *first)
{
	*first = atomic_load_explicit(&at(ring, pos)->first,
				      memory_order_acquire);
	return *first && (*first & RING_LAP_BIT) == ring_lap(pos);
}

static uint64_t second(const struct ring_record *ring, uint64_t pos)
{
	return atomic_load_explicit(&at(ring, pos)->second,
				    memory_order_relaxed);
}

static void push_begin(struct unpack *u, const struct tape_event *ev)
{
	/* A handler left a realloc by longjmp: its end will not come. */
	if (u->nr_begins == UNPACK_BEGINS) {
		for (unsigned i = 1; i < UNPACK_BEGINS; i++)
			u->begins[i - 1] = u->begins[i];
		u->nr_begins--;
	}
	u->begins[u->nr_begins++] =
		(struct unpack_begin){ ev->addr, ev->time_ns };
}

/* The end of a realloc; takes the rest from its begin. */
static bool end_realloc(struct unpack *u, struct tape_event *ev)
{
	const struct unpack_begin *begin;

	if (!u->nr_begins)
		return false;
	begin = &u->begins[--u->nr_begins];
	ev->old_addr = begin->addr;
	ev->time_ns = begin->time_ns;
	return true;
}

/* The tape's kind, where one record is the whole event. */
static const uint8_t whole[256] = {
	[RING_MALLOC] = TAPE_MALLOC,
	[RING_CALLOC] = TAPE_CALLOC,
	[RING_REALLOC_NEW] = TAPE_REALLOC,
	[RING_REALLOCARRAY_NEW] = TAPE_REALLOCARRAY,
	[RING_FREE] = TAPE_FREE,
	[RING_FREE_SIZED] = TAPE_FREE_SIZED,
};

/* Collect what follows the first record; returns the position behind it. */
static uint64_t read_words(const struct ring_record *ring, uint64_t pos,
			   struct tape_event *ev)
{
	if (ev->kind == RING_WIDE) {
		ev->kind = (uint8_t)ev->size;
		ev->addr = second(ring, pos);
		ev->size = second(ring, pos + 1);
		ev->alignment = second(ring, pos + 2);
		return pos + 3;
	}
	if (!ring_has_alignment(ev->kind))
		return pos;
	ev->alignment = second(ring, pos);
	return pos + 1;
}

/* Whether ev, with the kind of a ring, is an event of its own; finishes it. */
static bool finish(struct unpack *u, struct tape_event *ev)
{
	switch (ev->kind) {
	case RING_REALLOC:
	case RING_REALLOCARRAY:
		if (!end_realloc(u, ev))
			return false;
		break;
	case RING_REALLOC_BEGIN:
		push_begin(u, ev);
		return false;
	case RING_REALLOC_CANCEL:
		if (u->nr_begins)
			u->nr_begins--;
		return false;
	case RING_WORD:
	case RING_SKIPPED:
		return false;
	}
	if (whole[ev->kind])
		ev->kind = whole[ev->kind];
	/* From a realloc to size 0 NULL means that the block was freed. */
	if (tape_kind_is_alloc(ev->kind) && !ev->addr &&
	    (ev->size || !ev->old_addr))
		ev->flags = TAPE_FAILED;
	return ev->kind <= TAPE_FREE_ALIGNED_SIZED;
}

size_t unpack_events(struct unpack *u, const struct ring_record *ring,
		     const struct ticks *ticks, struct tape_event *ev,
		     size_t max)
{
	uint64_t pos = u->pos, first, rest, time_ns;
	size_t nr = 0;

	while (nr < max && filled(ring, pos, &first)) {
		struct tape_event *e = &ev[nr];

		rest = second(ring, pos++);
		time_ns = ticks_to_ns(ticks, ticks_unwrap(ticks, rest >> 18));
		*e = (struct tape_event){
			.time_ns = time_ns,
			.end_ns = time_ns,
			.addr = ring_addr_of(first),
			.size = ring_size_of(first, rest),
			.kind = (uint8_t)ring_kind_of(first),
		};
		if (whole[e->kind] && e->addr) {
			e->kind = whole[e->kind];
			nr++;
			continue;
		}
		pos = read_words(ring, pos, e);
		nr += finish(u, e);
	}
	u->pos = pos;
	if (nr)
		u->last_ns = ev[nr - 1].end_ns;
	return nr;
}

unsigned unpack_gap(const struct unpack *u, const struct ring_record *ring,
		    bool last)
{
	uint64_t first;
	unsigned i;

	if (filled(ring, u->pos, &first))
		return 0;
	for (i = 1; i <= GAP_MAX; i++)
		if (filled(ring, u->pos + i, &first) &&
		    (last || ring_kind_of(first) != RING_WORD))
			return i;
	return 0;
}

void unpack_skip(struct unpack *u, struct ring_record *ring, uint64_t nr)
{
	for (; nr; nr--, u->pos++) {
		/* So that what lies here cannot be taken for the next lap's. */
		atomic_store_explicit(&ring[u->pos % RING_RECORDS].first,
				      ring_kind_bits(RING_SKIPPED) |
					      ring_lap(u->pos),
				      memory_order_relaxed);
		u->interrupted++;
	}
}
