// SPDX-License-Identifier: MIT
/*
 * How to read an allocator's own statistics, from inside a process that runs
 * on it. libc only, no stdio, and nothing of its own on the heap, so that the
 * process that is measured can use it.
 *
 * Resident memory splits into what the program asked for, the rounding of its
 * blocks (malloc_usable_size tells both), and the parts below, which do not
 * overlap: each byte is in one of them at most. How each allocator's figures
 * become these parts stands beside its adapter in statistics.c.
 */
#ifndef ALLOCATORS_STATISTICS_H
#define ALLOCATORS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

#define ALLOC_UNKNOWN UINT64_MAX /* the allocator does not tell */

struct alloc_stats {
	uint64_t cached;   /* free, in caches of threads */
	uint64_t free;     /* free for all, between blocks in use */
	uint64_t metadata; /* the allocator's own records */
	uint64_t dirty;    /* free pages, not yet given back */
	/* Beside the split: they overlap with it. */
	uint64_t allocated; /* what the program has, by the allocator's book */
	uint64_t mapped;    /* addresses that may have memory behind them */
	uint64_t retained;  /* addresses kept without memory */
};

/*
 * Look up the statistics of the allocator whose malloc this is, once, before
 * the first reading; they must be of the same object. Returns the adapter's
 * name, or NULL when none fits: then readings tell nothing.
 */
const char *alloc_stats_find(void *(*serving)(size_t size));

/*
 * Read them. usable and blocks are the sum of usable bytes and the number of
 * blocks that the caller holds, or ALLOC_UNKNOWN: some allocators count their
 * caches as in use. Any thread may call it; while others allocate the figures
 * are of slightly different moments. The first reading may make the allocator
 * take memory for it (jemalloc: 150 KiB); later ones leave memory as it is.
 */
void alloc_stats_read(uint64_t usable, uint64_t blocks, struct alloc_stats *s);

#endif
