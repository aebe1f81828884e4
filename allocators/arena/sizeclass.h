// SPDX-License-Identifier: MIT
// Size classes of slabs: 16 to 128 by 16, then eight per doubling to 256 KiB, so
// that rounding above 128 bytes wastes at most one eighth of the request. Above
// 32 KiB a slab has one slot: it is a run of pages that magazines can hold. A
// file may give other classes up to 32 KiB; see classfile.h. A size that turns
// out to be most of what a class is asked for gets a class of its own.
#ifndef ALLOCATORS_ARENA_SIZECLASS_H
#define ALLOCATORS_ARENA_SIZECLASS_H

#include <stddef.h>
#include <stdint.h>

#include "allocators/arena/arena_internal.h"

#pragma GCC visibility push(hidden)

enum {
	NR_SMALL = 8 + 8 * 8,
	NR_FIXED = NR_SMALL + 3 * 8,
	NR_FITTED = 16, // room for those made while the program runs
	NR_CLASSES = NR_FIXED + NR_FITTED,
};

// Sizes of the small classes, rising; the last is SMALL_MAX.
struct size_list {
	unsigned nr;
	uint32_t size[NR_SMALL];
};

struct size_class {
	uint32_t size;  // of a slot, in bytes
	uint32_t recip; // slot of an offset is (offset * recip) >> 32
	uint16_t nr_slots;
	uint8_t nr_units;
	uint8_t nr_words;  // of one bitmap
	uint16_t capacity; // of a magazine
	uint16_t magazine; // index of its sentinel in heap.slots
	uint8_t parent;    // fixed class that serves the same sizes
};

extern struct size_class size_class[NR_CLASSES];
// Class of a size, indexed by (size + 15) / 16.
extern _Atomic uint8_t class_of[SMALL_MAX / 16 + 1];
extern _Atomic unsigned nr_fitted;
// Slots that all magazines of a heap need, sentinels included.
extern unsigned magazine_slots;

// For n <= SMALL_MAX.
static inline unsigned class_of_small(size_t n)
{
	return atomic_load_explicit(&class_of[(n + 15) >> 4],
				    memory_order_relaxed);
}

// Classes there are at present.
static inline unsigned class_count(void)
{
	// acquire: their records are complete
	return NR_FIXED +
	       atomic_load_explicit(&nr_fitted, memory_order_acquire);
}

// For n <= SLAB_MAX.
static inline unsigned class_of_size(size_t n)
{
	unsigned log2;

	if (n <= SMALL_MAX)
		return class_of_small(n);
	log2 = 63 - (unsigned)__builtin_clzll(n - 1);
	return 8 * (log2 - 7) + (unsigned)((n - 1) >> (log2 - 3));
}

// Takes other small classes than those above; before sizeclass_init().
void sizeclass_set(const struct size_list *list);
// Makes a class of SIZE, a multiple of 16, out of class c, for sizes up to a
// 32nd below. Does nothing when there is no room for one or c does not serve it.
void sizeclass_fit(unsigned c, uint32_t size);
// Fills the tables; a magazine holds about MAG_BYTES of each class.
void sizeclass_init(size_t mag_bytes);

#pragma GCC visibility pop
#endif
