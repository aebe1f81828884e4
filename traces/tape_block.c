// SPDX-License-Identifier: MIT
/*
 * The encoder: events go straight into byte columns, so that a thread costs
 * a few bytes per event that waits for its block to fill.
 */
#include "traces/tape_block.h"
#include "traces/base/err.h"
#include "traces/tape_varint.h"

static bool reserve(struct tape_block *b, size_t nr)
{
	int i;

	for (i = TAPE_COL_KIND; i < TAPE_COL_NR; i++) {
		size_t more = i == TAPE_COL_KIND       ? nr
			      : i == TAPE_COL_ADDR_LOW ? 2 * nr + b->nr_addrs
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
	struct tape_buf *col = &b->col[TAPE_COL_ADDR_LOW];

	if ((addr & 15) && !col->len) {
		memset(col->bytes, 0, b->nr_addrs);
		col->len = b->nr_addrs;
	}
	if (col->len || (addr & 15))
		col->bytes[col->len++] = addr & 15;
	b->nr_addrs++;
}

static inline void put_addr(struct tape_block *b, enum tape_column_id id,
			    uint64_t addr, uint64_t *base)
{
	put(b, id, zigzag((int64_t)((addr >> 4) - *base)));
	put_low(b, addr);
	*base = addr >> 4;
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

	if (time < b->last)
		time = b->last;
	if (!b->count)
		b->first = b->last = time;
	put(b, TAPE_COL_TIME, time - b->last);
	b->last = time;
	if (tape_kind_is_realloc(ev->kind)) {
		uint64_t end = ev->end_ns / unit_ns;

		if (end < time)
			end = time;
		put(b, TAPE_COL_DURATION, end - time);
		b->last = end;
	}
}

static void put_call(struct tape_block *b, const struct tape_event *ev)
{
	uint8_t kind = ev->kind;

	if (ev->flags & TAPE_FAILED)
		kind |= TAPE_KIND_FAILED;
	if (tape_kind_is_realloc(ev->kind)) {
		uint64_t base = b->realloc_base;

		if (!ev->old_addr)
			kind |= TAPE_KIND_NOOLD;
		else
			put_addr(b, TAPE_COL_OLD, ev->old_addr, &base);
		if (!ev->addr) {
			kind |= TAPE_KIND_NOADDR;
		} else {
			put_addr(b, TAPE_COL_NEW, ev->addr, &base);
			b->realloc_base = base;
		}
	} else if (!ev->addr) {
		kind |= TAPE_KIND_NOADDR;
	} else {
		put_addr(b, TAPE_COL_ADDR, ev->addr, &b->base);
	}
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

int tape_block_add(struct tape_block *b, const struct tape_event *ev, size_t nr,
		   unsigned unit_ns, struct err *err)
{
	size_t i;
	int ret = 0;

	if (!reserve(b, nr))
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	for (i = 0; i < nr && !ret; i++, b->count++) {
		if (!ev[i].kind || ev[i].kind >= TAPE_KIND_END)
			return err_set(err, ERR_ARG, 0,
				       "event of unknown kind %u", ev[i].kind);
		put_time(b, &ev[i], unit_ns);
		if (ev[i].kind <= TAPE_FREE_ALIGNED_SIZED)
			put_call(b, &ev[i]);
		else
			ret = put_other(b, &ev[i], err);
	}
	return ret;
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
	return nr;
}

void tape_block_clear(struct tape_block *b)
{
	int i;

	for (i = 0; i < TAPE_COL_NR; i++)
		b->col[i].len = 0;
	b->count = 0;
	b->nr_addrs = 0;
	b->dropped = 0;
	b->base = 0;
	b->realloc_base = 0;
}

void tape_block_release(struct tape_block *b)
{
	int i;

	for (i = 0; i < TAPE_COL_NR; i++)
		tape_buf_release(&b->col[i]);
}
