// SPDX-License-Identifier: MIT
// Memory for arena's own records outside the tables of the region.
#ifndef ALLOCATORS_ARENA_ARENA_META_H
#define ALLOCATORS_ARENA_ARENA_META_H

#include <stddef.h>
#include <stdint.h>

#include "allocators/arena/lock.h"

#pragma GCC visibility push(hidden)

extern struct lock meta_lock;

// Zeroed memory that is never given back, 64-byte aligned; NULL without memory.
void *meta_alloc(size_t bytes);
// A slab's bitmaps: 2 * words zeroed words; and their return.
uint64_t *meta_bits_alloc(unsigned words);
void meta_bits_free(uint64_t *bits, unsigned words);
// Bytes taken from the kernel.
size_t meta_bytes(void);

#pragma GCC visibility pop
#endif
