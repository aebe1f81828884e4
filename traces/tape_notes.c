// SPDX-License-Identifier: MIT
/*
 * Notes as columns, and back. An entry is a varint, 0 where there is no note;
 * a column ends with its last note. Which events have an entry follows from
 * the kind column and from the references of the blocks given back, so that
 * the encoder needs to look at a block only when one of its events has a note.
 */
#include "traces/tape_notes.h"
#include "traces/tape_stacks.h"
#include "traces/tape_varint.h"

enum { STACK, USABLE, TOUCHED, LATENCY };

static const uint8_t bits[TAPE_NOTES_NR] = { TAPE_NOTE_STACK, TAPE_NOTE_USABLE,
					     TAPE_NOTE_TOUCHED,
					     TAPE_NOTE_LATENCY };

static inline bool gives(uint8_t byte)
{
	enum tape_kind kind = byte & TAPE_KIND_MASK;

	if (tape_kind_is_realloc(kind))
		return !(byte & TAPE_KIND_NOOLD);
	return tape_kind_is_free(kind) && !(byte & TAPE_KIND_NOADDR);
}

/* Whether a call with this byte has an entry; escaped where it gives. */
static inline bool is_due(int column, uint8_t byte, bool escaped)
{
	enum tape_kind kind = byte & TAPE_KIND_MASK;

	switch (column) {
	case STACK:
		return tape_kind_is_alloc(kind);
	case USABLE:
		return escaped;
	case TOUCHED:
		return gives(byte);
	default:
		return kind <= TAPE_FREE_ALIGNED_SIZED &&
		       !(tape_kind_is_realloc(kind) && gives(byte));
	}
}

/* Skip the reference of a block given back; true: it is an escape. */
static bool skip_give(const uint8_t *refs, size_t *at)
{
	bool escaped = !refs[*at];

	while (refs[*at] & 0x80)
		++*at;
	++*at;
	return escaped;
}

static bool gives_by_escape(struct tape_notes_pack *p,
			    const struct tape_notes_calls *calls, uint8_t byte)
{
	if (!gives(byte))
		return false;
	return tape_kind_is_realloc(byte & TAPE_KIND_MASK)
		       ? skip_give(calls->old, &p->old)
		       : skip_give(calls->give, &p->give);
}

/* A stack that no tape can have is none. */
static inline bool has_note(const struct tape_notes *n, int column)
{
	return n->has & bits[column] &&
	       (column != STACK || (n->stack && n->stack <= TAPE_FRAMES_MAX));
}

static inline uint64_t value_of(struct tape_notes_pack *p, int column,
				const struct tape_notes *n)
{
	uint32_t before = p->stack;

	switch (column) {
	case STACK:
		p->stack = n->stack;
		return zigzag((int64_t)n->stack - (int64_t)before);
	case USABLE:
		return n->usable_bytes;
	case TOUCHED:
		return n->touched_bytes;
	default:
		return n->latency_ns;
	}
}

/* Write an entry of v + 1 behind zeros for those that have none. */
static inline void put(struct tape_notes_column *col, uint32_t due, uint64_t v)
{
	uint8_t *p = col->bytes.bytes + col->bytes.len;

	if (due > col->written) {
		memset(p, 0, due - col->written);
		p += due - col->written;
	}
	p = varint_put(p, v < UINT64_MAX ? v + 1 : v);
	col->bytes.len = (size_t)(p - col->bytes.bytes);
	col->written = due + 1;
}

/* The batch behind count - nr, and before it what had no such note. */
__attribute__((always_inline)) static inline bool
add_column(struct tape_notes_pack *p, int column,
	   const struct tape_notes_calls *calls, uint32_t count,
	   const struct tape_event *ev, size_t nr)
{
	struct tape_notes_column *col = &p->col[column];
	uint32_t i = col->done, start = count - (uint32_t)nr, due = col->due;
	size_t most = (size_t)(due - col->written) + (count - i);

	if (!tape_buf_reserve(&col->bytes, most + nr * VARINT_MAX))
		return false;
	for (; i < count; i++) {
		const struct tape_notes *n;
		uint8_t byte = calls->kind[i];
		bool escaped =
			column == USABLE && gives_by_escape(p, calls, byte);

		if (!is_due(column, byte, escaped))
			continue;
		n = i >= start ? ev[i - start].notes : NULL;
		if (n && has_note(n, column))
			put(col, due, value_of(p, column, n));
		due++;
	}
	col->done = count;
	col->due = due;
	return true;
}

/* The notes of a batch, all together. */
static unsigned find_notes(const struct tape_event *ev, size_t nr)
{
	unsigned has = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		if (ev[i].kind <= TAPE_FREE_ALIGNED_SIZED && ev[i].notes)
			has |= ev[i].notes->has;
	return has;
}

bool tape_notes_add(struct tape_notes_pack *p,
		    const struct tape_notes_calls *calls, uint32_t count,
		    const struct tape_event *ev, size_t nr)
{
	unsigned has = find_notes(ev, nr);
	bool ok = true;

	if (has & TAPE_NOTE_STACK)
		ok = add_column(p, STACK, calls, count, ev, nr);
	if (has & TAPE_NOTE_USABLE)
		ok &= add_column(p, USABLE, calls, count, ev, nr);
	if (has & TAPE_NOTE_TOUCHED)
		ok &= add_column(p, TOUCHED, calls, count, ev, nr);
	if (has & TAPE_NOTE_LATENCY)
		ok &= add_column(p, LATENCY, calls, count, ev, nr);
	return ok;
}

size_t tape_notes_len(const struct tape_notes_pack *p)
{
	size_t len = 0;
	int i;

	for (i = 0; i < TAPE_NOTES_NR; i++)
		len += p->col[i].bytes.len;
	return len;
}

size_t tape_notes_memory(const struct tape_notes_pack *p)
{
	size_t bytes = sizeof(*p);
	int i;

	for (i = 0; i < TAPE_NOTES_NR; i++)
		bytes += p->col[i].bytes.cap;
	return bytes;
}

size_t tape_notes_pieces(struct tape_notes_pack *p,
			 struct tape_piece pieces[TAPE_NOTES_PIECES])
{
	size_t nr = 0;
	int i;

	for (i = 0; i < TAPE_NOTES_NR; i++) {
		struct tape_notes_column *col = &p->col[i];
		uint8_t *end = col->prefix;

		if (!col->bytes.len)
			continue;
		*end++ = (uint8_t)(TAPE_COL_STACK + i);
		end = varint_put(end, col->bytes.len);
		pieces[nr].bytes = col->prefix;
		pieces[nr++].len = (size_t)(end - col->prefix);
		pieces[nr].bytes = col->bytes.bytes;
		pieces[nr++].len = col->bytes.len;
	}
	return nr;
}

void tape_notes_clear(struct tape_notes_pack *p)
{
	int i;

	for (i = 0; i < TAPE_NOTES_NR; i++) {
		p->col[i].bytes.len = 0;
		p->col[i].done = 0;
		p->col[i].due = 0;
		p->col[i].written = 0;
	}
	p->give = 0;
	p->old = 0;
	p->stack = 0;
}

void tape_notes_release(struct tape_notes_pack *p)
{
	int i;

	for (i = 0; i < TAPE_NOTES_NR; i++)
		tape_buf_release(&p->col[i].bytes);
}

void tape_notes_start(struct tape_notes_unpack *u)
{
	memset(u->at, 0, sizeof(u->at));
	memset(u->end, 0, sizeof(u->end));
	u->any = false;
	u->stack = 0;
}

bool tape_notes_map(struct tape_notes_unpack *u, uint8_t id,
		    const uint8_t *bytes, size_t len)
{
	int i = id - TAPE_COL_STACK;

	if (u->at[i])
		return false;
	u->at[i] = bytes;
	u->end[i] = bytes + len;
	u->any = true;
	return true;
}

static bool set_stack(struct tape_notes_unpack *u, uint64_t v)
{
	uint64_t stack = u->stack + (uint64_t)unzigzag(v);

	if (!stack || stack > TAPE_FRAMES_MAX)
		return false;
	u->stack = (uint32_t)stack;
	u->notes.stack = u->stack;
	u->notes.has |= u->stack <= u->nr_frames ? TAPE_NOTE_STACK : 0;
	return true;
}

static bool set_note(struct tape_notes_unpack *u, int column, uint64_t v)
{
	switch (column) {
	case STACK:
		return set_stack(u, v);
	case USABLE:
		u->notes.usable_bytes = v;
		u->notes.has |= TAPE_NOTE_USABLE;
		return true;
	case TOUCHED:
		u->notes.touched_bytes = v;
		u->notes.has |= TAPE_NOTE_TOUCHED;
		return true;
	default:
		u->notes.latency_ns = (uint32_t)v;
		u->notes.has |= TAPE_NOTE_LATENCY;
		return v <= UINT32_MAX;
	}
}

bool tape_notes_next(struct tape_notes_unpack *u, uint8_t kind, bool escaped,
		     struct tape_event *ev)
{
	int i;

	u->notes = (struct tape_notes){ .has = 0 };
	for (i = 0; i < TAPE_NOTES_NR; i++) {
		uint64_t v;

		if (u->at[i] == u->end[i] || !is_due(i, kind, escaped))
			continue;
		u->at[i] = varint_get(u->at[i], u->end[i], &v);
		if (!u->at[i] || (v && !set_note(u, i, v - 1)))
			return false;
	}
	if (u->notes.has)
		ev->notes = &u->notes;
	return true;
}

bool tape_notes_finished(const struct tape_notes_unpack *u)
{
	int i;

	for (i = 0; i < TAPE_NOTES_NR; i++)
		if (u->at[i] != u->end[i])
			return false;
	return true;
}
