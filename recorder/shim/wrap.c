// SPDX-License-Identifier: MIT
/*
 * The malloc family as the program calls it. Each function does the real call
 * and records it: what frees before the call, what allocates after it, a
 * realloc at both ends, so that sorting by time yields a possible history.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder/shim/real.h"
#include "recorder/shim/record.h"

/* C23; libraries before it do not declare them. */
void free_sized(void *ptr, size_t size);
void free_aligned_sized(void *ptr, size_t alignment, size_t size);
void cfree(void *ptr);

/* The product, or the largest number when it does not fit. */
static size_t product(size_t nr, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(nr, size, &bytes) ? SIZE_MAX : bytes;
}

static void record_aligned(unsigned kind, const void *ptr, size_t size,
			   size_t alignment, uint64_t mark)
{
	if (!rec_nested(mark, ptr))
		rec_append(kind, (uintptr_t)ptr, size, alignment);
}

SHIM_EXPORT void *malloc(size_t size)
{
	void *ptr = real.malloc(size);

	rec_event(RING_MALLOC, ptr, size);
	return ptr;
}

SHIM_EXPORT void free(void *ptr)
{
	if (unlikely(!ptr)) {
		rec_null_free();
		return;
	}
	if (unlikely(pool_owns(ptr)))
		return;
	rec_event(RING_FREE, ptr, 0);
	real.free(ptr);
}

SHIM_EXPORT void *calloc(size_t nr, size_t size)
{
	uint64_t mark = rec_mark();
	void *ptr = real.calloc(nr, size);

	if (likely(!rec_nested(mark, ptr)))
		rec_event(RING_CALLOC, ptr, product(nr, size));
	return ptr;
}

/* A block of the pool moves to the real allocator when it is resized. */
static void *realloc_pooled(void *ptr, size_t size)
{
	size_t old = pool_size_of(ptr);
	void *moved = malloc(size);

	if (moved)
		memcpy(moved, ptr, old < size ? old : size);
	return moved;
}

/* Nothing is given up, so there is nothing to tell before the call. */
static inline void *record_new(unsigned kind, size_t size)
{
	uint64_t mark = rec_mark();
	void *ptr = real.realloc(NULL, size);

	if (likely(!rec_nested(mark, ptr)))
		rec_event(kind, ptr, size);
	return ptr;
}

static void *record_moved(unsigned kind, void *ptr, size_t size)
{
	uint64_t mark;
	void *moved;

	rec_event(RING_REALLOC_BEGIN, ptr, 0);
	mark = rec_mark();
	moved = real.realloc(ptr, size);
	if (unlikely(rec_nested(mark, moved)))
		kind = RING_REALLOC_CANCEL;
	rec_event(kind, moved, size);
	return moved;
}

SHIM_EXPORT void *realloc(void *ptr, size_t size)
{
	if (!ptr)
		return record_new(RING_REALLOC_NEW, size);
	if (unlikely(pool_owns(ptr)))
		return realloc_pooled(ptr, size);
	return record_moved(RING_REALLOC, ptr, size);
}

/* C libraries build it from realloc, which would then be recorded too. */
SHIM_EXPORT void *reallocarray(void *ptr, size_t nr, size_t size)
{
	size_t bytes = product(nr, size);

	if (!ptr)
		return record_new(RING_REALLOCARRAY_NEW, bytes);
	if (unlikely(pool_owns(ptr)))
		return realloc_pooled(ptr, bytes);
	return record_moved(RING_REALLOCARRAY, ptr, bytes);
}

SHIM_EXPORT void free_sized(void *ptr, size_t size)
{
	if (!ptr || pool_owns(ptr)) {
		free(ptr);
		return;
	}
	rec_event(RING_FREE_SIZED, ptr, size);
	if (real.free_sized)
		real.free_sized(ptr, size);
	else
		real.free(ptr);
}

SHIM_EXPORT void free_aligned_sized(void *ptr, size_t alignment, size_t size)
{
	if (!ptr || pool_owns(ptr)) {
		free(ptr);
		return;
	}
	rec_append(RING_FREE_ALIGNED_SIZED, (uintptr_t)ptr, size, alignment);
	if (real.free_aligned_sized)
		real.free_aligned_sized(ptr, alignment, size);
	else
		real.free(ptr);
}

SHIM_EXPORT void cfree(void *ptr)
{
	free(ptr);
}

SHIM_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	uint64_t mark = rec_mark();
	void *ptr = real.aligned_alloc(alignment, size);

	record_aligned(RING_ALIGNED_ALLOC, ptr, size, alignment, mark);
	return ptr;
}

SHIM_EXPORT int posix_memalign(void **out, size_t alignment, size_t size)
{
	uint64_t mark = rec_mark();
	int ret = real.posix_memalign(out, alignment, size);

	record_aligned(RING_POSIX_MEMALIGN, ret ? NULL : *out, size, alignment,
		       mark);
	return ret;
}

SHIM_EXPORT void *memalign(size_t alignment, size_t size)
{
	uint64_t mark = rec_mark();
	void *ptr = real.memalign(alignment, size);

	record_aligned(RING_MEMALIGN, ptr, size, alignment, mark);
	return ptr;
}

SHIM_EXPORT void *valloc(size_t size)
{
	uint64_t mark = rec_mark();
	void *ptr = real.valloc(size);

	record_aligned(RING_VALLOC, ptr, size, (size_t)getpagesize(), mark);
	return ptr;
}

SHIM_EXPORT void *pvalloc(size_t size)
{
	uint64_t mark = rec_mark();
	void *ptr = real.pvalloc(size);

	record_aligned(RING_PVALLOC, ptr, size, (size_t)getpagesize(), mark);
	return ptr;
}

SHIM_EXPORT size_t malloc_usable_size(void *ptr)
{
	return pool_owns(ptr) ? pool_size_of(ptr)
			      : real.malloc_usable_size(ptr);
}
