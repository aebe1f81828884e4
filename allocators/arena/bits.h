// SPDX-License-Identifier: MIT
// Bitmaps in 64-bit words: ranges and runs of bits. Used for pages of a block
// and for blocks of the region.
#ifndef ALLOCATORS_ARENA_BITS_H
#define ALLOCATORS_ARENA_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

static inline bool bits_test(const uint64_t *map, size_t i)
{
	return map[i / 64] >> (i % 64) & 1;
}

static inline void bits_set(uint64_t *map, size_t i)
{
	map[i / 64] |= (uint64_t)1 << (i % 64);
}

static inline void bits_clear(uint64_t *map, size_t i)
{
	map[i / 64] &= ~((uint64_t)1 << (i % 64));
}

// Index of the first set (clear) bit in [from, end), or end.
size_t bits_next_one(const uint64_t *map, size_t from, size_t end);
size_t bits_next_zero(const uint64_t *map, size_t from, size_t end);
void bits_set_range(uint64_t *map, size_t from, size_t n);
void bits_clear_range(uint64_t *map, size_t from, size_t n);
size_t bits_count_range(const uint64_t *map, size_t from, size_t n);
// First run of n clear bits within [from, end) that starts at a multiple of
// align (a power of two), or end.
size_t bits_find_run(const uint64_t *map, size_t from, size_t end, size_t n,
		     size_t align);
// Length of the longest run of clear bits in [0, end).
size_t bits_longest_run(const uint64_t *map, size_t end);

#pragma GCC visibility pop
#endif
