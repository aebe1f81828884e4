// SPDX-License-Identifier: MIT
// The paths that nearly every call takes: a pop from a magazine, a push onto
// one. No lock, no counter, no test for a thread's first call: a thread without
// a heap has empty magazines.
#ifndef ALLOCATORS_ARENA_FAST_H
#define ALLOCATORS_ARENA_FAST_H

#include "allocators/arena/heap.h"
#include "allocators/arena/region.h"

static inline __attribute__((always_inline)) void *fast_malloc(size_t n)
{
	struct magazine *m;
	void **top, *p;

	if (arena_unlikely(n > SMALL_MAX))
		return heap_malloc_slow(n);
	m = &heap_mine->mag[class_of_small(n)];
	top = atomic_load_explicit(&m->top, memory_order_relaxed);
	p = top[-1];
	if (arena_unlikely(!p))
		return heap_malloc_slow(n);
	atomic_store_explicit(&m->top, top - 1, memory_order_relaxed);
	return p;
}

// The entry of an own slab differs from the heap's id in the class alone, so
// one comparison sorts out slots of others, large blocks and bad pointers.
static inline __attribute__((always_inline)) void fast_free(void *p)
{
	size_t offset = region_offset(p);
	struct heap *h = heap_mine;
	struct magazine *m;
	uint32_t class;
	void **top;

	if (arena_unlikely(offset >= region_limit()))
		goto slow;
	class = entry_load(offset >> UNIT_SHIFT) ^ h->id_shifted;
	if (arena_unlikely(class > 255))
		goto slow;
	m = &h->mag[class];
	top = atomic_load_explicit(&m->top, memory_order_relaxed);
	if (arena_unlikely(top == m->lim) || arena_unlikely(top[-1] == p))
		goto slow;
	*top = p;
	atomic_store_explicit(&m->top, top + 1, memory_order_relaxed);
	return;
slow:
	heap_free_slow(p);
}

#endif
