// SPDX-License-Identifier: MIT
/*
 * Linear probing; removal shifts the run back, so that none grows stale. A
 * slot's home follows from the slot alone, which keeps the pool out of it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "traces/tool/live_set.h"

#define FIRST_BITS  12
#define HUGE_PAGE   ((size_t)2 << 20)
#define CHUNK_BYTES (sizeof(struct live_block) << LIVE_CHUNK_BITS)

static inline size_t mask(const struct live_set *set)
{
	return ((size_t)1 << (64 - set->shift)) - 1;
}

/* Where the search for what is in this slot starts. */
static inline size_t home(const struct live_set *set, uint64_t slot)
{
	return (size_t)(slot >> set->shift);
}

/*
 * Zeroed memory straight from the system, on huge pages where that pays,
 * since access is at random. NULL: there is none.
 */
static void *get_memory(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (len >= HUGE_PAGE)
		madvise(p, len, MADV_HUGEPAGE);
	return p;
}

static inline bool same_hash(uint64_t a, uint64_t b)
{
	return !((a ^ b) >> 32);
}

/* The slot of addr, or the empty one where it would go. */
static inline size_t find(const struct live_set *set, uint64_t addr)
{
	uint64_t hash = live_set_hash(addr), slot;
	size_t at = home(set, hash);

	for (;;) {
		slot = set->slots[at];
		if (!slot || (same_hash(slot, hash) &&
			      live_set_at(set, slot)->addr == addr))
			return at;
		at = (at + 1) & mask(set);
	}
}

static void put_slots(const struct live_set *set)
{
	if (set->slots)
		munmap(set->slots, (mask(set) + 1) * sizeof(*set->slots));
}

static int grow_table(struct live_set *set)
{
	struct live_set grown = *set;
	size_t i, at;

	grown.shift = set->slots ? set->shift - 1 : 64 - FIRST_BITS;
	/* A slot holds 32 bits of the hash: no more can be told apart. */
	if (grown.shift < 32)
		return -1;
	grown.slots = get_memory((mask(&grown) + 1) * sizeof(*grown.slots));
	if (!grown.slots)
		return -1;
	for (i = 0; set->slots && i <= mask(set); i++) {
		if (!set->slots[i])
			continue;
		at = home(&grown, set->slots[i]);
		while (grown.slots[at])
			at = (at + 1) & mask(&grown);
		grown.slots[at] = set->slots[i];
	}
	put_slots(set);
	*set = grown;
	return 0;
}

static int grow_pool(struct live_set *set)
{
	size_t nr = set->used >> LIVE_CHUNK_BITS;
	struct live_block **chunks = set->chunks;

	/* The list of pieces grows whenever their number is a power of two. */
	if (!(nr & (nr - 1))) {
		chunks = realloc(chunks, (nr ? 2 * nr : 1) * sizeof(*chunks));
		if (!chunks)
			return -1;
		set->chunks = chunks;
	}
	chunks[nr] = get_memory(CHUNK_BYTES);
	return chunks[nr] ? 0 : -1;
}

/* A place in the pool, the one that was freed last first. */
static int get_place(struct live_set *set, uint64_t *number)
{
	if (set->unused) {
		*number = set->unused;
		set->unused = live_set_at(set, *number)->stack;
		return 0;
	}
	if (set->used == UINT32_MAX ||
	    (!(set->used & ((1u << LIVE_CHUNK_BITS) - 1)) && grow_pool(set)))
		return -1;
	*number = ++set->used;
	return 0;
}

int live_set_add(struct live_set *set, const struct live_block *block,
		 struct live_block *old)
{
	uint64_t number;
	size_t at;

	if ((!set->slots || set->nr > mask(set) / 2) && grow_table(set))
		return -1;
	at = find(set, block->addr);
	if (set->slots[at]) {
		*old = *live_set_at(set, set->slots[at]);
		*live_set_at(set, set->slots[at]) = *block;
		return 1;
	}
	if (get_place(set, &number))
		return -1;
	*live_set_at(set, number) = *block;
	set->slots[at] = live_set_hash(block->addr) >> 32 << 32 | number;
	set->nr++;
	return 0;
}

/* Close the gap at hole: what follows moves up unless its home is behind. */
static void close_gap(struct live_set *set, size_t hole)
{
	size_t at = hole;
	uint64_t slot;

	while ((slot = set->slots[at = (at + 1) & mask(set)])) {
		if (((at - home(set, slot)) & mask(set)) <
		    ((at - hole) & mask(set)))
			continue;
		set->slots[hole] = slot;
		hole = at;
	}
	set->slots[hole] = 0;
}

bool live_set_remove(struct live_set *set, uint64_t addr,
		     struct live_block *old)
{
	struct live_block *block;
	uint64_t slot;
	size_t at;

	if (!set->slots || !addr)
		return false;
	at = find(set, addr);
	slot = set->slots[at];
	if (!slot)
		return false;
	block = live_set_at(set, slot);
	*old = *block;
	block->addr = 0;
	block->stack = set->unused;
	set->unused = (uint32_t)slot;
	close_gap(set, at);
	set->nr--;
	return true;
}

void live_set_release(struct live_set *set)
{
	size_t i, nr = ((size_t)set->used + (1u << LIVE_CHUNK_BITS) - 1) >>
		       LIVE_CHUNK_BITS;

	for (i = 0; i < nr; i++)
		munmap(set->chunks[i], CHUNK_BYTES);
	free(set->chunks);
	put_slots(set);
	memset(set, 0, sizeof(*set));
}
