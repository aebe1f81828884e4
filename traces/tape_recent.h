// SPDX-License-Identifier: MIT
/*
 * What encoder and decoder both remember of the last blocks that a thread
 * took and gave back, so that most addresses become a small number: a block
 * given back was taken a few calls ago, a block taken is the one of its size
 * that was given back last. Reset for each tape block. Internal to libtape.
 */
#ifndef TRACES_TAPE_RECENT_H
#define TRACES_TAPE_RECENT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define RECENT_WINDOW  1024 /* blocks taken, and as many given back */
#define RECENT_CLASSES 128  /* of sizes, 16 bytes apart */
#define RECENT_DEPTH   8    /* blocks given back, remembered per class */

/* References of blocks taken: from RECENT_FREED + 1 on, how long ago the
 * block was given back. */
enum { RECENT_TOP = 0, RECENT_ESCAPE = 1, RECENT_FREED = 1 };

#define RECENT_NO_CLASS 0xff

struct tape_recent {
	uint64_t taken[RECENT_WINDOW];
	uint64_t given[RECENT_WINDOW];
	uint8_t taken_class[RECENT_WINDOW];
	uint32_t nr_taken; /* so far, beyond the window too */
	uint32_t nr_given;
	uint64_t take_base; /* of escapes: where the next one may lie, / 16 */
	uint64_t give_base; /* of escapes: the block given back last, / 16 */
	uint64_t stack[RECENT_CLASSES][RECENT_DEPTH];
	uint8_t top[RECENT_CLASSES];
};

static inline void recent_reset(struct tape_recent *r)
{
	r->nr_taken = 0;
	r->nr_given = 0;
	r->take_base = 0;
	r->give_base = 0;
	memset(r->stack, 0, sizeof(r->stack));
	memset(r->top, 0, sizeof(r->top));
}

/* 16-byte steps with room for a word of header, as most allocators round. */
static inline uint8_t recent_class(uint64_t size)
{
	if (size >= 16 * RECENT_CLASSES - 40)
		return RECENT_CLASSES - 1;
	return (uint8_t)((size + 23) >> 4);
}

static inline uint64_t recent_top(const struct tape_recent *r, uint8_t class)
{
	return r->stack[class][r->top[class] % RECENT_DEPTH];
}

static inline void recent_pop(struct tape_recent *r, uint8_t class)
{
	r->stack[class][r->top[class]-- % RECENT_DEPTH] = 0;
}

/* A call returned the block. */
static inline void recent_take(struct tape_recent *r, uint64_t addr,
			       uint8_t class)
{
	uint32_t at = r->nr_taken++ % RECENT_WINDOW;

	r->taken[at] = addr;
	r->taken_class[at] = class;
}

/* The block was given back; class may be RECENT_NO_CLASS. */
static inline void recent_give(struct tape_recent *r, uint64_t addr,
			       uint8_t class)
{
	r->given[r->nr_given++ % RECENT_WINDOW] = addr;
	r->give_base = addr >> 4;
	if (class != RECENT_NO_CLASS)
		r->stack[class][++r->top[class] % RECENT_DEPTH] = addr;
}

/* Whether a distance reaches an entry: 1 is the last one. */
static inline bool recent_reaches(uint32_t nr, uint64_t distance)
{
	return distance && distance <= RECENT_WINDOW && distance <= nr;
}

#endif
