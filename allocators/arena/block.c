// SPDX-License-Identifier: MIT
// The pages of an arena's blocks. Blocks sit in lists by the longest free run
// that they have; a request goes to the fullest of some blocks that just fit,
// so that emptier ones can drain and go back to the region. Pages that were
// freed keep their memory until purged, and are counted.
#include "allocators/arena/block.h"
#include "allocators/arena/bits.h"
#include "allocators/arena/os.h"
#include "allocators/arena/region.h"

enum { CANDIDATES = 8 };

struct arena arenas[ARENAS_MAX];
unsigned nr_arenas;
struct page_counts page_counts;

static void count_pages(_Atomic size_t *counter, size_t plus, size_t minus)
{
	if (plus != minus)
		atomic_fetch_add_explicit(counter, plus - minus,
					  memory_order_relaxed);
}

void pages_activate(size_t n)
{
	size_t active = n + atomic_fetch_add_explicit(&page_counts.active, n,
						      memory_order_relaxed);

	if (active >
	    atomic_load_explicit(&page_counts.peak, memory_order_relaxed))
		atomic_store_explicit(&page_counts.peak, active,
				      memory_order_relaxed);
}

static void list_remove(struct arena *a, uint32_t i)
{
	struct block *b = block_at(i);

	if (b->bucket == BLOCK_BUCKETS)
		return;
	if (b->prev)
		block_at(b->prev)->next = b->next;
	else
		a->bucket[b->bucket] = b->next;
	if (b->next)
		block_at(b->next)->prev = b->prev;
	b->bucket = BLOCK_BUCKETS;
}

// Finds the longest free run anew and files the block under it.
static void list_update(struct arena *a, uint32_t i)
{
	struct block *b = block_at(i);
	unsigned bucket = BLOCK_BUCKETS;

	b->longest = (uint16_t)bits_longest_run(b->used, block_pages());
	if (b->longest)
		bucket = 31 - (unsigned)__builtin_clz(b->longest);
	if (bucket == b->bucket)
		return;
	list_remove(a, i);
	if (bucket == BLOCK_BUCKETS)
		return;
	b->bucket = (uint8_t)bucket;
	b->prev = 0;
	b->next = a->bucket[bucket];
	if (b->next)
		block_at(b->next)->prev = i;
	a->bucket[bucket] = i;
}

// The fullest of the first few blocks in a list that have room.
static uint32_t find_in_bucket(struct arena *a, unsigned bucket, size_t n,
			       size_t align, size_t *page)
{
	uint32_t best = 0;
	int tried = 0;

	for (uint32_t i = a->bucket[bucket]; i && tried < CANDIDATES;
	     i = block_at(i)->next, tried++) {
		struct block *b = block_at(i);
		size_t at;

		if (b->longest < n ||
		    (best && b->nr_used <= block_at(best)->nr_used))
			continue;
		at = bits_find_run(b->used, 0, block_pages(), n, align);
		if (at == block_pages())
			continue;
		best = i;
		*page = at;
	}
	return best;
}

static uint32_t new_block(struct arena *a)
{
	uint32_t i = region_take(1, 1);
	struct block *b;

	if (!i)
		return 0;
	b = block_at(i);
	for (int w = 0; w < BLOCK_WORDS; w++)
		b->used[w] = b->start[w] = 0;
	b->nr_used = 0;
	b->nr_dirty = (uint16_t)bits_count_range(b->dirty, 0, block_pages());
	count_pages(&page_counts.dirty, b->nr_dirty, 0);
	b->arena = (uint8_t)a->index;
	b->bucket = BLOCK_BUCKETS;
	a->nr_blocks++;
	return i;
}

static uint64_t dirty_bits(const struct block *b, size_t page, size_t n)
{
	uint64_t bits = 0;

	if (n > 64)
		return bits_count_range(b->dirty, page, n) ? ~(uint64_t)0 : 0;
	for (size_t i = 0; i < n; i++)
		bits |= (uint64_t)bits_test(b->dirty, page + i) << i;
	return bits;
}

static void mark_used(struct block *b, size_t page, size_t n)
{
	size_t dirty = bits_count_range(b->dirty, page, n);

	bits_set_range(b->used, page, n);
	b->nr_used += (uint16_t)n;
	b->nr_dirty -= (uint16_t)dirty;
	count_pages(&page_counts.dirty, 0, dirty);
	pages_activate(n);
}

static void mark_free(struct block *b, size_t page, size_t n, uint64_t clean)
{
	size_t dirty;

	bits_clear_range(b->used, page, n);
	bits_set_range(b->dirty, page, n);
	for (; clean; clean &= clean - 1)
		bits_clear(b->dirty, page + (size_t)__builtin_ctzll(clean));
	dirty = bits_count_range(b->dirty, page, n);
	b->nr_used -= (uint16_t)n;
	b->nr_dirty += (uint16_t)dirty;
	count_pages(&page_counts.dirty, dirty, 0);
	pages_activate(-n);
}

void *run_alloc(struct arena *a, size_t n, size_t align, uint64_t *dirty)
{
	unsigned bucket = 31 - (unsigned)__builtin_clz((unsigned)n);
	uint32_t i = 0;
	size_t page = 0;
	struct block *b;

	lock_take(&a->lock);
	for (; bucket < BLOCK_BUCKETS && !i; bucket++)
		i = find_in_bucket(a, bucket, n, align, &page);
	if (!i) {
		i = new_block(a);
		page = 0;
	}
	if (!i) {
		lock_release(&a->lock);
		return NULL;
	}
	b = block_at(i);
	*dirty = dirty_bits(b, page, n);
	mark_used(b, page, n);
	bits_set(b->start, page);
	list_update(a, i);
	lock_release(&a->lock);
	return block_address(i) + (page << page_shift);
}

static uint32_t block_of(const void *p, size_t *page)
{
	size_t offset = region_offset(p);

	*page = (offset & (BLOCK_BYTES - 1)) >> page_shift;
	return (uint32_t)(offset >> BLOCK_SHIFT);
}

// With the arena's lock held, after pages became free.
static void settle(struct arena *a, uint32_t i)
{
	struct block *b = block_at(i);

	if (b->nr_used) {
		list_update(a, i);
		return;
	}
	list_remove(a, i);
	a->nr_blocks--;
	count_pages(&page_counts.dirty, 0, b->nr_dirty);
	region_give(i, 1);
}

static void free_locked(struct arena *a, uint32_t i, size_t page, size_t n,
			uint64_t clean)
{
	struct block *b = block_at(i);

	bits_clear(b->start, page);
	mark_free(b, page, n, clean);
	settle(a, i);
}

void run_free(void *p, size_t n, uint64_t clean)
{
	size_t page;
	uint32_t i = block_of(p, &page);
	struct arena *a = &arenas[block_at(i)->arena];

	lock_take(&a->lock);
	free_locked(a, i, page, n, clean);
	lock_release(&a->lock);
}

static size_t run_length(const struct block *b, size_t page)
{
	size_t end = block_pages();

	if (!bits_test(b->start, page) || !bits_test(b->used, page))
		return 0;
	end = bits_next_one(b->start, page + 1, end);
	return bits_next_zero(b->used, page + 1, end) - page;
}

// Locks the arena of the block that p lies in; NULL when p cannot be a run.
static struct arena *lock_run(void *p, uint32_t *i, size_t *page)
{
	struct arena *a;

	*i = block_of(p, page);
	if (region_offset(p) & (page_bytes() - 1))
		return NULL;
	// acquire: pairs with region_take(), the block's arena is set
	if (atomic_load_explicit(&block_at(*i)->kind, memory_order_acquire) !=
	    BLOCK_PAGES)
		return NULL;
	a = &arenas[block_at(*i)->arena];
	lock_take(&a->lock);
	return a;
}

size_t run_free_large(void *p)
{
	uint32_t i;
	size_t page, n;
	struct arena *a = lock_run(p, &i, &page);

	if (!a)
		return 0;
	n = run_length(block_at(i), page);
	if (n)
		free_locked(a, i, page, n, 0);
	lock_release(&a->lock);
	return n;
}

size_t run_pages(void *p)
{
	uint32_t i;
	size_t page, n;
	struct arena *a = lock_run(p, &i, &page);

	if (!a)
		return 0;
	n = run_length(block_at(i), page);
	lock_release(&a->lock);
	return n;
}

bool run_resize(void *p, size_t n, size_t wanted)
{
	size_t page, end = block_pages();
	uint32_t i = block_of(p, &page);
	struct block *b = block_at(i);
	struct arena *a = &arenas[b->arena];
	bool ok = true;

	lock_take(&a->lock);
	if (wanted < n) {
		mark_free(b, page + wanted, n - wanted, 0);
	} else {
		ok = page + wanted <= end &&
		     bits_next_one(b->used, page + n, page + wanted) ==
			     page + wanted;
		if (ok)
			mark_used(b, page + n, wanted - n);
	}
	if (ok)
		list_update(a, i);
	lock_release(&a->lock);
	return ok;
}

void arena_purge(struct arena *a, size_t target)
{
	struct os_batch batch;

	batch.nr = 0;
	lock_take(&a->lock);
	for (int k = BLOCK_BUCKETS - 1; k >= 0; k--) {
		for (uint32_t i = a->bucket[k]; i; i = block_at(i)->next) {
			if (atomic_load_explicit(&page_counts.dirty,
						 memory_order_relaxed) <=
			    target)
				goto out;
			block_purge(block_at(i), target, &batch);
		}
	}
out:
	os_batch_flush(&batch);
	lock_release(&a->lock);
}
