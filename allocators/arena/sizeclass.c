// SPDX-License-Identifier: MIT
// Builds the size class tables at start, since slabs depend on the page size.
#include "allocators/arena/sizeclass.h"

enum { MAGAZINE_MIN = 4, MAGAZINE_MAX = 128, SLAB_UNITS_MAX = 8 };

struct size_class size_class[NR_CLASSES];
uint8_t class_of[SMALL_MAX / 16 + 1];
unsigned magazine_slots;
static struct size_list given; // empty: none

void sizeclass_set(const struct size_list *list)
{
	given = *list;
}

// Where fewer classes are given the last one is repeated; class_of never leads
// to its copies.
static uint32_t slot_size(unsigned c)
{
	unsigned doubling = c / 8;

	if (given.nr && c < NR_SMALL)
		return given.size[c < given.nr ? c : given.nr - 1];
	if (!doubling)
		return (c + 1) * 16;
	return (c % 8 + 9) << (doubling + 3);
}

// The fewest units that hold eight slots with little left over.
static unsigned slab_units(uint32_t size)
{
	size_t page = page_bytes();
	unsigned step = page > UNIT_BYTES ? (unsigned)(page / UNIT_BYTES) : 1;

	if (size > SMALL_MAX)
		return (unsigned)(round_up(size, step * UNIT_BYTES) /
				  UNIT_BYTES);
	for (unsigned n = step; n < SLAB_UNITS_MAX; n += step) {
		uint32_t bytes = n * UNIT_BYTES;

		if (bytes / size >= 8 && bytes % size <= bytes / 32)
			return n;
	}
	return SLAB_UNITS_MAX;
}

static void init_class(unsigned c, size_t mag_bytes)
{
	struct size_class *sc = &size_class[c];
	size_t capacity;

	sc->size = slot_size(c);
	sc->recip = (uint32_t)((((uint64_t)1 << 32) + sc->size - 1) / sc->size);
	sc->nr_units = (uint8_t)slab_units(sc->size);
	sc->nr_slots = (uint16_t)(sc->nr_units * UNIT_BYTES / sc->size);
	if (sc->nr_slots > SLOTS_MAX)
		sc->nr_slots = SLOTS_MAX;
	if (sc->size > SMALL_MAX)
		sc->nr_slots = 1;
	sc->nr_words = (uint8_t)((sc->nr_slots + 63) / 64);
	capacity = mag_bytes / sc->size;
	if (capacity < MAGAZINE_MIN)
		capacity = MAGAZINE_MIN;
	if (capacity > MAGAZINE_MAX)
		capacity = MAGAZINE_MAX;
	if (sc->size > SMALL_MAX)
		capacity = 1;
	sc->capacity = (uint16_t)capacity;
	sc->magazine = (uint16_t)magazine_slots;
	magazine_slots += (unsigned)capacity + 1;
}

void sizeclass_init(size_t mag_bytes)
{
	unsigned c = 0;

	magazine_slots = 0;
	for (unsigned i = 0; i < NR_CLASSES; i++)
		init_class(i, mag_bytes);
	for (size_t i = 0; i <= SMALL_MAX / 16; i++) {
		if (i * 16 > size_class[c].size)
			c++;
		class_of[i] = (uint8_t)c;
	}
}
