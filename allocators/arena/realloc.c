// SPDX-License-Identifier: MIT
// realloc: stays in place where the class or the pages behind allow it and
// little is wasted; else moves.
#include "allocators/arena/api.h"
#include "allocators/arena/fast.h"
#include "allocators/arena/large.h"

#include <errno.h>
#include <string.h>

// What grows once is likely to grow again: above SMALL_MAX it moves to a run of
// its own, which may be able to grow in place.
static void *move(void *p, size_t have, size_t n)
{
	bool zeroed = false;
	int saved = errno;
	void *to = n > SMALL_MAX ? large_malloc(n, 1, &zeroed) : fast_malloc(n);

	if (arena_unlikely(!to)) {
		// Nobody expects that a block cannot become smaller.
		if (n > have)
			return NULL;
		errno = saved;
		return p;
	}
	memcpy(to, p, have < n ? have : n);
	fast_free(p);
	return to;
}

static void *realloc_large(void *p, size_t n)
{
	size_t have = arena_usable_size(p);
	void *to;

	if (arena_unlikely(n > PTRDIFF_MAX)) {
		errno = ENOMEM;
		return NULL;
	}
	to = large_resize(p, have, n);
	return to ? to : move(p, have, n);
}

void *arena_realloc(void *p, size_t n)
{
	uint32_t entry;
	size_t have;

	if (!p)
		return fast_malloc(n);
	if (arena_unlikely(!n)) {
		fast_free(p);
		return NULL;
	}
	if (arena_unlikely(region_offset(p) >= region_limit()))
		misuse(p, "not from this heap");
	entry = entry_load(region_offset(p) >> UNIT_SHIFT);
	if (!entry)
		return realloc_large(p, n);
	have = size_class[entry & 255].size;
	if (n <= have &&
	    (n > have - have / 8 || class_of_size(n) == (entry & 255)))
		return p;
	return move(p, have, n);
}

void *arena_reallocarray(void *p, size_t nr, size_t size)
{
	size_t n;

	if (arena_unlikely(__builtin_mul_overflow(nr, size, &n))) {
		errno = ENOMEM;
		return NULL;
	}
	return arena_realloc(p, n);
}
