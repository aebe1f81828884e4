// SPDX-License-Identifier: MIT
/*
 * The seldom ways of writing an event: a thread's first, wide ones, those with
 * an alignment or notes, those of ended threads. What to do when a ring is full
 * is left to room.c.
 */
#include <errno.h>

#include "recorder/shim/record.h"
#include "recorder/shim/room.h"

/* The block to write to, for a thread whose own cannot be; NULL: none. */
static struct rec_thread *stand_in(struct rec_thread *t)
{
	if (shim_state() != SHIM_ON || (t != &rec_ended && t != &rec_refused))
		t = shim_attach();
	if (t == &rec_ended)
		return shim_late();
	if (t == &rec_refused)
		atomic_fetch_add_explicit(&shim.process->lost, 1,
					  memory_order_relaxed);
	return t && t->ring ? t : NULL;
}

/* The calling thread's block to write to; NULL: it is not recorded. */
static struct rec_thread *writer(void)
{
	struct rec_thread *t = rec_self;

	if (unlikely(!t || !t->ring))
		t = stand_in(t);
	/* It may be known only since then. */
	return shim_mode() & RING_PAUSED ? NULL : t;
}

static bool is_wide(const struct rec_event *e)
{
	return !ring_fits(e->value[0], e->value[1]);
}

/* How many positions the event itself takes. */
static unsigned nr_records(const struct rec_event *e)
{
	if (is_wide(e))
		return 4;
	return ring_has_alignment(e->kind) ? 2 : 1;
}

static void put_words(struct ring_record *ring, uint64_t pos,
		      const uint64_t *words, unsigned nr)
{
	while (nr--)
		rec_put(ring, pos + nr, ring_kind_bits(RING_WORD), words[nr]);
}

/* Notes come first, words before what they belong to. */
static void put_event(struct ring_record *ring, uint64_t pos,
		      const struct rec_event *e)
{
	uint64_t now = clock_ticks(shim.clock), size = e->value[1];
	unsigned i;

	for (i = 0; i < e->nr_notes; i++)
		rec_put(ring, pos++,
			ring_first(RING_NOTE, 0, e->notes[i].which),
			e->notes[i].value);
	if (is_wide(e)) {
		put_words(ring, pos + 1, e->value, 3);
		rec_put(ring, pos, ring_first(RING_WIDE, 0, e->kind),
			ring_second(now, e->kind));
		return;
	}
	if (ring_has_alignment(e->kind))
		put_words(ring, pos + 1, &e->value[2], 1);
	rec_put(ring, pos, ring_first(e->kind, e->value[0], size),
		ring_second(now, size));
}

static enum rec_room room(struct rec_thread *t, uint64_t pos, uint64_t nr)
{
	struct ring_slot *slot = t->slot;
	enum rec_room ret = REC_FULL;

	if (!slot) /* a handler has forked just now, and this is the child */
		return REC_WIPED;
	if (pos != REC_NO_POS &&
	    pos + nr <= atomic_load_explicit(&t->limit, memory_order_relaxed))
		return REC_ROOM;
	if (pos != REC_NO_POS)
		ret = rec_room(t, pos, nr);
	if (ret == REC_FULL)
		atomic_fetch_add_explicit(&slot->dropped, 1,
					  memory_order_relaxed);
	return ret;
}

/* Into the ring of t, if it is still ours when there is room. */
static enum rec_room append_to(struct rec_thread *t, const struct rec_event *e,
			       struct rec_place *place)
{
	const unsigned nr = e->nr_notes + nr_records(e);
	const bool own = t == rec_self;
	struct ring_record *ring;
	enum rec_room ret;
	uint64_t pos;

	pos = own ? rec_take(t, nr + e->after)
		  : rec_take_shared(t, nr + e->after);
	ret = room(t, pos, nr + e->after);
	if (ret != REC_ROOM)
		return ret;
	ring = t->ring;
	if (!ring)
		return REC_WIPED;
	put_event(ring, pos, e);
	if (e->after && own)
		*place = (struct rec_place){ t, pos + nr };
	else if (e->after)
		rec_put(ring, pos + nr, ring_kind_bits(RING_SKIPPED), 0);
	return REC_ROOM;
}

bool rec_append_event(const struct rec_event *e, struct rec_place *place)
{
	enum rec_room ret = REC_NONE;
	int saved_errno = errno;
	struct rec_thread *t;

	if (place)
		place->thread = NULL;
	do {
		t = writer();
		if (t)
			ret = append_to(t, e, place);
	} while (t && ret == REC_WIPED);
	errno = saved_errno;
	return ret == REC_ROOM;
}

bool rec_append(unsigned kind, uint64_t addr, uint64_t size, uint64_t alignment)
{
	const struct rec_event e = { .kind = kind,
				     .value = { addr, size, alignment } };

	return rec_append_event(&e, NULL);
}

bool rec_append_at(struct rec_thread *t, uint64_t pos, unsigned kind,
		   uint64_t addr, uint64_t size)
{
	const struct rec_event e = { .kind = kind, .value = { addr, size } };
	struct ring_record *ring;
	int saved_errno = errno;
	enum rec_room ret;

	/* Without a ring there is no position either. */
	ret = t->ring ? room(t, pos, 1) : REC_WIPED;
	ring = t->ring;
	if (ret == REC_ROOM && ring)
		put_event(ring, pos, &e);
	errno = saved_errno;
	if (ret == REC_WIPED || (ret == REC_ROOM && !ring))
		return rec_append_event(&e, NULL);
	return ret == REC_ROOM;
}

void rec_append_after(const struct rec_place *place, uint64_t value)
{
	struct rec_thread *t = place->thread;
	struct ring_record *ring = t ? t->ring : NULL;

	/* Not in the child of a signal handler that forked meanwhile. */
	if (ring && t == rec_self)
		rec_put(ring, place->pos, ring_kind_bits(RING_NOTE_AFTER),
			value);
}

void rec_null_free_slow(void)
{
	struct rec_thread *t = rec_self;

	if (shim.probing) {
		shim.probing = false;
		return;
	}
	/* Of an ended thread or one without a slot: not worth the trouble. */
	if (t == &rec_ended || t == &rec_refused)
		return;
	if (!t || !t->ring)
		t = shim_attach();
	if (t && t->ring && !(shim_mode() & RING_PAUSED))
		rec_count(&t->slot->null_frees);
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
