// SPDX-License-Identifier: MIT
// Large allocations: chooses between a run inside a block and whole blocks, and
// tells on free which of them a pointer is.
#include "allocators/arena/large.h"
#include "allocators/arena/block.h"
#include "allocators/arena/heap.h"
#include "allocators/arena/region.h"

#include <errno.h>

static enum block_kind kind_of(const void *p)
{
	const struct block *b =
		block_at((uint32_t)(region_offset(p) >> BLOCK_SHIFT));

	// acquire: the block's fields are set when its kind is seen
	return atomic_load_explicit(&b->kind, memory_order_acquire);
}

static void *try_malloc(size_t n, size_t align, bool *zeroed)
{
	size_t pages = round_up(n, page_bytes()) >> page_shift;
	uint64_t dirty = 0;
	void *p;

	if (n > LARGE_MAX || align > LARGE_MAX)
		return huge_alloc(pages << page_shift, align, 0, zeroed);
	align >>= page_shift;
	p = run_alloc(arena_choose(), pages, align ? align : 1, &dirty);
	*zeroed = !dirty;
	if (p)
		atomic_fetch_add_explicit(&page_counts.large, pages,
					  memory_order_relaxed);
	return p;
}

void *large_malloc(size_t n, size_t align, bool *zeroed)
{
	void *p = NULL;

	if (n <= PTRDIFF_MAX - align && arena_init()) {
		p = try_malloc(n, align, zeroed);
		if (arena_unlikely(!p)) {
			heap_reclaim();
			p = try_malloc(n, align, zeroed);
		}
	}
	if (arena_unlikely(!p))
		errno = ENOMEM;
	return p;
}

void large_free(void *p)
{
	size_t pages = 0;

	switch (kind_of(p)) {
	case BLOCK_HUGE:
		huge_free(p);
		break;
	case BLOCK_PAGES:
		pages = run_free_large(p);
		if (!pages)
			misuse(p, "not the start of a block, or freed before");
		atomic_fetch_sub_explicit(&page_counts.large, pages,
					  memory_order_relaxed);
		break;
	default:
		misuse(p, "not the start of a block, or freed before");
	}
}

size_t large_usable(void *p)
{
	uint32_t i = (uint32_t)(region_offset(p) >> BLOCK_SHIFT);

	switch (kind_of(p)) {
	case BLOCK_HUGE:
		if (p != block_address(i))
			return 0;
		return atomic_load_explicit(&block_at(i)->huge_bytes,
					    memory_order_relaxed);
	case BLOCK_PAGES:
		return run_pages(p) << page_shift;
	default:
		return 0;
	}
}

void *large_resize(void *p, size_t have, size_t n)
{
	size_t bytes = round_up(n, page_bytes());
	bool huge = kind_of(p) == BLOCK_HUGE;

	if (bytes == have)
		return p;
	if (bytes < have && bytes > have - have / 8)
		return p;
	if (huge && bytes > LARGE_MAX)
		return huge_resize(p, bytes) ? p : huge_move(p, have, bytes);
	if (!huge && bytes > LARGE_MAX)
		return huge_move(p, have, bytes);
	if (huge || n <= SMALL_MAX)
		return NULL;
	if (!run_resize(p, have >> page_shift, bytes >> page_shift))
		return NULL;
	atomic_fetch_add_explicit(&page_counts.large,
				  (bytes >> page_shift) - (have >> page_shift),
				  memory_order_relaxed);
	return p;
}
