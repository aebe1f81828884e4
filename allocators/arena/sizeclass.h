// SPDX-License-Identifier: MIT
// Size classes of slabs: 16 to 128 by 16, then eight per doubling to 32 KiB, so
// that rounding above 128 bytes wastes at most one eighth of the request.
#ifndef ALLOCATORS_ARENA_SIZECLASS_H
#define ALLOCATORS_ARENA_SIZECLASS_H

#include <stddef.h>
#include <stdint.h>

#include "allocators/arena/arena_internal.h"

#pragma GCC visibility push(hidden)

enum { NR_CLASSES = 8 + 8 * 8 };

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

static inline unsigned class_of_size(size_t n)
{
	return class_of[(n + 15) >> 4];
}

// Fills the tables; a magazine holds about MAG_BYTES of each class.
void sizeclass_init(size_t mag_bytes);

#pragma GCC visibility pop
#endif
