// SPDX-License-Identifier: MIT
/*
 * The seldom records: reallocs, those of several positions, notes, stacks.
 * Positions that stay empty are found and skipped here, too.
 */
#include "recorder/unpack_record.h"

_Static_assert((int)RING_MALLOC == TAPE_MALLOC &&
		       (int)RING_PVALLOC == TAPE_PVALLOC &&
		       (int)RING_FREE == TAPE_FREE &&
		       (int)RING_FREE_ALIGNED_SIZED == TAPE_FREE_ALIGNED_SIZED,
	       "the kinds of a ring are those of a tape");

#define WORDS_MAX 8191 /* of a definition: 13 bits tell how many */

static void push_begin(struct unpack *u, const struct tape_event *ev,
		       struct tape_notes *notes)
{
	/* A handler left a realloc by longjmp: its end will not come. */
	if (u->nr_begins == UNPACK_BEGINS) {
		for (unsigned i = 1; i < UNPACK_BEGINS; i++)
			u->begins[i - 1] = u->begins[i];
		u->nr_begins--;
	}
	if (ev->size) {
		notes->usable_bytes = ev->size;
		notes->has |= TAPE_NOTE_USABLE;
	}
	u->begins[u->nr_begins++] =
		(struct unpack_begin){ ev->addr, ev->time_ns, *notes };
}

/* The end of a realloc; takes the rest from its begin. */
static bool end_realloc(struct unpack *u, struct tape_event *ev,
			struct tape_notes *notes)
{
	const struct unpack_begin *begin;

	if (!u->nr_begins)
		return false;
	begin = &u->begins[--u->nr_begins];
	ev->old_addr = begin->addr;
	ev->time_ns = begin->time_ns;
	notes->usable_bytes = begin->notes.usable_bytes;
	notes->touched_bytes = begin->notes.touched_bytes;
	notes->has |= begin->notes.has;
	return true;
}

/* Collect what follows the first record; returns the position behind it. */
static uint64_t read_words(const struct ring_record *ring, uint64_t pos,
			   struct tape_event *ev)
{
	if (ev->kind == RING_WIDE) {
		ev->kind = (uint8_t)ev->size;
		ev->addr = unpack_second(ring, pos);
		ev->size = unpack_second(ring, pos + 1);
		ev->alignment = unpack_second(ring, pos + 2);
		return pos + 3;
	}
	if (!ring_has_alignment(ev->kind))
		return pos;
	ev->alignment = unpack_second(ring, pos);
	return pos + 1;
}

/* Give ev, with the kind of a ring, that of a tape; false: it is no event. */
static bool finish(struct unpack *u, struct tape_event *ev,
		   struct tape_notes *notes)
{
	switch (ev->kind) {
	case RING_REALLOC:
	case RING_REALLOCARRAY:
		if (!end_realloc(u, ev, notes))
			return false;
		break;
	case RING_REALLOC_NEW:
		ev->kind = TAPE_REALLOC;
		break;
	case RING_REALLOCARRAY_NEW:
		ev->kind = TAPE_REALLOCARRAY;
		break;
	case RING_FREE_USABLE:
		ev->kind = TAPE_FREE;
		notes->usable_bytes = ev->size;
		notes->has |= TAPE_NOTE_USABLE;
		ev->size = 0;
		break;
	case RING_REALLOC_BEGIN:
		push_begin(u, ev, notes);
		return false;
	case RING_REALLOC_CANCEL:
		if (u->nr_begins)
			u->nr_begins--;
		return false;
	}
	/* From a realloc to size 0 NULL means that the block was freed. */
	if (tape_kind_is_alloc(ev->kind) && !ev->addr &&
	    (ev->size || !ev->old_addr))
		ev->flags = TAPE_FAILED;
	return ev->kind && ev->kind <= TAPE_FREE_ALIGNED_SIZED;
}

static uint32_t ticks_long(const struct ticks *ticks, uint64_t nr)
{
	uint64_t ns = ticks_to_ns(ticks, ticks->origin + nr);

	return ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

static void read_note(const struct unpack *u, const struct ticks *ticks,
		      uint64_t first, uint64_t value, struct tape_notes *notes)
{
	switch (first >> 48 & 0x1fff) {
	case RING_NOTE_STACK:
		if (u->stacks)
			notes->stack = u->stacks->find(u->stacks->ctx, value);
		if (notes->stack)
			notes->has |= TAPE_NOTE_STACK;
		break;
	case RING_NOTE_LATENCY:
		notes->latency_ns = ticks_long(ticks, value);
		notes->has |= TAPE_NOTE_LATENCY;
		break;
	case RING_NOTE_TOUCHED:
		notes->touched_bytes = value;
		notes->has |= TAPE_NOTE_TOUCHED;
		break;
	}
}

/* What is told after the event, at pos; 0: it is still to come. */
static uint64_t read_after(const struct ring_record *ring,
			   const struct ticks *ticks, uint64_t pos,
			   struct tape_notes *notes)
{
	uint64_t first;

	if (!unpack_filled(ring, pos, &first))
		return 0;
	if (ring_kind_of(first) == RING_NOTE_AFTER) {
		notes->latency_ns = ticks_long(ticks, unpack_second(ring, pos));
		notes->has |= TAPE_NOTE_LATENCY;
	}
	return pos + 1;
}

/* Pass a stack or a module on; returns the position behind it. */
static uint64_t read_definition(const struct unpack *u,
				const struct ring_record *ring, uint64_t pos,
				uint64_t first)
{
	const size_t nr = first >> 48 & 0x1fff;
	uint64_t words[WORDS_MAX];
	size_t i;

	for (i = 0; i < nr; i++)
		words[i] = unpack_second(ring, pos + 1 + i);
	if (u->stacks)
		u->stacks->define(u->stacks->ctx, ring_kind_of(first),
				  unpack_second(ring, pos), words, nr);
	return pos + 1 + nr;
}

static void decode(const struct ticks *ticks, uint64_t first, uint64_t second,
		   struct tape_event *ev)
{
	uint64_t time_ns =
		ticks_to_ns(ticks, ticks_unwrap(ticks, second >> 18));

	*ev = (struct tape_event){
		.time_ns = time_ns,
		.end_ns = time_ns,
		.addr = ring_addr_of(first),
		.size = ring_size_of(first, second),
		.kind = (uint8_t)ring_kind_of(first),
	};
}

/* Read the notes from pos on; returns the position behind them. */
static uint64_t read_notes(const struct unpack *u,
			   const struct ring_record *ring,
			   const struct ticks *ticks, uint64_t pos,
			   struct tape_notes *notes, bool *after)
{
	uint64_t first;

	*after = false;
	for (; unpack_filled(ring, pos, &first) &&
	       ring_kind_of(first) == RING_NOTE;
	     pos++) {
		read_note(u, ticks, first, unpack_second(ring, pos), notes);
		if ((first >> 48 & 0x1fff) == RING_NOTE_AFTERWARDS)
			*after = true;
	}
	return pos;
}

size_t unpack_record(struct unpack *u, const struct ring_record *ring,
		     const struct ticks *ticks, uint64_t *pos,
		     struct tape_event *ev, struct tape_notes *notes)
{
	struct tape_notes told = { 0 };
	uint64_t first, at;
	bool after, is_event;

	at = read_notes(u, ring, ticks, *pos, &told, &after);
	if (!unpack_filled(ring, at, &first))
		return 0;
	if (ring_kind_of(first) == RING_STACK_DEF ||
	    ring_kind_of(first) == RING_MODULE_DEF) {
		*pos = read_definition(u, ring, at, first);
		return 0;
	}
	decode(ticks, first, unpack_second(ring, at), ev);
	at = read_words(ring, at + 1, ev);
	if (after)
		at = read_after(ring, ticks, at, &told);
	if (!at)
		return 0;
	is_event = finish(u, ev, &told);
	if (is_event && told.has && notes) {
		*notes = told;
		ev->notes = notes;
	}
	*pos = at;
	return is_event;
}

/* Where the reader has to wait: behind notes, and what they belong to. */
static uint64_t waits_at(const struct ring_record *ring, uint64_t pos)
{
	struct tape_event ev = { 0 };
	bool after = false;
	uint64_t first;

	for (; unpack_filled(ring, pos, &first); pos++) {
		if (ring_kind_of(first) == RING_NOTE) {
			after |= (first >> 48 & 0x1fff) == RING_NOTE_AFTERWARDS;
			continue;
		}
		ev.kind = (uint8_t)ring_kind_of(first);
		ev.size = ring_size_of(first, unpack_second(ring, pos));
		return after ? read_words(ring, pos + 1, &ev) : pos;
	}
	return pos;
}

uint64_t unpack_gap(const struct unpack *u, const struct ring_record *ring,
		    bool last, uint64_t reach)
{
	const uint64_t pos = waits_at(ring, u->pos);
	uint64_t first, i;

	if (unpack_filled(ring, pos, &first))
		return 0;
	for (i = 1; i <= reach; i++)
		if (unpack_filled(ring, pos + i, &first) &&
		    (last || ring_kind_of(first) != RING_WORD))
			return pos - u->pos + i;
	/* A free that was not survived has no end, but was one. */
	return last && pos != u->pos ? pos - u->pos + 1 : 0;
}

void unpack_skip(struct unpack *u, struct ring_record *ring, uint64_t nr)
{
	uint64_t pos, first;

	for (pos = u->pos; pos != u->pos + nr; pos++) {
		if (unpack_filled(ring, pos, &first))
			continue;
		/* So that what lies here cannot be taken for the next lap's. */
		if (atomic_compare_exchange_strong_explicit(
			    &ring[pos % RING_RECORDS].first, &first,
			    ring_kind_bits(RING_SKIPPED) | ring_lap(pos),
			    memory_order_relaxed, memory_order_relaxed))
			u->interrupted++;
	}
}
