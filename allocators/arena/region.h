// SPDX-License-Identifier: MIT
// The region: reserved address space, its tables, and runs of free blocks.
#ifndef ALLOCATORS_ARENA_REGION_H
#define ALLOCATORS_ARENA_REGION_H

#include "allocators/arena/arena_internal.h"

#pragma GCC visibility push(hidden)

struct os_batch;

// Read-mostly: what pointer arithmetic needs. The tables are as long as the
// committed part of the region; offsets below `bytes` beyond that part fault.
struct region {
	uintptr_t base;
	_Atomic size_t bytes;    // committed: valid offsets are below it
	_Atomic uint32_t *entry; // by unit: heap id << 8 | class, 0 no slab
	struct unit *unit;
	struct block *block;
	uint32_t nr_reserved;         // blocks
	_Atomic uint32_t nr_remapped; // blocks that mappings were moved to
};

extern struct region region;
extern struct lock region_lock;

// Reserves as much as the system allows; false when that is nothing useful.
bool region_init(void);
// Takes n consecutive blocks whose first is at a multiple of align blocks and
// marks them BLOCK_PAGES. Returns the index of the first, 0 on failure. Their
// dirty pages stop counting as free.
uint32_t region_take(size_t n, size_t align);
// Takes exactly the n blocks at `first` when all are free.
bool region_take_at(uint32_t first, size_t n);
// Gives blocks back with their dirty bits as they are.
void region_give(uint32_t first, size_t n);
// Returns memory of free blocks until no more than `target` dirty pages are
// left in the process or none in free blocks.
void region_purge(size_t target);
// Queues dirty and unused pages of a block for return, highest first, until no
// more than `target` dirty pages are left in the process or none in the block.
// The caller holds the lock of whoever owns the block.
void block_purge(struct block *b, size_t target, struct os_batch *batch);
// Dirty pages in free blocks.
size_t region_dirty(void);
size_t region_committed(void);
size_t region_table_bytes(void);

static inline struct block *block_at(uint32_t i)
{
	return &region.block[i];
}

static inline char *block_address(uint32_t i)
{
	return (char *)region.base + ((size_t)i << BLOCK_SHIFT);
}

static inline char *unit_address(uint32_t i)
{
	return (char *)region.base + ((size_t)i << UNIT_SHIFT);
}

static inline size_t region_offset(const void *p)
{
	return (uintptr_t)p - region.base;
}

static inline size_t region_limit(void)
{
	return atomic_load_explicit(&region.bytes, memory_order_relaxed);
}

static inline uint32_t entry_load(size_t i)
{
	return atomic_load_explicit(&region.entry[i], memory_order_relaxed);
}

static inline unsigned block_pages(void)
{
	return BLOCK_BYTES >> page_shift;
}

#pragma GCC visibility pop
#endif
