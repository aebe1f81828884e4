// SPDX-License-Identifier: MIT
/* Linear probing; removal shifts the run back, so that none grows stale. */
#include <stdlib.h>
#include <string.h>

#include "traces/tool/live_set.h"

#define FIRST_BITS 12

static inline size_t mask(const struct live_set *set)
{
	return ((size_t)1 << (64 - set->shift)) - 1;
}

/* The slot of addr, or the empty one where it would go. */
static inline size_t find(const struct live_set *set, uint64_t addr)
{
	size_t at = live_set_home(set, addr);

	while (set->slots[at].addr && set->slots[at].addr != addr)
		at = (at + 1) & mask(set);
	return at;
}

static int grow(struct live_set *set)
{
	struct live_set grown = { .nr = set->nr };
	size_t i;

	grown.shift = set->slots ? set->shift - 1 : 64 - FIRST_BITS;
	grown.slots = calloc(mask(&grown) + 1, sizeof(*grown.slots));
	if (!grown.slots)
		return -1;
	for (i = 0; set->slots && i <= mask(set); i++)
		if (set->slots[i].addr)
			grown.slots[find(&grown, set->slots[i].addr)] =
				set->slots[i];
	free(set->slots);
	*set = grown;
	return 0;
}

int live_set_add(struct live_set *set, const struct live_block *block,
		 struct live_block *old)
{
	struct live_block *slot;

	if ((!set->slots || set->nr >= (mask(set) + 1) / 4 * 3) && grow(set))
		return -1;
	slot = &set->slots[find(set, block->addr)];
	if (slot->addr) {
		*old = *slot;
		*slot = *block;
		return 1;
	}
	*slot = *block;
	set->nr++;
	return 0;
}

bool live_set_remove(struct live_set *set, uint64_t addr,
		     struct live_block *old)
{
	size_t hole, at;

	if (!set->slots || !addr)
		return false;
	hole = find(set, addr);
	if (!set->slots[hole].addr)
		return false;
	*old = set->slots[hole];
	for (at = (hole + 1) & mask(set); set->slots[at].addr;
	     at = (at + 1) & mask(set)) {
		size_t from = live_set_home(set, set->slots[at].addr);

		/* It may move back unless its home lies behind the hole. */
		if (((at - from) & mask(set)) >= ((at - hole) & mask(set))) {
			set->slots[hole] = set->slots[at];
			hole = at;
		}
	}
	set->slots[hole].addr = 0;
	set->nr--;
	return true;
}

void live_set_release(struct live_set *set)
{
	free(set->slots);
	memset(set, 0, sizeof(*set));
}
