// SPDX-License-Identifier: MIT
/*
 * The blocks that live at a moment of a tape, by address: a hash table with
 * open addressing, 24 bytes a slot, at most three quarters full.
 */
#ifndef TRACES_TOOL_LIVE_SET_H
#define TRACES_TOOL_LIVE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct live_block {
	uint64_t addr; /* never 0 */
	uint64_t size;
	uint32_t thread; /* that took it */
};

/* Zeroed is empty. */
struct live_set {
	struct live_block *slots;
	size_t nr;
	unsigned shift; /* 64 - log2 of the number of slots */
};

/* The slot where the search for addr starts. */
static inline size_t live_set_home(const struct live_set *set, uint64_t addr)
{
	return (size_t)((addr >> 3) * 0x9e3779b97f4a7c15ULL >> set->shift);
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
/* Fetch what the next call for addr will touch; worth it some calls ahead. */
static inline void live_set_prefetch(const struct live_set *set, uint64_t addr)
{
	if (set->slots)
		__builtin_prefetch(&set->slots[live_set_home(set, addr)], 1);
}
void live_set_release(struct live_set *set);

#endif
