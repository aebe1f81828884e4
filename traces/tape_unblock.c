// SPDX-License-Identifier: MIT
/*
 * The decoder: walks all columns of a block in step. Every read is bounded by
 * its column, every time by the block's last, so that bytes which were made
 * to mislead end in an error and in nothing else.
 */
#include "traces/tape_block.h"
#include "traces/tape_varint.h"

static bool map_columns(struct tape_unblock *u, const uint8_t *p,
			const uint8_t *end)
{
	while (p < end) {
		uint8_t id = *p++;
		uint64_t len;

		p = varint_get(p, end, &len);
		if (!p || len > (uint64_t)(end - p))
			return false;
		if (id && id < TAPE_COL_NR) {
			if (u->at[id])
				return false;
			u->at[id] = p;
			u->end[id] = p + len;
		} else if (id >= TAPE_COL_STACK && id < TAPE_COL_NOTES_END) {
			if (!tape_notes_map(&u->notes, id, p, len))
				return false;
		} else if (!(id & TAPE_COL_OPTIONAL)) {
			return false;
		}
		p += len;
	}
	return true;
}

bool tape_unblock_init(struct tape_unblock *u, const struct tape_frame *f,
		       const uint8_t *raw, unsigned unit_ns)
{
	memset(u->at, 0, sizeof(u->at));
	memset(u->end, 0, sizeof(u->end));
	recent_reset(&u->recent);
	tape_notes_start(&u->notes);
	u->left = f->count;
	u->unit_ns = unit_ns;
	u->time = f->first;
	u->last = f->last;
	if (f->last > UINT64_MAX / unit_ns)
		return false;
	if (f->raw_len && !map_columns(u, raw, raw + f->raw_len))
		return false;
	u->after_free = false;
	u->has_low = u->at[TAPE_COL_LOW] != NULL;
	return true;
}

static inline bool get(struct tape_unblock *u, enum tape_column_id id,
		       uint64_t *v)
{
	const uint8_t *p = varint_get(u->at[id], u->end[id], v);

	if (!p)
		return false;
	u->at[id] = p;
	return true;
}

/* An address that is written out, against base. */
static bool get_addr(struct tape_unblock *u, enum tape_column_id id,
		     uint64_t base, uint64_t *addr)
{
	uint64_t v, low = 0;

	if (!get(u, id, &v))
		return false;
	if (u->has_low) {
		if (u->at[TAPE_COL_LOW] == u->end[TAPE_COL_LOW])
			return false;
		low = *u->at[TAPE_COL_LOW]++;
	}
	v = base + (uint64_t)unzigzag(v);
	*addr = v << 4 | low;
	return low < 16 && v <= UINT64_MAX >> 4;
}

/* The block that a call returned, by its reference. */
static bool get_taken(struct tape_unblock *u, struct tape_event *ev,
		      uint64_t ref)
{
	struct tape_recent *r = &u->recent;
	uint8_t class = recent_class(ev->size);

	if (ref == RECENT_TOP) {
		ev->addr = recent_top(r, class);
		recent_pop(r, class);
	} else if (ref == RECENT_ESCAPE) {
		if (!get_addr(u, TAPE_COL_TAKE_ADDR, r->take_base, &ev->addr))
			return false;
		r->take_base = (ev->addr >> 4) + ((ev->size + 23) >> 4);
	} else {
		ref -= RECENT_FREED;
		if (!recent_reaches(r->nr_given, ref))
			return false;
		ev->addr = r->given[(r->nr_given - ref) % RECENT_WINDOW];
	}
	recent_take(r, ev->addr, class);
	return ev->addr != 0;
}

/* The block that goes, and its size class where that is known. */
static bool get_given(struct tape_unblock *u, enum tape_column_id id,
		      uint64_t *addr, uint8_t *class)
{
	struct tape_recent *r = &u->recent;
	uint64_t back;
	uint32_t at;

	*class = RECENT_NO_CLASS;
	if (!get(u, id, &back))
		return false;
	if (!back)
		return get_addr(u, TAPE_COL_GIVE_ADDR, r->give_base, addr);
	if (!recent_reaches(r->nr_taken, back))
		return false;
	at = (uint32_t)(r->nr_taken - back) % RECENT_WINDOW;
	*addr = r->taken[at];
	*class = r->taken_class[at];
	return true;
}

static bool get_time(struct tape_unblock *u, struct tape_event *ev)
{
	bool is_free = tape_kind_is_free(ev->kind);
	uint64_t v;

	if (!get(u, tape_time_column(u->after_free, is_free), &v) ||
	    v > u->last - u->time)
		return false;
	u->after_free = is_free;
	u->time += v;
	ev->time_ns = u->time * u->unit_ns;
	if (tape_kind_is_realloc(ev->kind)) {
		if (!get(u, TAPE_COL_DURATION, &v) || v > u->last - u->time)
			return false;
		u->time += v;
	}
	ev->end_ns = u->time * u->unit_ns;
	return true;
}

static bool get_realloc(struct tape_unblock *u, struct tape_event *ev,
			uint8_t bits)
{
	bool has_addr = !(bits & TAPE_KIND_NOADDR);
	uint64_t ref = 0;
	uint8_t class;

	if (bits & TAPE_KIND_NOOLD)
		return !has_addr ||
		       (get(u, TAPE_COL_TAKE, &ref) && get_taken(u, ev, ref));
	if (!get_given(u, TAPE_COL_OLD, &ev->old_addr, &class) ||
	    (has_addr && !get(u, TAPE_COL_MOVE, &ref)))
		return false;
	if (has_addr && !ref) {
		ev->addr = ev->old_addr;
		recent_take(&u->recent, ev->addr, recent_class(ev->size));
		return true;
	}
	if (!(bits & TAPE_KIND_FAILED))
		recent_give(&u->recent, ev->old_addr, class);
	return !has_addr || get_taken(u, ev, ref - 1);
}

static bool get_block(struct tape_unblock *u, struct tape_event *ev)
{
	uint64_t ref;
	uint8_t class;

	if (!tape_kind_is_free(ev->kind))
		return get(u, TAPE_COL_TAKE, &ref) && get_taken(u, ev, ref);
	if (!get_given(u, TAPE_COL_GIVE, &ev->addr, &class))
		return false;
	recent_give(&u->recent, ev->addr, class);
	return true;
}

static bool get_call(struct tape_unblock *u, struct tape_event *ev,
		     uint8_t bits)
{
	const uint8_t *escapes = u->at[TAPE_COL_GIVE_ADDR];

	if (bits & TAPE_KIND_FAILED)
		ev->flags = TAPE_FAILED;
	if (ev->kind != TAPE_FREE && !get(u, TAPE_COL_SIZE, &ev->size))
		return false;
	if (tape_kind_is_realloc(ev->kind)) {
		if (!get_realloc(u, ev, bits))
			return false;
	} else if (!(bits & TAPE_KIND_NOADDR) && !get_block(u, ev)) {
		return false;
	}
	if (tape_kind_has_alignment(ev->kind) &&
	    !get(u, TAPE_COL_ALIGN, &ev->alignment))
		return false;
	return !u->notes.any ||
	       tape_notes_next(&u->notes, bits,
			       u->at[TAPE_COL_GIVE_ADDR] != escapes, ev);
}

static bool get_text(struct tape_unblock *u, struct tape_event *ev)
{
	const uint8_t *text = u->at[TAPE_COL_TEXT], *nul;

	if (!text || text == u->end[TAPE_COL_TEXT])
		return false;
	nul = memchr(text, 0, (size_t)(u->end[TAPE_COL_TEXT] - text));
	if (!nul)
		return false;
	ev->text = (const char *)text;
	u->at[TAPE_COL_TEXT] = nul + 1;
	return true;
}

static bool get_other(struct tape_unblock *u, struct tape_event *ev)
{
	switch ((enum tape_kind)ev->kind) {
	case TAPE_FREE_NULL:
		return get(u, TAPE_COL_SIZE, &ev->size);
	case TAPE_THREAD_START:
		return get(u, TAPE_COL_SIZE, &ev->addr);
	case TAPE_THREAD_NAME:
	case TAPE_MARK:
		return get_text(u, ev);
	default:
		return true;
	}
}

/* After the last event: nothing may be left over. */
static int finish(const struct tape_unblock *u)
{
	int i;

	for (i = TAPE_COL_KIND; i < TAPE_COL_NR; i++)
		if (u->at[i] != u->end[i])
			return -1;
	return u->time == u->last && tape_notes_finished(&u->notes) ? 0 : -1;
}

int tape_unblock_next(struct tape_unblock *u, struct tape_event *ev)
{
	uint8_t bits;

	if (!u->left)
		return finish(u);
	if (u->at[TAPE_COL_KIND] == u->end[TAPE_COL_KIND])
		return -1;
	bits = *u->at[TAPE_COL_KIND]++;
	memset(ev, 0, sizeof(*ev));
	ev->kind = bits & TAPE_KIND_MASK;
	if (!ev->kind || ev->kind >= TAPE_KIND_END || !get_time(u, ev))
		return -1;
	if (ev->kind <= TAPE_FREE_ALIGNED_SIZED) {
		if (!get_call(u, ev, bits))
			return -1;
	} else if ((bits & ~TAPE_KIND_MASK) || !get_other(u, ev)) {
		return -1;
	}
	u->left--;
	return 1;
}
