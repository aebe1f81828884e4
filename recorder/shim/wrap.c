// SPDX-License-Identifier: MIT
/*
 * The malloc family as the program calls it. Each function does the real call
 * and records it: what frees before the call, what allocates after it, a
 * realloc at both ends, so that sorting by time yields a possible history.
 * Where there is more to do than that, special.c does it.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder/shim/real.h"
#include "recorder/shim/special.h"

/* C23; libraries before it do not declare them. */
void free_sized(void *ptr, size_t size);
void free_aligned_sized(void *ptr, size_t alignment, size_t size);
void cfree(void *ptr);

SHIM_EXPORT void *malloc(size_t size)
{
	void *ptr;

	if (unlikely(shim_mode()))
		return special_malloc(size);
	ptr = real.malloc(size);
	rec_event(RING_MALLOC, ptr, size);
	return ptr;
}

SHIM_EXPORT void free(void *ptr)
{
	if (unlikely(!ptr)) {
		if (!(shim_mode() & RING_PAUSED))
			rec_null_free();
		return;
	}
	if (unlikely(pool_owns(ptr)))
		return;
	if (unlikely(shim_mode())) {
		special_free(ptr);
		return;
	}
	rec_event(RING_FREE, ptr, 0);
	real.free(ptr);
}

SHIM_EXPORT void *calloc(size_t nr, size_t size)
{
	uint64_t mark;
	void *ptr;

	if (unlikely(shim_mode()))
		return special_calloc(nr, size);
	mark = rec_mark();
	ptr = real.calloc(nr, size);
	if (likely(!rec_nested(mark, ptr)))
		rec_event(RING_CALLOC, ptr, shim_product(nr, size));
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

	/* An end without a begin would be taken for another one's. */
	if (unlikely(!rec_event(RING_REALLOC_BEGIN, ptr, 0)))
		return real.realloc(ptr, size);
	mark = rec_mark();
	moved = real.realloc(ptr, size);
	if (unlikely(rec_nested(mark, moved)))
		kind = RING_REALLOC_CANCEL;
	rec_event(kind, moved, size);
	return moved;
}

static void *resize(void *ptr, size_t size, unsigned kind, unsigned kind_new)
{
	if (unlikely(ptr && pool_owns(ptr)))
		return realloc_pooled(ptr, size);
	if (unlikely(shim_mode()))
		return special_realloc(ptr, size, kind);
	return ptr ? record_moved(kind, ptr, size) : record_new(kind_new, size);
}

SHIM_EXPORT void *realloc(void *ptr, size_t size)
{
	return resize(ptr, size, RING_REALLOC, RING_REALLOC_NEW);
}

/* C libraries build it from realloc, which would then be recorded too. */
SHIM_EXPORT void *reallocarray(void *ptr, size_t nr, size_t size)
{
	const size_t bytes = shim_product(nr, size);
	void *moved =
		resize(ptr, bytes, RING_REALLOCARRAY, RING_REALLOCARRAY_NEW);

	/* Not every allocator's realloc says so. */
	if (unlikely(!moved && bytes))
		errno = ENOMEM;
	return moved;
}

SHIM_EXPORT void free_sized(void *ptr, size_t size)
{
	struct special_give call;

	if (!ptr || pool_owns(ptr)) {
		free(ptr);
		return;
	}
	special_giving(&call, RING_FREE_SIZED, ptr, size, 0);
	if (real.free_sized)
		real.free_sized(ptr, size);
	else
		real.free(ptr);
	special_given(&call);
}

SHIM_EXPORT void free_aligned_sized(void *ptr, size_t alignment, size_t size)
{
	struct special_give call;

	if (!ptr || pool_owns(ptr)) {
		free(ptr);
		return;
	}
	special_giving(&call, RING_FREE_ALIGNED_SIZED, ptr, size, alignment);
	if (real.free_aligned_sized)
		real.free_aligned_sized(ptr, alignment, size);
	else
		real.free(ptr);
	special_given(&call);
}

SHIM_EXPORT void cfree(void *ptr)
{
	free(ptr);
}

SHIM_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	struct special_take call;
	void *ptr;

	if (!special_begin(&call))
		return real.aligned_alloc(alignment, size);
	ptr = real.aligned_alloc(alignment, size);
	special_end(&call, RING_ALIGNED_ALLOC, ptr, size, alignment);
	return ptr;
}

SHIM_EXPORT int posix_memalign(void **out, size_t alignment, size_t size)
{
	struct special_take call;
	int ret;

	if (!special_begin(&call))
		return real.posix_memalign(out, alignment, size);
	ret = real.posix_memalign(out, alignment, size);
	special_end(&call, RING_POSIX_MEMALIGN, ret ? NULL : *out, size,
		    alignment);
	return ret;
}

SHIM_EXPORT void *memalign(size_t alignment, size_t size)
{
	struct special_take call;
	void *ptr;

	if (!special_begin(&call))
		return real.memalign(alignment, size);
	ptr = real.memalign(alignment, size);
	special_end(&call, RING_MEMALIGN, ptr, size, alignment);
	return ptr;
}

SHIM_EXPORT void *valloc(size_t size)
{
	struct special_take call;
	void *ptr;

	if (!special_begin(&call))
		return real.valloc(size);
	ptr = real.valloc(size);
	special_end(&call, RING_VALLOC, ptr, size, (size_t)getpagesize());
	return ptr;
}

SHIM_EXPORT void *pvalloc(size_t size)
{
	struct special_take call;
	void *ptr;

	if (!special_begin(&call))
		return real.pvalloc(size);
	ptr = real.pvalloc(size);
	special_end(&call, RING_PVALLOC, ptr, size, (size_t)getpagesize());
	return ptr;
}

SHIM_EXPORT size_t malloc_usable_size(void *ptr)
{
	shim_note_usable();
	return pool_owns(ptr) ? pool_size_of(ptr)
			      : real.malloc_usable_size(ptr);
}
