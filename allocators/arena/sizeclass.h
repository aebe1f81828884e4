// SPDX-License-Identifier: MIT
// Size classes of slabs: 16 to 128 by 16, then eight per doubling to 256 KiB, so
// that rounding above 128 bytes wastes at most one eighth of the request. Above
// 32 KiB a slab has one slot: it is a run of pages that magazines can hold. A
// file may give other classes up to 32 KiB; see classfile.h.
#ifndef ALLOCATORS_ARENA_SIZECLASS_H
#define ALLOCATORS_ARENA_SIZECLASS_H

#include <stddef.h>
#include <stdint.h>

#include "allocators/arena/arena_internal.h"

#pragma GCC visibility push(hidden)

enum { NR_SMALL = 8 + 8 * 8, NR_CLASSES = NR_SMALL + 3 * 8 };

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
};

extern struct size_class size_class[NR_CLASSES];
// Class of a size, indexed by (size + 15) / 16.
extern uint8_t class_of[SMALL_MAX / 16 + 1];
// Slots that all magazines of a heap need, sentinels included.
extern unsigned magazine_slots;

// For n <= SMALL_MAX.
static inline unsigned class_of_small(size_t n)
{
	return class_of[(n + 15) >> 4];
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
// Fills the tables; a magazine holds about MAG_BYTES of each class.
void sizeclass_init(size_t mag_bytes);

#pragma GCC visibility pop
#endif
