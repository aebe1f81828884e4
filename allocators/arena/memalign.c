// SPDX-License-Identifier: MIT
// Aligned allocation. A slot is aligned to whatever divides its class's size,
// since slabs start at a unit; beyond that, page runs and blocks are aligned.
#include "allocators/arena/api.h"
#include "allocators/arena/fast.h"
#include "allocators/arena/large.h"

#include <errno.h>

static bool power_of_two(size_t n)
{
	return n && !(n & (n - 1));
}

// Size of the smallest class that fits n and is a multiple of align, 0 if none.
static size_t aligned_class(size_t align, size_t n)
{
	if (n < align)
		n = align;
	for (unsigned c = size_class[class_of_size(n)].parent; c < NR_FIXED;
	     c++)
		if (!(size_class[c].size & (align - 1)))
			return size_class[c].size;
	return 0;
}

static void *alloc_aligned(size_t align, size_t n)
{
	bool zeroed = false;
	size_t size;

	if (align <= 16)
		return fast_malloc(n);
	if (arena_unlikely(n > PTRDIFF_MAX || align > PTRDIFF_MAX / 2 ||
			   !arena_init())) {
		errno = ENOMEM;
		return NULL;
	}
	if (align <= UNIT_BYTES && n <= SMALL_MAX) {
		size = aligned_class(align, n);
		if (size)
			return fast_malloc(size);
	}
	// A run is at least a page more than the largest slot's share.
	return large_malloc(n ? n : 1, align, &zeroed);
}

void *arena_memalign(size_t align, size_t n)
{
	if (arena_unlikely(align > PTRDIFF_MAX / 2)) {
		errno = EINVAL;
		return NULL;
	}
	if (align > 16 && !power_of_two(align))
		align = (size_t)1 << (64 - __builtin_clzll(align));
	return alloc_aligned(align, n);
}

void *arena_aligned_alloc(size_t align, size_t n)
{
	if (arena_unlikely(!power_of_two(align))) {
		errno = EINVAL;
		return NULL;
	}
	return alloc_aligned(align, n);
}

int arena_posix_memalign(void **out, size_t align, size_t n)
{
	int saved = errno;
	void *p;

	if (arena_unlikely(!power_of_two(align) || align % sizeof(void *)))
		return EINVAL;
	p = alloc_aligned(align, n);
	errno = saved;
	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

void *arena_valloc(size_t n)
{
	if (!arena_init()) {
		errno = ENOMEM;
		return NULL;
	}
	return alloc_aligned(page_bytes(), n);
}

void *arena_pvalloc(size_t n)
{
	if (!arena_init() || n > PTRDIFF_MAX) {
		errno = ENOMEM;
		return NULL;
	}
	return alloc_aligned(page_bytes(),
			     n ? round_up(n, page_bytes()) : page_bytes());
}
