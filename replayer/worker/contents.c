// SPDX-License-Identifier: MIT
/* The contents of blocks in the verify pass. */
#include <string.h>

#include "replayer/plan.h"
#include "replayer/worker/contents.h"

#define WORD sizeof(uint64_t)
#define EDGE 4096 /* bytes at both ends of a large block that are filled */
#define STEP 4096 /* between the words of its middle */

uint64_t contents_key(uint64_t slot, uint64_t size, uint64_t call)
{
	uint64_t key = slot * 0x9e3779b97f4a7c15ULL +
		       size * 0xc2b2ae3d27d4eb4fULL +
		       call * 0x165667b19e3779f9ULL;

	return (key ^ key >> 29) * 0xbf58476d1ce4e5b9ULL;
}

/* The word at that place, which is one of whole words. */
static uint64_t word_at(uint64_t key, uint64_t at)
{
	return (key + at) * 0x9e3779b97f4a7c15ULL;
}

static uint64_t load(const char *p)
{
	uint64_t word;

	memcpy(&word, p, WORD);
	return word;
}

/* The first byte, as both kinds of CPU are little-endian. */
static uint64_t first_byte(uint64_t different)
{
	return (uint64_t)__builtin_ctzll(different) / 8;
}

/* Fill [from, end); from is a multiple of words. */
static void fill(char *p, uint64_t from, uint64_t end, uint64_t key)
{
	uint64_t at, word;

	for (at = from; at + WORD <= end; at += WORD) {
		word = word_at(key, at);
		memcpy(p + at, &word, WORD);
	}
	word = word_at(key, at);
	memcpy(p + at, &word, end - at);
}

/* The first byte in [from, end) that is another; end when none is. */
static uint64_t check(const char *p, uint64_t from, uint64_t end, uint64_t key)
{
	uint64_t at, different, word = 0;

	for (at = from; at + WORD <= end; at += WORD) {
		different = load(p + at) ^ word_at(key, at);
		if (different)
			return at + first_byte(different);
	}
	if (at >= end)
		return end;
	memcpy(&word, p + at, end - at);
	different = word ^ word_at(key, at);
	different &= (1ULL << 8 * (end - at)) - 1;
	return different ? at + first_byte(different) : end;
}

/* Where the filled end of a large block begins. */
static uint64_t edge_of(uint64_t size)
{
	return (size - EDGE) & ~(uint64_t)(WORD - 1);
}

void contents_fill(char *p, uint64_t size, uint64_t key)
{
	uint64_t at;

	if (size < PLAN_LARGE) {
		fill(p, 0, size, key);
		return;
	}
	fill(p, 0, EDGE, key);
	for (at = EDGE; at < edge_of(size); at += STEP)
		fill(p, at, at + WORD, key);
	fill(p, edge_of(size), size, key);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t contents_check(const char *p, uint64_t size, uint64_t limit,
			uint64_t key)
{
	uint64_t at, end, found;

	limit = least(limit, size);
	if (size < PLAN_LARGE) {
		found = check(p, 0, limit, key);
		return found < limit ? found : size;
	}
	end = least(EDGE, limit);
	found = check(p, 0, end, key);
	if (found < end)
		return found;
	for (at = EDGE; at < least(edge_of(size), limit); at += STEP) {
		end = least(at + WORD, limit);
		found = check(p, at, end, key);
		if (found < end)
			return found;
	}
	if (limit <= edge_of(size))
		return size;
	found = check(p, edge_of(size), limit, key);
	return found < limit ? found : size;
}

uint64_t contents_check_zero(const char *p, uint64_t size)
{
	uint64_t at;

	for (at = 0; at + WORD <= size; at += WORD)
		if (load(p + at))
			return at + first_byte(load(p + at));
	for (; at < size && !p[at]; at++)
		;
	return at;
}
