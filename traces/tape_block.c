// SPDX-License-Identifier: MIT
/*
 * The encoder: events go straight into byte columns, so that a thread costs
 * a few bytes per event that waits for its block to fill.
 */
#include "traces/tape_block.h"
#include "traces/base/err.h"
#include "traces/tape_refer.h"

#define LEAN_EVENTS 64 /* too few for the size of a finder */

/* From here on addresses are found; before, each was written out. */
static bool start_finder(struct tape_block *b)
{
	b->finder = calloc(1, sizeof(*b->finder));
	if (!b->finder)
		return false;
	b->finder->recent.take_base = b->take_base;
	b->finder->recent.give_base = b->give_base;
	return true;
}

static bool reserve(struct tape_block *b, size_t nr)
{
	int i;

	if (!b->finder && (!b->lean || b->count >= LEAN_EVENTS) &&
	    !start_finder(b))
		return false;
	for (i = TAPE_COL_KIND; i < TAPE_COL_NR; i++) {
		size_t more = i == TAPE_COL_KIND  ? nr
			      : i == TAPE_COL_LOW ? 2 * nr + b->nr_addrs
						  : VARINT_MAX * nr;

		if (i != TAPE_COL_TEXT && !tape_buf_reserve(&b->col[i], more))
			return false;
	}
	return true;
}

static int put_text(struct tape_block *b, const char *text, struct err *err)
{
	struct tape_buf *col = &b->col[TAPE_COL_TEXT];
	size_t len;

	if (!text)
		text = "";
	len = strnlen(text, TAPE_TEXT_MAX);
	if (!tape_buf_reserve(col, len + 1))
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	memcpy(col->bytes + col->len, text, len);
	col->bytes[col->len + len] = '\0';
	col->len += len + 1;
	return 0;
}

/* A constant divides faster, and units are mostly of 10 ns. */
static inline uint64_t units(uint64_t ns, unsigned unit_ns)
{
	return unit_ns == 10 ? ns / 10 : ns / unit_ns;
}

static void put_time(struct tape_block *b, const struct tape_event *ev,
		     unsigned unit_ns)
{
	uint64_t time = units(ev->time_ns, unit_ns);
	bool is_free = tape_kind_is_free(ev->kind);

	if (time < b->last)
		time = b->last;
	put(b, tape_time_column(b->after_free, is_free), time - b->last);
	b->after_free = is_free;
	b->last = time;
	if (tape_kind_is_realloc(ev->kind)) {
		uint64_t end = units(ev->end_ns, unit_ns);

		if (end < time)
			end = time;
		put(b, TAPE_COL_DURATION, end - time);
		b->last = end;
	}
}

/* Returns the bits that go with the kind. */
static uint8_t put_realloc(struct tape_block *b, const struct tape_event *ev)
{
	uint8_t bits = 0;

	if (!ev->old_addr)
		bits |= TAPE_KIND_NOOLD;
	else
		put(b, TAPE_COL_OLD,
		    refer_give(b, ev->old_addr,
			       ev->old_addr == ev->addr ||
				       ev->flags & TAPE_FAILED));
	if (!ev->addr) {
		bits |= TAPE_KIND_NOADDR;
	} else if (!ev->old_addr) {
		put(b, TAPE_COL_TAKE, refer_take(b, ev->addr, ev->size));
	} else if (ev->addr == ev->old_addr) {
		put(b, TAPE_COL_MOVE, 0);
		if (b->finder)
			note_take(b->finder, ev->addr, ev->size);
	} else {
		put(b, TAPE_COL_MOVE, 1 + refer_take(b, ev->addr, ev->size));
	}
	return bits;
}

static void put_call(struct tape_block *b, const struct tape_event *ev)
{
	uint8_t kind = ev->kind;

	if (ev->flags & TAPE_FAILED)
		kind |= TAPE_KIND_FAILED;
	if (tape_kind_is_realloc(ev->kind))
		kind |= put_realloc(b, ev);
	else if (!ev->addr)
		kind |= TAPE_KIND_NOADDR;
	else if (tape_kind_is_free(ev->kind))
		put(b, TAPE_COL_GIVE, refer_give(b, ev->addr, false));
	else
		put(b, TAPE_COL_TAKE, refer_take(b, ev->addr, ev->size));
	if (ev->kind != TAPE_FREE)
		put(b, TAPE_COL_SIZE, ev->size);
	if (tape_kind_has_alignment(ev->kind))
		put(b, TAPE_COL_ALIGN, ev->alignment);
	b->col[TAPE_COL_KIND].bytes[b->col[TAPE_COL_KIND].len++] = kind;
}

static int put_other(struct tape_block *b, const struct tape_event *ev,
		     struct err *err)
{
	b->col[TAPE_COL_KIND].bytes[b->col[TAPE_COL_KIND].len++] = ev->kind;
	switch ((enum tape_kind)ev->kind) {
	case TAPE_FREE_NULL:
		put(b, TAPE_COL_SIZE, ev->size);
		return 0;
	case TAPE_THREAD_START:
		put(b, TAPE_COL_SIZE, ev->addr);
		return 0;
	case TAPE_THREAD_NAME:
	case TAPE_MARK:
		return put_text(b, ev->text, err);
	default:
		return 0;
	}
}

/* The notes of the last nr events, which follow from what was just put. */
static int put_notes(struct tape_block *b, const struct tape_event *ev,
		     size_t nr, struct err *err)
{
	struct tape_notes_calls calls = { b->col[TAPE_COL_KIND].bytes,
					  b->col[TAPE_COL_GIVE].bytes,
					  b->col[TAPE_COL_OLD].bytes };

	if (!b->notes)
		b->notes = calloc(1, sizeof(*b->notes));
	if (!b->notes || !tape_notes_add(b->notes, &calls, b->count, ev, nr))
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	return 0;
}

/*
 * The ends of the columns that nearly all events have, where no byte that is
 * written can change them.
 */
struct pen {
	uint8_t *time[4];
	uint8_t *kind, *size, *take, *give;
	uint64_t last;
	bool after_free;
};

static inline uint8_t *column_end(const struct tape_block *b,
				  enum tape_column_id id)
{
	return b->col[id].bytes + b->col[id].len;
}

static inline void end_column(struct tape_block *b, enum tape_column_id id,
			      const uint8_t *end)
{
	b->col[id].len = (size_t)(end - b->col[id].bytes);
}

static void pen_open(struct pen *p, const struct tape_block *b)
{
	int i;

	for (i = 0; i < 4; i++)
		p->time[i] = column_end(b, TAPE_COL_TIME + i);
	p->kind = column_end(b, TAPE_COL_KIND);
	p->size = column_end(b, TAPE_COL_SIZE);
	p->take = column_end(b, TAPE_COL_TAKE);
	p->give = column_end(b, TAPE_COL_GIVE);
	p->last = b->last;
	p->after_free = b->after_free;
}

static void pen_close(const struct pen *p, struct tape_block *b)
{
	int i;

	for (i = 0; i < 4; i++)
		end_column(b, TAPE_COL_TIME + i, p->time[i]);
	end_column(b, TAPE_COL_KIND, p->kind);
	end_column(b, TAPE_COL_SIZE, p->size);
	end_column(b, TAPE_COL_TAKE, p->take);
	end_column(b, TAPE_COL_GIVE, p->give);
	b->last = p->last;
	b->after_free = p->after_free;
}

static inline void pen_time(struct pen *p, uint64_t time, bool is_free)
{
	uint8_t **at = &p->time[2 * p->after_free + is_free];
	uint64_t past = time > p->last ? time - p->last : 0;

	*at = varint_put(*at, past);
	p->last += past;
	p->after_free = is_free;
}

/*
 * Whether it is malloc, calloc, realloc of nothing or free of a block; kind
 * has the flags above it.
 */
static inline bool is_plain(const struct tape_event *ev, unsigned kind)
{
	const unsigned plain = 1u << TAPE_MALLOC | 1u << TAPE_CALLOC |
			       1u << TAPE_REALLOC | 1u << TAPE_FREE;

	if (kind >= TAPE_KIND_END || !(plain >> kind & 1) || !ev->addr)
		return false;
	return kind != TAPE_REALLOC ||
	       (!ev->old_addr && ev->end_ns == ev->time_ns);
}

/*
 * Put the plain events before the first other one as put_one() would, but
 * faster: nearly all events are plain. Returns how many.
 */
static size_t put_plain(struct tape_block *b, const struct tape_event *ev,
			size_t nr, unsigned unit_ns, uintptr_t *noted)
{
	struct tape_finder *f = b->finder;
	size_t i, nr_reallocs = 0;
	struct pen p;

	if (!f)
		return 0;
	pen_open(&p, b);
	for (i = 0; i < nr; i++, ev++) {
		uint64_t addr = ev->addr, size = ev->size;
		unsigned kind = ev->kind | ev->flags << 8;
		bool is_free = kind == TAPE_FREE;

		if (!is_plain(ev, kind))
			break;
		*noted |= (uintptr_t)ev->notes;
		pen_time(&p, units(ev->time_ns, unit_ns), is_free);
		if (is_free) {
			*p.kind++ = (uint8_t)kind;
			p.give = varint_put_short(p.give,
						  find_give(b, f, addr, false));
			continue;
		}
		if (kind == TAPE_REALLOC) {
			kind |= TAPE_KIND_NOOLD;
			nr_reallocs++;
		}
		*p.kind++ = (uint8_t)kind;
		p.size = varint_put(p.size, size);
		p.take = varint_put(p.take, find_take(b, f, addr, size));
	}
	pen_close(&p, b);
	memset(column_end(b, TAPE_COL_DURATION), 0, nr_reallocs);
	b->col[TAPE_COL_DURATION].len += nr_reallocs;
	b->count += (uint32_t)i;
	return i;
}

static int put_one(struct tape_block *b, const struct tape_event *ev,
		   unsigned unit_ns, uintptr_t *noted, struct err *err)
{
	if (!ev->kind || ev->kind >= TAPE_KIND_END)
		return err_set(err, ERR_ARG, 0, "event of unknown kind %u",
			       ev->kind);
	put_time(b, ev, unit_ns);
	b->count++;
	if (ev->kind > TAPE_FREE_ALIGNED_SIZED)
		return put_other(b, ev, err);
	*noted |= (uintptr_t)ev->notes;
	put_call(b, ev);
	return 0;
}

int tape_block_add(struct tape_block *b, const struct tape_event *ev, size_t nr,
		   unsigned unit_ns, struct err *err)
{
	uintptr_t noted = 0;
	size_t i = 0;
	int ret = 0;

	if (!reserve(b, nr))
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	if (nr && !b->count) {
		uint64_t time = units(ev->time_ns, unit_ns);

		b->first = b->last = time > b->last ? time : b->last;
	}
	while (i < nr && !ret) {
		i += put_plain(b, &ev[i], nr - i, unit_ns, &noted);
		if (i < nr)
			ret = put_one(b, &ev[i++], unit_ns, &noted, err);
	}
	return noted && !ret ? put_notes(b, ev, nr, err) : ret;
}

size_t tape_block_len(const struct tape_block *b)
{
	size_t len = 0;
	int i;

	for (i = TAPE_COL_KIND; i < TAPE_COL_NR; i++)
		len += b->col[i].len;
	return b->notes ? len + tape_notes_len(b->notes) : len;
}

size_t tape_block_memory(const struct tape_block *b)
{
	size_t bytes = sizeof(*b) + (b->finder ? sizeof(*b->finder) : 0);
	int i;

	for (i = TAPE_COL_KIND; i < TAPE_COL_NR; i++)
		bytes += b->col[i].cap;
	return b->notes ? bytes + tape_notes_memory(b->notes) : bytes;
}

size_t tape_block_pieces(struct tape_block *b,
			 struct tape_piece pieces[TAPE_BLOCK_PIECES])
{
	size_t nr = 0;
	int i;

	for (i = TAPE_COL_KIND; i < TAPE_COL_NR; i++) {
		uint8_t *p = b->prefix[i];

		if (!b->col[i].len)
			continue;
		*p++ = (uint8_t)i;
		p = varint_put(p, b->col[i].len);
		pieces[nr].bytes = b->prefix[i];
		pieces[nr++].len = (size_t)(p - b->prefix[i]);
		pieces[nr].bytes = b->col[i].bytes;
		pieces[nr++].len = b->col[i].len;
	}
	return b->notes ? nr + tape_notes_pieces(b->notes, pieces + nr) : nr;
}

void tape_block_clear(struct tape_block *b)
{
	int i;

	for (i = 0; i < TAPE_COL_NR; i++)
		b->col[i].len = 0;
	b->count = 0;
	b->nr_addrs = 0;
	b->after_free = false;
	b->take_base = 0;
	b->give_base = 0;
	b->dropped = 0;
	/* The windows, too: what is not in them is not looked at. */
	if (b->finder)
		memset(&b->finder->recent, 0, sizeof(b->finder->recent));
	if (b->notes)
		tape_notes_clear(b->notes);
}

void tape_block_release(struct tape_block *b)
{
	int i;

	for (i = 0; i < TAPE_COL_NR; i++)
		tape_buf_release(&b->col[i]);
	free(b->finder);
	b->finder = NULL;
	if (b->notes)
		tape_notes_release(b->notes);
	free(b->notes);
	b->notes = NULL;
}
