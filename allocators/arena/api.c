// SPDX-License-Identifier: MIT
// malloc, free and what follows from them directly.
#include "allocators/arena/api.h"
#include "allocators/arena/conf.h"
#include "allocators/arena/fast.h"
#include "allocators/arena/large.h"
#include "allocators/arena/purge.h"

#include <errno.h>
#include <string.h>

void *arena_malloc(size_t n)
{
	return fast_malloc(n);
}

void arena_free(void *p)
{
	fast_free(p);
}

void *arena_calloc(size_t nr, size_t size)
{
	bool zeroed = true;
	size_t n;
	void *p;

	if (arena_unlikely(__builtin_mul_overflow(nr, size, &n))) {
		errno = ENOMEM;
		return NULL;
	}
	if (n <= SMALL_MAX) {
		p = fast_malloc(n);
		zeroed = false;
	} else {
		p = large_malloc(n, 1, &zeroed);
	}
	if (p && !zeroed)
		memset(p, 0, n);
	return p;
}

size_t arena_usable_size(void *p)
{
	uint32_t entry;
	size_t n;

	if (!p)
		return 0;
	if (region_offset(p) >= region_limit())
		misuse(p, "not from this heap");
	entry = entry_load(region_offset(p) >> UNIT_SHIFT);
	if (entry)
		return size_class[entry & 255].size;
	n = large_usable(p);
	if (!n)
		misuse(p, "not the start of a block, or freed before");
	return n;
}

size_t arena_good_size(size_t n)
{
	if (n > PTRDIFF_MAX || !arena_init())
		return 0;
	// By the time of the allocation the size may have a closer class.
	if (n <= SMALL_MAX && conf_get(&conf.fit))
		return n ? round_up(n, 16) : 16;
	if (n <= SLAB_MAX)
		return size_class[class_of_size(n)].size;
	return round_up(n, page_bytes());
}

int arena_trim(size_t pad)
{
	(void)pad;
	if (!arena_init())
		return 0;
	if (heap_real(heap_mine))
		heap_flush(heap_mine);
	return purge_all();
}
