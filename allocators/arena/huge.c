// SPDX-License-Identifier: MIT
// Runs of whole blocks. Only address space is rounded up to blocks: pages beyond
// the size asked for never get memory. Growing uses that room first, then free
// blocks behind, then moves the mapping rather than its contents.
#include "allocators/arena/bits.h"
#include "allocators/arena/block.h"
#include "allocators/arena/conf.h"
#include "allocators/arena/large.h"
#include "allocators/arena/os.h"
#include "allocators/arena/region.h"

#include <string.h>

// Blocks moved cost the kernel up to two mappings each, of which a process has
// 65530 by default.
enum { REMAPPED_MAX = 8192 };

static void count_pages(size_t plus, size_t minus)
{
	pages_activate(plus - minus);
	atomic_fetch_add_explicit(&page_counts.large, plus - minus,
				  memory_order_relaxed);
}

static size_t blocks_for(size_t bytes)
{
	return round_up(bytes, BLOCK_BYTES) >> BLOCK_SHIFT;
}

static size_t pages_of(const struct block *b)
{
	return atomic_load_explicit(&b->huge_bytes, memory_order_relaxed) >>
	       page_shift;
}

static void mark_bodies(uint32_t first, size_t n)
{
	for (size_t i = 0; i < n; i++)
		atomic_store_explicit(&block_at(first + (uint32_t)i)->kind,
				      BLOCK_HUGE_BODY, memory_order_relaxed);
}

// Marks pages [from, to) of the run as dirty or not.
static void mark_pages(uint32_t first, size_t from, size_t to, bool dirty)
{
	while (from < to) {
		struct block *b =
			block_at(first + (uint32_t)(from / block_pages()));
		size_t at = from % block_pages();
		size_t n = block_pages() - at;

		if (n > to - from)
			n = to - from;
		if (dirty)
			bits_set_range(b->dirty, at, n);
		else
			bits_clear_range(b->dirty, at, n);
		from += n;
	}
}

// Clears the dirty pages of [from, to): memory is given back, or zeroed.
// Returns whether there were any.
static bool clean_pages(uint32_t first, size_t from, size_t to, bool give_back)
{
	struct os_batch batch;
	bool any = false;

	batch.nr = 0;
	while (from < to) {
		struct block *b =
			block_at(first + (uint32_t)(from / block_pages()));
		size_t at = from % block_pages();
		size_t end = at + (to - from);
		size_t dirty, n;
		char *p = block_address(first);

		if (end > block_pages())
			end = block_pages();
		dirty = bits_next_one(b->dirty, at, end);
		n = bits_next_zero(b->dirty, dirty, end) - dirty;
		p += (from + dirty - at) << page_shift;
		from += dirty - at + n;
		if (!n)
			continue;
		any = true;
		bits_clear_range(b->dirty, dirty, n);
		if (give_back)
			os_batch_add(&batch, p, n << page_shift);
		else
			memset(p, 0, n << page_shift);
	}
	os_batch_flush(&batch);
	return any;
}

void *huge_alloc(size_t bytes, size_t align, size_t room, bool *zeroed)
{
	size_t pages = bytes >> page_shift;
	size_t n = blocks_for(bytes + room);
	uint32_t first;

	align >>= BLOCK_SHIFT;
	first = region_take(n, align ? align : 1);
	if (!first && room) {
		n = blocks_for(bytes);
		first = region_take(n, align ? align : 1);
	}
	if (!first)
		return NULL;
	mark_bodies(first + 1, n - 1);
	block_at(first)->huge_blocks = (uint32_t)n;
	atomic_store_explicit(&block_at(first)->huge_bytes, bytes,
			      memory_order_relaxed);
	// release: size and length are there when the kind is seen
	atomic_store_explicit(&block_at(first)->kind, BLOCK_HUGE,
			      memory_order_release);
	count_pages(pages, 0);
	clean_pages(first, pages, n * block_pages(), true);
	// Whether it is zero matters to calloc only, which may ask to make it so.
	if (*zeroed)
		clean_pages(first, 0, pages, false);
	return block_address(first);
}

// DIRTY: the pages in use have memory behind them.
static void give_run(uint32_t first, bool dirty)
{
	struct block *b = block_at(first);
	size_t pages = pages_of(b);

	count_pages(0, pages);
	mark_pages(first, 0, pages, dirty);
	region_give(first, b->huge_blocks);
}

void huge_free(void *p)
{
	uint32_t first = (uint32_t)(region_offset(p) >> BLOCK_SHIFT);

	if (p != block_address(first))
		misuse(p, "not the start of a block");
	give_run(first, true);
}

bool huge_resize(void *p, size_t bytes)
{
	uint32_t first = (uint32_t)(region_offset(p) >> BLOCK_SHIFT);
	struct block *b = block_at(first);
	size_t have = pages_of(b), pages = bytes >> page_shift;
	size_t n = blocks_for(bytes);

	if (pages < have) {
		mark_pages(first, pages, have, true);
		clean_pages(first, pages, have, true);
	} else if (n > b->huge_blocks) {
		size_t more = n - b->huge_blocks;
		uint32_t at = first + b->huge_blocks;

		if (!region_take_at(at, more))
			return false;
		mark_bodies(at, more);
		clean_pages(first, pages, n * block_pages(), true);
	}
	if (n != b->huge_blocks && pages < have)
		region_give(first + (uint32_t)n, b->huge_blocks - n);
	if (n > b->huge_blocks || pages < have)
		b->huge_blocks = (uint32_t)n;
	atomic_store_explicit(&b->huge_bytes, bytes, memory_order_relaxed);
	count_pages(pages, have);
	return true;
}

static bool may_move(void)
{
	return conf_get(&conf.remap) &&
	       atomic_load_explicit(&region.nr_remapped, memory_order_relaxed) <
		       REMAPPED_MAX;
}

static bool move_block(uint32_t to, uint32_t from)
{
	struct block *b = block_at(to);

	if (!may_move() ||
	    !os_move(block_address(to), block_address(from), BLOCK_BYTES))
		return false;
	if (!b->remapped)
		atomic_fetch_add_explicit(&region.nr_remapped, 1,
					  memory_order_relaxed);
	b->remapped = true;
	return true;
}

// Moves block by block: mappings inside the region begin and end with blocks, so
// that a block is in one mapping, and is moved or not. Returns whether all were.
static bool move_run(uint32_t to, uint32_t from, size_t bytes)
{
	bool all = true;

	for (size_t at = 0; at < bytes; at += BLOCK_BYTES, to++, from++) {
		size_t n = bytes - at < BLOCK_BYTES ? bytes - at : BLOCK_BYTES;

		if (move_block(to, from))
			continue;
		all = false;
		memcpy(block_address(to), block_address(from), n);
	}
	return all;
}

void *huge_move(void *p, size_t have, size_t bytes)
{
	uint32_t from = (uint32_t)(region_offset(p) >> BLOCK_SHIFT);
	bool zeroed = false, moved;
	char *to = huge_alloc(bytes, 1, bytes / 4, &zeroed);

	if (!to)
		return NULL;
	if (atomic_load_explicit(&block_at(from)->kind, memory_order_relaxed) !=
	    BLOCK_HUGE) {
		memcpy(to, p, have);
		large_free(p);
		return to;
	}
	moved = move_run((uint32_t)(region_offset(to) >> BLOCK_SHIFT), from,
			 have);
	give_run(from, !moved);
	return to;
}
