// SPDX-License-Identifier: MIT
// Runs of pages inside 2 MiB blocks: what slabs and large allocations are made
// of. Every function takes the lock of the arena concerned.
#ifndef ALLOCATORS_ARENA_BLOCK_H
#define ALLOCATORS_ARENA_BLOCK_H

#include "allocators/arena/arena_internal.h"

#pragma GCC visibility push(hidden)

// Takes n pages, the first at a multiple of align pages (a power of two). Bit i
// of *dirty tells whether page i may hold old contents; with more than 64 pages
// *dirty is just zero or not. NULL when there is no memory.
void *run_alloc(struct arena *a, size_t n, size_t align, uint64_t *dirty);
// Gives n pages back. Bit i of clean: page i (i < 64) has no memory behind it.
void run_free(void *p, size_t n, uint64_t clean);
// Gives back the large run that starts at p; returns its pages, 0 if there is
// no run.
size_t run_free_large(void *p);
// Pages of the large run that starts at p, 0 if there is none.
size_t run_pages(void *p);
// Changes the length of the run at p without moving it; false if it cannot.
bool run_resize(void *p, size_t n, size_t wanted);
// Returns memory of free pages, emptiest blocks first, until no more than
// `target` dirty pages are left in the process or none in this arena.
void arena_purge(struct arena *a, size_t target);
// Counts n pages as active, a negated n as inactive again, and notes the peak.
void pages_activate(size_t n);
// The calling thread's arena.
struct arena *arena_choose(void);

#pragma GCC visibility pop
#endif
