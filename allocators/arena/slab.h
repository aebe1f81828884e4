// SPDX-License-Identifier: MIT
// Slabs of a heap. All functions but slab_slot() want the heap's lock held.
#ifndef ALLOCATORS_ARENA_SLAB_H
#define ALLOCATORS_ARENA_SLAB_H

#include "allocators/arena/heap.h"
#include "allocators/arena/region.h"

#pragma GCC visibility push(hidden)

struct os_batch;

// Takes up to `want` free slots of class c out of slabs, fullest slab first and
// lowest address first, and stores them downwards from end[-1]. Makes a new
// slab if there is no slot. Returns how many, 0 without memory.
unsigned slab_take(struct heap *h, unsigned c, void **end, unsigned want);
// Gives n slots back; aborts when a pointer is not the start of a used slot.
void slab_put(struct heap *h, void *const *p, unsigned n);
// Gives back the slots of a mask in one word of the bitmap.
void slab_put_mask(struct heap *h, struct unit *u, unsigned word,
		   uint64_t mask);
// Gives back slabs of class c that are all free.
void slab_trim(struct heap *h, unsigned c);
// Returns the memory of wholly free pages in slabs. With `all` unset, only in
// slabs half free or more that have not changed since the last call.
void slab_purge_holes(struct heap *h, bool all, struct os_batch *batch);

// Bytes of free slots with memory behind them: what slab_purge_holes() could
// find at best.
size_t slab_holes_expected(const struct heap *h);

static inline struct unit *slab_head(uint32_t i)
{
	struct unit *u = &region.unit[i];

	return u - u->head;
}

static inline uint32_t unit_index(const struct unit *u)
{
	return (uint32_t)(u - region.unit);
}

// Number of the slot that starts at p in the slab of u; SLOTS_MAX if none does.
static inline unsigned slab_slot(const struct unit *u, unsigned c,
				 const void *p)
{
	const struct size_class *sc = &size_class[c];
	size_t offset =
		region_offset(p) - ((size_t)unit_index(u) << UNIT_SHIFT);
	uint64_t slot = (offset * sc->recip) >> 32;

	if (slot * sc->size != offset || slot >= sc->nr_slots)
		return SLOTS_MAX;
	return (unsigned)slot;
}

#pragma GCC visibility pop
#endif
