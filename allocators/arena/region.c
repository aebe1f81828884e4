// SPDX-License-Identifier: MIT
// Reserves the region with the tables behind it, makes more of it usable on
// demand, and hands out runs of blocks, lowest address first. Free blocks keep
// the memory that they had until region_purge(). What a block is used for is
// not known here.
#include "allocators/arena/region.h"
#include "allocators/arena/bits.h"
#include "allocators/arena/os.h"

#define REGION_MAX      ((size_t)1 << 40)
#define REGION_MIN      (8 * ARENA_MIB)
#define COMMIT_STEP_MAX (64 * ARENA_MIB)

// The tables, each with its bytes per block.
enum table { TABLE_ENTRY, TABLE_UNIT, TABLE_BLOCK, TABLE_MAP, NR_TABLES };

static const size_t table_bytes[NR_TABLES] = {
	[TABLE_ENTRY] = BLOCK_UNITS * sizeof(uint32_t),
	[TABLE_UNIT] = BLOCK_UNITS * sizeof(struct unit),
	[TABLE_BLOCK] = sizeof(struct block),
	[TABLE_MAP] = 1, // one bit would do
};

struct region region;
struct lock region_lock;
static char *table[NR_TABLES];
static uint64_t *taken;      // bit per block
static uint32_t nr_blocks;   // committed
static uint32_t lowest_free; // no free block below
static uint32_t dirty_head, dirty_tail;
static _Atomic size_t nr_dirty; // pages in free blocks

static size_t table_total(size_t blocks)
{
	size_t total = 0;

	for (int t = 0; t < NR_TABLES; t++)
		total += round_up(blocks * table_bytes[t], page_bytes());
	return total;
}

// What to ask for under a limit on address space: leave a quarter for stacks,
// libraries and mappings of the program's own.
static size_t first_try(void)
{
	size_t limit = os_address_limit();

	if (limit / 4 > REGION_MAX / 3)
		return REGION_MAX;
	return limit - limit / 4;
}

// Makes the region and its tables usable up to UPTO blocks.
static bool commit(size_t upto)
{
	size_t had = nr_blocks;

	for (int t = 0; t < NR_TABLES; t++) {
		size_t from = round_up(had * table_bytes[t], page_bytes());
		size_t to = round_up(upto * table_bytes[t], page_bytes());

		if (to > from && !os_commit(table[t] + from, to - from))
			return false;
	}
	if (!os_commit(block_address((uint32_t)had), (upto - had)
							     << BLOCK_SHIFT))
		return false;
	nr_blocks = (uint32_t)upto;
	// release: whoever sees the new limit may read the tables up to it
	atomic_store_explicit(&region.bytes, upto << BLOCK_SHIFT,
			      memory_order_release);
	return true;
}

// Grows by a quarter, at most COMMIT_STEP_MAX, at least to NEED blocks.
static bool grow(size_t need)
{
	size_t step = nr_blocks / 4;
	size_t upto;

	if (need > region.nr_reserved)
		return false;
	if (step > COMMIT_STEP_MAX >> BLOCK_SHIFT)
		step = COMMIT_STEP_MAX >> BLOCK_SHIFT;
	upto = nr_blocks + step;
	if (upto > region.nr_reserved)
		upto = region.nr_reserved;
	if (upto > need && commit(upto))
		return true;
	return commit(need);
}

// Reserves as many blocks as the system allows, at *P; 0 when that is nothing
// useful.
static size_t reserve(char **p, size_t *total)
{
	size_t bytes;

	for (bytes = first_try(); bytes >= REGION_MIN; bytes -= bytes / 4) {
		size_t blocks = bytes >> BLOCK_SHIFT;

		*total = (blocks << BLOCK_SHIFT) + table_total(blocks) +
			 BLOCK_BYTES;
		*p = os_reserve(*total);
		if (*p)
			return blocks;
	}
	return 0;
}

static void lay_out(size_t blocks)
{
	char *p = (char *)region.base + (blocks << BLOCK_SHIFT);

	for (int t = 0; t < NR_TABLES; t++) {
		table[t] = p;
		p += round_up(blocks * table_bytes[t], page_bytes());
	}
	region.nr_reserved = (uint32_t)blocks;
	region.entry = (_Atomic uint32_t *)table[TABLE_ENTRY];
	region.unit = (struct unit *)table[TABLE_UNIT];
	region.block = (struct block *)table[TABLE_BLOCK];
	taken = (uint64_t *)table[TABLE_MAP];
}

bool region_init(void)
{
	size_t total;
	char *p;
	size_t blocks = reserve(&p, &total);

	if (!blocks)
		return false;
	region.base = round_up((uintptr_t)p, BLOCK_BYTES);
	lay_out(blocks);
	if (!commit(2)) {
		// The next allocation starts from nothing again.
		os_release(p, total);
		region.base = 0;
		return false;
	}
	// Block 0 is never used, so that index 0 can mean none.
	bits_set(taken, 0);
	lowest_free = 1;
	return true;
}

// Whether a free block is in the list of those that purging has work with.
static bool is_listed(const struct block *b)
{
	return b->nr_dirty || b->remapped;
}

static void dirty_push(uint32_t i)
{
	struct block *b = block_at(i);

	b->next = 0;
	b->prev = dirty_tail;
	if (dirty_tail)
		block_at(dirty_tail)->next = i;
	else
		dirty_head = i;
	dirty_tail = i;
}

static void dirty_remove(uint32_t i)
{
	struct block *b = block_at(i);

	if (b->prev)
		block_at(b->prev)->next = b->next;
	else
		dirty_head = b->next;
	if (b->next)
		block_at(b->next)->prev = b->prev;
	else
		dirty_tail = b->prev;
	b->next = b->prev = 0;
}

static void take_range(uint32_t first, size_t n)
{
	size_t dirty = 0;

	bits_set_range(taken, first, n);
	for (uint32_t i = first; i < first + n; i++) {
		struct block *b = block_at(i);

		if (is_listed(b))
			dirty_remove(i);
		dirty += b->nr_dirty;
		b->nr_dirty = 0;
		b->bucket = BLOCK_BUCKETS;
		// release: the fields above are set when the kind is seen
		atomic_store_explicit(&b->kind, BLOCK_PAGES,
				      memory_order_release);
	}
	atomic_fetch_sub_explicit(&page_counts.dirty, dirty,
				  memory_order_relaxed);
	atomic_fetch_sub_explicit(&nr_dirty, dirty, memory_order_relaxed);
	if (first == lowest_free)
		lowest_free = (uint32_t)bits_next_zero(taken, first, nr_blocks);
}

uint32_t region_take(size_t n, size_t align)
{
	size_t base = region.base >> BLOCK_SHIFT;
	size_t first, need;

	if (n >= region.nr_reserved)
		return 0;
	lock_take(&region_lock);
	if (align <= 1) {
		first = bits_find_run(taken, lowest_free, nr_blocks, n, 1);
	} else {
		// Aligned runs are rare; only new ground is tried for them.
		first = nr_blocks;
	}
	if (first == nr_blocks) {
		// Start with the free blocks at the end, if there are some.
		while (align <= 1 && !bits_test(taken, first - 1))
			first--;
		first = round_up(base + first, align) - base;
		need = first + n;
		if (need < n || (need > nr_blocks && !grow(need)))
			first = 0;
	}
	if (first)
		take_range((uint32_t)first, n);
	lock_release(&region_lock);
	return (uint32_t)first;
}

bool region_take_at(uint32_t first, size_t n)
{
	size_t end = first + n;
	bool ok;

	lock_take(&region_lock);
	ok = end <= nr_blocks || grow(end);
	ok = ok && bits_next_one(taken, first, end) == end;
	if (ok)
		take_range(first, n);
	lock_release(&region_lock);
	return ok;
}

void region_give(uint32_t first, size_t n)
{
	size_t dirty = 0;

	lock_take(&region_lock);
	// Highest address first: purging starts with the oldest entry, and the
	// lowest addresses are the next to be used again.
	for (uint32_t i = first + (uint32_t)n; i-- > first;) {
		struct block *b = block_at(i);

		b->nr_dirty =
			(uint16_t)bits_count_range(b->dirty, 0, block_pages());
		dirty += b->nr_dirty;
		b->next = b->prev = 0;
		atomic_store_explicit(&b->kind, BLOCK_FREE,
				      memory_order_relaxed);
		if (is_listed(b))
			dirty_push(i);
	}
	bits_clear_range(taken, first, n);
	if (first < lowest_free)
		lowest_free = first;
	atomic_fetch_add_explicit(&page_counts.dirty, dirty,
				  memory_order_relaxed);
	atomic_fetch_add_explicit(&nr_dirty, dirty, memory_order_relaxed);
	lock_release(&region_lock);
}

static size_t dirty_beyond(size_t target)
{
	size_t dirty =
		atomic_load_explicit(&page_counts.dirty, memory_order_relaxed);

	return dirty > target ? dirty - target : 0;
}

void block_purge(struct block *b, size_t target, struct os_batch *batch)
{
	char *address = block_address((uint32_t)(b - region.block));
	size_t end = block_pages(), at = 0;
	size_t excess = dirty_beyond(target);
	size_t keep = b->nr_dirty > excess ? b->nr_dirty - excess : 0;

	while (b->nr_dirty) {
		size_t from, n;

		from = at = bits_next_one(b->dirty, at, end);
		if (at == end)
			break;
		if (bits_test(b->used, at)) {
			at = bits_next_zero(b->used, at, end);
			continue;
		}
		at = bits_next_zero(b->dirty, from, end);
		n = bits_next_one(b->used, from, at) - from;
		at = from + n;
		// The pages to keep are the lowest: they are used again first.
		if (keep) {
			size_t skip = n < keep ? n : keep;

			keep -= skip;
			from += skip;
			n -= skip;
		}
		if (!n)
			continue;
		bits_clear_range(b->dirty, from, n);
		b->nr_dirty -= (uint16_t)n;
		atomic_fetch_sub_explicit(&page_counts.dirty, n,
					  memory_order_relaxed);
		os_batch_add(batch, address + (from << page_shift),
			     n << page_shift);
	}
}

// A block that mappings were moved into is mapped anew, so that it melts into
// the mapping around it again.
static void purge_free_block(uint32_t i, size_t target, struct os_batch *batch)
{
	struct block *b = block_at(i);
	size_t had = b->nr_dirty;

	if (b->remapped && os_renew(block_address(i), BLOCK_BYTES)) {
		bits_clear_range(b->dirty, 0, block_pages());
		atomic_fetch_sub_explicit(&page_counts.dirty, b->nr_dirty,
					  memory_order_relaxed);
		b->nr_dirty = 0;
	} else {
		block_purge(b, target, batch);
	}
	atomic_fetch_sub_explicit(&nr_dirty, had - b->nr_dirty,
				  memory_order_relaxed);
	if (b->nr_dirty)
		return;
	dirty_remove(i);
	if (b->remapped)
		atomic_fetch_sub_explicit(&region.nr_remapped, 1,
					  memory_order_relaxed);
	b->remapped = false;
}

size_t region_dirty(void)
{
	return atomic_load_explicit(&nr_dirty, memory_order_relaxed);
}

void region_purge(size_t target)
{
	struct os_batch batch;

	batch.nr = 0;
	lock_take(&region_lock);
	while (dirty_head && (!target || dirty_beyond(target)))
		purge_free_block(dirty_head, target, &batch);
	os_batch_flush(&batch);
	lock_release(&region_lock);
}

size_t region_committed(void)
{
	return region_limit();
}

size_t region_table_bytes(void)
{
	return table_total(region_limit() >> BLOCK_SHIFT);
}
