// SPDX-License-Identifier: MIT
// The vocabulary and the big picture of arena. One address range, the region,
// is reserved at the start; every question about a pointer is answered by
// arithmetic on its offset in there.
//
//   region   reserved range; a growing prefix of it is usable
//   block    2 MiB of the region: free, pages for an arena, or part of a huge
//            run of blocks
//   run      consecutive pages of a block: a large allocation, or a slab
//   unit     16 KiB of the region; its entry tells heap and class of the slab
//            that lies there, 0 when none does
//   slab     one or more units cut into slots of one size class
//   heap     what one thread owns: its slabs and its magazines
//   magazine per class stack of pointers to free slots; what malloc pops and
//            free pushes without a lock. Freed memory is never written to.
//   arena    a lock and the blocks that its heaps take their runs from
//
// Locks, outermost first: purger, registry of heaps, heaps by id, arenas by
// index, region, metadata. A heap's magazines belong to its thread alone; its
// slabs belong to whoever holds its lock, so that any thread can inspect, purge
// or inherit an idle heap.
#ifndef ALLOCATORS_ARENA_ARENA_INTERNAL_H
#define ALLOCATORS_ARENA_ARENA_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocators/arena/lock.h"

#pragma GCC visibility push(hidden)

#define ARENA_KIB         ((size_t)1 << 10)
#define ARENA_MIB         ((size_t)1 << 20)
#define arena_likely(x)   __builtin_expect(!!(x), 1)
#define arena_unlikely(x) __builtin_expect(!!(x), 0)

enum {
	UNIT_SHIFT = 14,
	UNIT_BYTES = 1 << UNIT_SHIFT,
	BLOCK_SHIFT = 21,
	BLOCK_BYTES = 1 << BLOCK_SHIFT,
	BLOCK_UNITS = BLOCK_BYTES / UNIT_BYTES,
	BLOCK_PAGES_MAX = BLOCK_BYTES / 4096,
	BLOCK_WORDS = BLOCK_PAGES_MAX / 64,
	BLOCK_BUCKETS = 10, // by log2 of the longest free run
	SLOTS_MAX = 1024,
	NR_BUCKETS = 4,
	NR_OUTBOX = 16,
	ARENAS_MAX = 64,
	HEAPS_MAX = 1 << 18,
};

// The largest sizes: of a slot in a slab with others, of one that has a slab to
// itself, of a run inside a block.
#define SMALL_MAX ((size_t)32768)
#define SLAB_MAX  (256 * ARENA_KIB)
#define LARGE_MAX (ARENA_MIB)

enum block_kind {
	BLOCK_FREE,
	BLOCK_PAGES,
	BLOCK_HUGE,      // first of a huge run
	BLOCK_HUGE_BODY, // the others of it
};

// 2 MiB of the region. Bitmaps have one bit per page. A page that is neither
// dirty nor used reads as zero and has no memory behind it.
struct block {
	uint64_t used[BLOCK_WORDS];
	uint64_t dirty[BLOCK_WORDS]; // may hold old contents
	uint64_t start[BLOCK_WORDS]; // first page of a run
	uint32_t next, prev;         // in the arena's or the dirty list; 0 none
	uint16_t nr_used;
	uint16_t nr_dirty; // dirty and not used
	uint16_t longest;  // free run, in pages
	uint8_t bucket;    // of the arena's lists, BLOCK_BUCKETS when in none
	uint8_t arena;
	_Atomic uint8_t kind;
	bool remapped;        // mappings were moved here: purge maps it anew
	uint32_t huge_blocks; // on a BLOCK_HUGE: length of the run
	_Atomic size_t huge_bytes; // and what is in use of it, whole pages
};

// What the hole purger knows of a slab: it scans those that rest, once.
enum slab_age { SLAB_CHANGED, SLAB_AGED, SLAB_SCANNED };

// Head unit of a slab. The fields of the remote list outlive the slab: a late
// entry in a list may meet the next user of the unit, and is sorted out there.
struct unit {
	uint64_t *bits;      // free slots, then as many words of remote frees
	uint32_t next, prev; // in the heap's partial lists; 0 none
	_Atomic uint32_t remote_next;
	_Atomic uint32_t queued; // is in some heap's remote list
	uint64_t clean;          // pages without memory behind them
	uint16_t nr_free;
	uint8_t class;
	uint8_t head;   // distance to the slab's first unit
	uint8_t bucket; // NR_BUCKETS when in no list
	uint8_t age;    // enum slab_age
	uint64_t inline_bits[2];
} __attribute__((aligned(64)));

struct arena {
	struct lock lock;
	uint32_t bucket[BLOCK_BUCKETS]; // blocks with free pages
	uint32_t nr_blocks;
	uint32_t index;
} __attribute__((aligned(64)));

// Page counts of the whole process, in pages. Relaxed: they steer purging.
struct page_counts {
	_Atomic size_t active; // in slabs, large and huge runs
	_Atomic size_t dirty;  // free, with memory behind them
	_Atomic size_t large;  // of active, not in slabs
	_Atomic size_t peak;   // of active, in the present epoch
};

extern struct arena arenas[ARENAS_MAX];
extern unsigned nr_arenas;
extern struct page_counts page_counts;
extern unsigned page_shift;

static inline size_t page_bytes(void)
{
	return (size_t)1 << page_shift;
}

static inline size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) & ~(to - 1);
}

// Makes the allocator usable; returns false when not even the region can be
// reserved. Any thread, cheap once done.
bool arena_init(void);
// One line on stderr that names POINTER and WHAT, then abort().
_Noreturn void misuse(const void *pointer, const char *what);

#pragma GCC visibility pop
#endif
