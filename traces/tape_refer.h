// SPDX-License-Identifier: MIT
/*
 * The encoder's search for references of addresses among those that were seen
 * a moment ago, and what it writes where there is none. Included by
 * tape_block.c alone: all of this is inlined into its loops.
 */
#ifndef TRACES_TAPE_REFER_H
#define TRACES_TAPE_REFER_H

#include "traces/tape_block.h"
#include "traces/tape_varint.h"

#define SLOT_ORDER 12

/* gcc would call them: each call costs 1 ns of the 9 that an event takes. */
#define REFER_INLINE static inline __attribute__((always_inline))

/*
 * Finds addresses among the recent ones. A slot holds places of the windows
 * where a block with that hash was noted last; the window itself tells whether
 * it is the one, so that slots need no cleaning. What a collision hides is
 * written out.
 */
struct tape_finder {
	struct tape_recent recent;
	struct tape_slot {
		uint16_t taken;
		uint16_t given;
	} slots[1u << SLOT_ORDER];
};

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

static inline struct tape_slot *slot(struct tape_finder *f, uint64_t addr)
{
	return &f->slots[(addr >> 3) * 0x9e3779b97f4a7c15ULL >>
			 (64 - SLOT_ORDER)];
}

/* How long ago the entry at a place of a window was made; the last one: 1. */
static inline uint32_t distance(uint32_t nr, uint32_t place)
{
	return (nr - 1 - place) % RECENT_WINDOW + 1;
}

static inline void note_take(struct tape_finder *f, uint64_t addr,
			     uint64_t size)
{
	slot(f, addr)->taken = f->recent.nr_taken % RECENT_WINDOW;
	recent_take(&f->recent, addr, recent_class(size));
}

/*
 * A call returned the block: note it, return where it is known from. f is b's
 * finder, apart so that it stays in a register.
 */
REFER_INLINE uint32_t find_take(struct tape_block *b, struct tape_finder *f,
				uint64_t addr, uint64_t size)
{
	struct tape_recent *r = &f->recent;
	uint32_t place = slot(f, addr)->given, ref = RECENT_TOP;
	uint8_t class = recent_class(size);

	if (recent_top(r, class) == addr) {
		recent_pop(r, class);
	} else if (r->given[place] == addr) {
		ref = RECENT_FREED + distance(r->nr_given, place);
	} else {
		ref = RECENT_ESCAPE;
		put_addr(b, TAPE_COL_TAKE_ADDR, addr, r->take_base);
		r->take_base = (addr >> 4) + ((size + 23) >> 4);
	}
	note_take(f, addr, size);
	return ref;
}

/*
 * The same for a block that goes; a realloc's stays when it was not moved.
 * Its size class is known if it was taken within the window.
 */
REFER_INLINE uint32_t find_give(struct tape_block *b, struct tape_finder *f,
				uint64_t addr, bool stays)
{
	struct tape_recent *r = &f->recent;
	struct tape_slot *s = slot(f, addr);
	uint8_t class = RECENT_NO_CLASS;
	uint32_t ref = 0;

	if (r->taken[s->taken] == addr) {
		ref = distance(r->nr_taken, s->taken);
		class = r->taken_class[s->taken];
	} else {
		put_addr(b, TAPE_COL_GIVE_ADDR, addr, r->give_base);
	}
	if (!stays) {
		s->given = r->nr_given % RECENT_WINDOW;
		recent_give(r, addr, class);
	}
	return ref;
}

/* The same where there may be no finder yet. */
static inline uint32_t refer_take(struct tape_block *b, uint64_t addr,
				  uint64_t size)
{
	if (b->finder)
		return find_take(b, b->finder, addr, size);
	put_addr(b, TAPE_COL_TAKE_ADDR, addr, b->take_base);
	b->take_base = (addr >> 4) + ((size + 23) >> 4);
	return RECENT_ESCAPE;
}

static inline uint32_t refer_give(struct tape_block *b, uint64_t addr,
				  bool stays)
{
	if (b->finder)
		return find_give(b, b->finder, addr, stays);
	put_addr(b, TAPE_COL_GIVE_ADDR, addr, b->give_base);
	if (!stays)
		b->give_base = addr >> 4;
	return 0;
}

#endif
