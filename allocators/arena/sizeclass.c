// SPDX-License-Identifier: MIT
// Builds the size class tables at start, since slabs depend on the page size.
#include "allocators/arena/sizeclass.h"

enum { MAGAZINE_MIN = 4, MAGAZINE_MAX = 128, SLAB_UNITS_MAX = 8 };
enum { FITTED_MAGAZINE_MAX = 16, FITTED_RANGE = 32 };

struct size_class size_class[NR_CLASSES];
_Atomic uint8_t class_of[SMALL_MAX / 16 + 1];
_Atomic unsigned nr_fitted;
static struct lock fit_lock;
static size_t magazine_bytes;
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

static void set_class(unsigned c, uint32_t size)
{
	struct size_class *sc = &size_class[c];
	size_t most = c < NR_FIXED ? MAGAZINE_MAX : FITTED_MAGAZINE_MAX;
	size_t capacity = magazine_bytes / size;

	sc->size = size;
	sc->recip = (uint32_t)((((uint64_t)1 << 32) + sc->size - 1) / sc->size);
	sc->nr_units = (uint8_t)slab_units(sc->size);
	sc->nr_slots = (uint16_t)(sc->nr_units * UNIT_BYTES / sc->size);
	if (sc->nr_slots > SLOTS_MAX)
		sc->nr_slots = SLOTS_MAX;
	if (sc->size > SMALL_MAX)
		sc->nr_slots = 1;
	sc->nr_words = (uint8_t)((sc->nr_slots + 63) / 64);
	if (capacity < MAGAZINE_MIN)
		capacity = MAGAZINE_MIN;
	if (capacity > most)
		capacity = most;
	if (sc->size > SMALL_MAX)
		capacity = 1;
	sc->capacity = (uint16_t)capacity;
}

static void place_magazine(unsigned c, unsigned capacity)
{
	size_class[c].magazine = (uint16_t)magazine_slots;
	magazine_slots += capacity + 1;
}

// A thread that sees the new class in class_of sees its record: the address of
// the one depends on the other. Slots given out before stay what they are.
void sizeclass_fit(unsigned c, uint32_t size)
{
	unsigned n, fitted;
	size_t last = size / 16;

	lock_take(&fit_lock);
	n = atomic_load_explicit(&nr_fitted, memory_order_relaxed);
	fitted = NR_FIXED + n;
	if (n < NR_FITTED && c < NR_FIXED && class_of_small(size) == c) {
		size_class[fitted].parent = (uint8_t)c;
		set_class(fitted, size);
		// release: see class_count() and above
		atomic_store_explicit(&nr_fitted, n + 1, memory_order_release);
		for (size_t i = last; i > last - last / FITTED_RANGE; i--)
			if (class_of_small(i * 16) == c)
				class_of[i] = (uint8_t)fitted;
		class_of[last] = (uint8_t)fitted;
	}
	lock_release(&fit_lock);
}

void sizeclass_init(size_t mag_bytes)
{
	unsigned c = 0;

	magazine_slots = 0;
	magazine_bytes = mag_bytes;
	for (unsigned i = 0; i < NR_FIXED; i++) {
		size_class[i].parent = (uint8_t)i;
		set_class(i, slot_size(i));
		place_magazine(i, size_class[i].capacity);
	}
	for (unsigned i = NR_FIXED; i < NR_CLASSES; i++)
		place_magazine(i, FITTED_MAGAZINE_MAX);
	for (size_t i = 0; i <= SMALL_MAX / 16; i++) {
		if (i * 16 > size_class[c].size)
			c++;
		atomic_init(&class_of[i], (uint8_t)c);
	}
}
