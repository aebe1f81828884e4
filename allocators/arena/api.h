// SPDX-License-Identifier: MIT
// The malloc family under internal names, with the contracts of the C standard
// and of glibc. entry.c gives them their public names.
#ifndef ALLOCATORS_ARENA_API_H
#define ALLOCATORS_ARENA_API_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

void *arena_malloc(size_t n);
void arena_free(void *p);
void *arena_calloc(size_t nr, size_t size);
void *arena_realloc(void *p, size_t n);
void *arena_reallocarray(void *p, size_t nr, size_t size);
// Any alignment, rounded up to a power of two.
void *arena_memalign(size_t align, size_t n);
void *arena_aligned_alloc(size_t align, size_t n);
int arena_posix_memalign(void **out, size_t align, size_t n);
void *arena_valloc(size_t n);
void *arena_pvalloc(size_t n);
size_t arena_usable_size(void *p);
// Returns 1 when memory went back to the kernel.
int arena_trim(size_t pad);
// At most what malloc_usable_size() will say of malloc(n), 0 if that would fail.
size_t arena_good_size(size_t n);

#pragma GCC visibility pop
#endif
