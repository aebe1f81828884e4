// SPDX-License-Identifier: MIT
// Runs of bits in bitmaps. Knows nothing of what the bits stand for.
#include "allocators/arena/bits.h"

static size_t next_bit(const uint64_t *map, size_t from, size_t end,
		       uint64_t flip)
{
	size_t word = from / 64;
	uint64_t bits;

	if (from >= end)
		return end;
	bits = (map[word] ^ flip) & (~(uint64_t)0 << (from % 64));
	while (!bits) {
		if (++word * 64 >= end)
			return end;
		bits = map[word] ^ flip;
	}
	from = word * 64 + (size_t)__builtin_ctzll(bits);
	return from < end ? from : end;
}

size_t bits_next_one(const uint64_t *map, size_t from, size_t end)
{
	return next_bit(map, from, end, 0);
}

size_t bits_next_zero(const uint64_t *map, size_t from, size_t end)
{
	return next_bit(map, from, end, ~(uint64_t)0);
}

// The bits of word number WORD that lie in [from, end).
static uint64_t word_mask(size_t word, size_t from, size_t end)
{
	uint64_t mask = ~(uint64_t)0;

	if (word == from / 64)
		mask <<= from % 64;
	if (word == (end - 1) / 64)
		mask &= ~(uint64_t)0 >> (63 - (end - 1) % 64);
	return mask;
}

void bits_set_range(uint64_t *map, size_t from, size_t n)
{
	for (size_t w = from / 64; n && w <= (from + n - 1) / 64; w++)
		map[w] |= word_mask(w, from, from + n);
}

void bits_clear_range(uint64_t *map, size_t from, size_t n)
{
	for (size_t w = from / 64; n && w <= (from + n - 1) / 64; w++)
		map[w] &= ~word_mask(w, from, from + n);
}

// Most words are all set or all clear; counting is a call on plain x86-64.
static size_t count(uint64_t bits)
{
	if (!bits)
		return 0;
	return ~bits ? (size_t)__builtin_popcountll(bits) : 64;
}

size_t bits_count_range(const uint64_t *map, size_t from, size_t n)
{
	size_t total = 0;

	for (size_t w = from / 64; n && w <= (from + n - 1) / 64; w++)
		total += count(map[w] & word_mask(w, from, from + n));
	return total;
}

size_t bits_find_run(const uint64_t *map, size_t from, size_t end, size_t n,
		     size_t align)
{
	while (from < end) {
		size_t at = bits_next_zero(map, from, end);
		size_t stop;

		at = (at + align - 1) & ~(align - 1);
		if (at >= end || n > end - at)
			return end;
		stop = bits_next_one(map, at, at + n);
		if (stop == at + n)
			return at;
		from = stop + 1;
	}
	return end;
}

size_t bits_longest_run(const uint64_t *map, size_t end)
{
	size_t longest = 0, at = 0;

	while (at < end) {
		size_t from = bits_next_zero(map, at, end);

		at = bits_next_one(map, from, end);
		if (at - from > longest)
			longest = at - from;
	}
	return longest;
}
