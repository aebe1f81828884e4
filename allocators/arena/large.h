// SPDX-License-Identifier: MIT
// Allocations that are no slots: page runs in blocks, and huge runs of blocks.
#ifndef ALLOCATORS_ARENA_LARGE_H
#define ALLOCATORS_ARENA_LARGE_H

#include "allocators/arena/arena_internal.h"

#pragma GCC visibility push(hidden)

// Allocates n bytes at a multiple of align. *zeroed: whether zeroes are wanted;
// after it whether they are known to be there. Gives free memory back and tries
// once more before it returns NULL with ENOMEM.
void *large_malloc(size_t n, size_t align, bool *zeroed);
// Aborts when p is not the start of a large allocation.
void large_free(void *p);
// Bytes usable at p; 0 when p is not the start of a large allocation.
size_t large_usable(void *p);
// Resizes in place, or moves to or within huge runs; NULL when neither works,
// with p untouched. have = large_usable(p).
void *large_resize(void *p, size_t have, size_t n);
// Huge runs. Sizes in bytes; huge_alloc() leaves room to grow in address space.
void *huge_alloc(size_t bytes, size_t align, size_t room, bool *zeroed);
void huge_free(void *p);
bool huge_resize(void *p, size_t bytes);
// Moves any large allocation to a bigger huge run, contents included.
void *huge_move(void *p, size_t have, size_t bytes);

#pragma GCC visibility pop
#endif
