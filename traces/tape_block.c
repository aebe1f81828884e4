// SPDX-License-Identifier: MIT
/*
 * The encoder: events go straight into byte columns, so that a thread costs
 * a few bytes per event that waits for its block to fill.
 */
#include "traces/tape_block.h"
#include "traces/base/err.h"
#include "traces/tape_varint.h"

#define SLOTS 4096 /* of each table; a power of two */

/*
 * Finds addresses among the recent ones. A slot holds the number of the last
 * block with that hash; the window itself tells whether it is the one, so
 * that slots need no cleaning. What a collision hides is written out.
 */
struct tape_finder {
	struct tape_recent recent;
	uint32_t taken[SLOTS];
	uint32_t given[SLOTS];
};

static bool reserve(struct tape_block *b, size_t nr)
{
	int i;

	if (!b->finder) {
		b->finder = calloc(1, sizeof(*b->finder));
		if (!b->finder)
			return false;
	}
	for (i = TAPE_COL_KIND; i < TAPE_COL_NR; i++) {
		size_t more = i == TAPE_COL_KIND  ? nr
			      : i == TAPE_COL_LOW ? 2 * nr + b->nr_addrs
						  : VARINT_MAX * nr;

		if (i != TAPE_COL_TEXT && !tape_buf_reserve(&b->col[i], more))
			return false;
	}
	return true;
}

static inline void put(struct tape_block *b, enum tape_column_id id, uint64_t v)
{
	struct tape_buf *col = &b->col[id];

	col->len = (size_t)(varint_put(col->bytes + col->len, v) - col->bytes);
}

/* The low four bits are nearly always 0: a column only where they are not. */
static inline void put_low(struct tape_block *b, uint64_t addr)
{
	struct tape_buf *col = &b->col[TAPE_COL_LOW];

	if ((addr & 15) && !col->len) {
		memset(col->bytes, 0, b->nr_addrs);
		col->len = b->nr_addrs;
	}
	if (col->len || (addr & 15))
		col->bytes[col->len++] = addr & 15;
	b->nr_addrs++;
}

static inline void put_addr(struct tape_block *b, enum tape_column_id id,
			    uint64_t addr, uint64_t base)
{
	put(b, id, zigzag((int64_t)((addr >> 4) - base)));
	put_low(b, addr);
}

static inline uint32_t *slot(uint32_t *slots, uint64_t addr)
{
	return &slots[(addr >> 3) * 0x9e3779b97f4a7c15ULL >> 52 & (SLOTS - 1)];
}

/* How long ago the block was noted; 0 when it is not in the window. */
static inline uint32_t distance(const uint64_t *window, uint32_t nr,
				uint32_t number, uint64_t addr)
{
	uint32_t back = nr - number;

	return recent_reaches(nr, back) &&
			       window[number % RECENT_WINDOW] == addr
		       ? back
		       : 0;
}

static inline void note_take(struct tape_block *b, const struct tape_event *ev)
{
	struct tape_recent *r = &b->finder->recent;

	*slot(b->finder->taken, ev->addr) = r->nr_taken;
	recent_take(r, ev->addr, recent_class(ev->size));
}

/* A call returned the block: write where it is known from, and note it. */
static void put_take(struct tape_block *b, enum tape_column_id id,
		     const struct tape_event *ev, uint64_t offset)
{
	struct tape_recent *r = &b->finder->recent;
	uint8_t class = recent_class(ev->size);
	uint32_t back;

	if (recent_top(r, class) == ev->addr) {
		put(b, id, offset + RECENT_TOP);
		recent_pop(r, class);
	} else if ((back = distance(r->given, r->nr_given,
				    *slot(b->finder->given, ev->addr),
				    ev->addr))) {
		put(b, id, offset + RECENT_FREED + back);
	} else {
		put(b, id, offset + RECENT_ESCAPE);
		put_addr(b, TAPE_COL_TAKE_ADDR, ev->addr, r->take_base);
		r->take_base = (ev->addr >> 4) + ((ev->size + 23) >> 4);
	}
	note_take(b, ev);
}

/*
 * The same for a block that goes; a realloc's stays when it was not moved.
 * Its size class is known if it was taken within the window.
 */
static void put_give(struct tape_block *b, enum tape_column_id id,
		     uint64_t addr, bool stays)
{
	struct tape_recent *r = &b->finder->recent;
	uint32_t number = *slot(b->finder->taken, addr);
	uint32_t back = distance(r->taken, r->nr_taken, number, addr);

	put(b, id, back);
	if (!back)
		put_addr(b, TAPE_COL_GIVE_ADDR, addr, r->give_base);
	if (stays)
		return;
	*slot(b->finder->given, addr) = r->nr_given;
	recent_give(r, addr,
		    back ? r->taken_class[number % RECENT_WINDOW]
			 : RECENT_NO_CLASS);
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

static void put_time(struct tape_block *b, const struct tape_event *ev,
		     unsigned unit_ns)
{
	uint64_t time = ev->time_ns / unit_ns;
	bool is_free = tape_kind_is_free(ev->kind);

	if (time < b->last)
		time = b->last;
	if (!b->count)
		b->first = b->last = time;
	put(b, tape_time_column(b->after_free, is_free), time - b->last);
	b->after_free = is_free;
	b->last = time;
	if (tape_kind_is_realloc(ev->kind)) {
		uint64_t end = ev->end_ns / unit_ns;

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
		put_give(b, TAPE_COL_OLD, ev->old_addr,
			 ev->old_addr == ev->addr || ev->flags & TAPE_FAILED);
	if (!ev->addr) {
		bits |= TAPE_KIND_NOADDR;
	} else if (!ev->old_addr) {
		put_take(b, TAPE_COL_TAKE, ev, 0);
	} else if (ev->addr == ev->old_addr) {
		put(b, TAPE_COL_MOVE, 0);
		note_take(b, ev);
	} else {
		put_take(b, TAPE_COL_MOVE, ev, 1);
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
		put_give(b, TAPE_COL_GIVE, ev->addr, false);
	else
		put_take(b, TAPE_COL_TAKE, ev, 0);
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

int tape_block_add(struct tape_block *b, const struct tape_event *ev, size_t nr,
		   unsigned unit_ns, struct err *err)
{
	bool noted = false;
	size_t i;
	int ret = 0;

	if (!reserve(b, nr))
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	for (i = 0; i < nr && !ret; i++, b->count++) {
		if (!ev[i].kind || ev[i].kind >= TAPE_KIND_END)
			return err_set(err, ERR_ARG, 0,
				       "event of unknown kind %u", ev[i].kind);
		put_time(b, &ev[i], unit_ns);
		if (ev[i].kind <= TAPE_FREE_ALIGNED_SIZED) {
			put_call(b, &ev[i]);
			noted |= ev[i].notes != NULL;
		} else {
			ret = put_other(b, &ev[i], err);
		}
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
	b->dropped = 0;
	if (b->finder)
		recent_reset(&b->finder->recent);
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
