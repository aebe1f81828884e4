// SPDX-License-Identifier: MIT
/*
 * The blocks that live at a moment of a tape, by address. What is known of a
 * block lies in a pool, in the order of birth, so that blocks of one age are
 * neighbours; a hash table with open addressing, at most half full, finds
 * them. A block takes 32 bytes of the pool and 16 to 32 of the table.
 */
#ifndef TRACES_TOOL_LIVE_SET_H
#define TRACES_TOOL_LIVE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIVE_CHUNK_BITS 16 /* log2 of the blocks in a piece of the pool */

#define LIVE_SIZE_MAX     ((1ULL << 48) - 1)
#define LIVE_REALLOCS_MAX UINT16_MAX

struct live_block {
	uint64_t addr; /* never 0 */
	uint64_t size_bytes : 48;
	uint64_t reallocs : 16; /* calls that it went through; saturates */
	uint64_t birth_ns;
	uint32_t thread; /* that took it */
	uint32_t stack;  /* where it was taken, 0: not known */
};

/* Zeroed is empty. */
struct live_set {
	uint64_t *slots; /* upper half of the hash, number in the pool + 1 */
	struct live_block **chunks;
	size_t nr;       /* blocks that live */
	uint32_t used;   /* places of the pool that were ever used */
	uint32_t unused; /* first of those that are free again, + 1; or 0 */
	unsigned shift;  /* 64 - log2 of the number of slots */
};

static inline uint64_t live_set_hash(uint64_t addr)
{
	return (addr >> 3) * 0x9e3779b97f4a7c15ULL;
}

static inline struct live_block *live_set_at(const struct live_set *set,
					     uint64_t slot)
{
	uint32_t i = (uint32_t)slot - 1;

	return &set->chunks[i >> LIVE_CHUNK_BITS]
			   [i & ((1u << LIVE_CHUNK_BITS) - 1)];
}

/*
 * Add a block. 1: it replaced the one in *old, which had the same address;
 * 0: it is new; -1: out of memory.
 */
int live_set_add(struct live_set *set, const struct live_block *block,
		 struct live_block *old);
/* Remove the block at addr into *old; false when there is none. */
bool live_set_remove(struct live_set *set, uint64_t addr,
		     struct live_block *old);

/*
 * Fetch what the next call for addr will touch: first the slot, some calls
 * later the block, some calls before that call. Not inlined, gcc takes a
 * function that only fetches for one without effects and drops its calls.
 */
__attribute__((always_inline)) static inline void
live_set_fetch_slot(const struct live_set *set, uint64_t addr)
{
	if (set->slots)
		__builtin_prefetch(
			&set->slots[live_set_hash(addr) >> set->shift], 1);
}

__attribute__((always_inline)) static inline void
live_set_fetch_block(const struct live_set *set, uint64_t addr)
{
	uint64_t slot;

	if (!set->slots)
		return;
	slot = set->slots[live_set_hash(addr) >> set->shift];
	if (slot)
		__builtin_prefetch(live_set_at(set, slot), 1);
}

void live_set_release(struct live_set *set);

#endif
