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

/* A bit for each column in which a call has an entry. */
static inline unsigned due_columns(uint8_t kind_byte, bool escaped)
{
	enum tape_kind kind = kind_byte & TAPE_KIND_MASK;
	bool gives = tape_kind_is_realloc(kind)
			     ? !(kind_byte & TAPE_KIND_NOOLD)
			     : tape_kind_is_free(kind) &&
				       !(kind_byte & TAPE_KIND_NOADDR);

	return (unsigned)tape_kind_is_alloc(kind) << STACK |
	       (unsigned)escaped << USABLE | (unsigned)gives << TOUCHED |
	       (unsigned)!(gives && tape_kind_is_realloc(kind)) << LATENCY;
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
	enum tape_kind kind = byte & TAPE_KIND_MASK;

	if (tape_kind_is_realloc(kind))
		return !(byte & TAPE_KIND_NOOLD) &&
		       skip_give(calls->old, &p->old);
	return tape_kind_is_free(kind) && !(byte & TAPE_KIND_NOADDR) &&
	       skip_give(calls->give, &p->give);
}

/* Write an entry of v + 1 behind zeros for those that have none. */
static bool put(struct tape_notes_column *col, uint64_t v)
{
	uint32_t zeros = col->due - col->written;
	struct tape_buf *bytes = &col->bytes;
	uint8_t *p;

	if (!tape_buf_reserve(bytes, zeros + VARINT_MAX))
		return false;
	p = bytes->bytes + bytes->len;
	memset(p, 0, zeros);
	p = varint_put(p + zeros, v < UINT64_MAX ? v + 1 : v);
	bytes->len = (size_t)(p - bytes->bytes);
	col->written = col->due + 1;
	return true;
}

static bool put_notes(struct tape_notes_pack *p, unsigned due,
		      const struct tape_notes *n)
{
	bool ok = true;

	if (due & 1 << STACK && n->has & TAPE_NOTE_STACK && n->stack &&
	    n->stack <= TAPE_FRAMES_MAX) {
		ok = put(&p->col[STACK],
			 zigzag((int64_t)n->stack - (int64_t)p->stack));
		p->stack = n->stack;
	}
	if (due & 1 << USABLE && n->has & TAPE_NOTE_USABLE)
		ok &= put(&p->col[USABLE], n->usable_bytes);
	if (due & 1 << TOUCHED && n->has & TAPE_NOTE_TOUCHED)
		ok &= put(&p->col[TOUCHED], n->touched_bytes);
	if (due & 1 << LATENCY && n->has & TAPE_NOTE_LATENCY)
		ok &= put(&p->col[LATENCY], n->latency_ns);
	return ok;
}

bool tape_notes_add(struct tape_notes_pack *p,
		    const struct tape_notes_calls *calls, uint32_t count,
		    const struct tape_event *ev, size_t nr)
{
	uint32_t start = count - (uint32_t)nr;
	bool ok = true;
	int i;

	for (; p->done < count; p->done++) {
		uint8_t byte = calls->kind[p->done];
		unsigned due;

		if ((byte & TAPE_KIND_MASK) > TAPE_FREE_ALIGNED_SIZED)
			continue;
		due = due_columns(byte, gives_by_escape(p, calls, byte));
		if (p->done >= start && ev[p->done - start].notes)
			ok &= put_notes(p, due, ev[p->done - start].notes);
		for (i = 0; i < TAPE_NOTES_NR; i++)
			p->col[i].due += due >> i & 1;
	}
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
		p->col[i].due = 0;
		p->col[i].written = 0;
	}
	p->done = 0;
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
	unsigned due = due_columns(kind, escaped);
	int i;

	u->notes = (struct tape_notes){ .has = 0 };
	for (i = 0; i < TAPE_NOTES_NR; i++) {
		uint64_t v;

		if (!(due >> i & 1) || u->at[i] == u->end[i])
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
