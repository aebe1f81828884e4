// SPDX-License-Identifier: MIT
// The slow paths of malloc and free for slots: filling and emptying magazines,
// sizing them by use. Which heap a thread has is decided in thread.c.
#include "allocators/arena/heap.h"
#include "allocators/arena/background.h"
#include "allocators/arena/conf.h"
#include "allocators/arena/large.h"
#include "allocators/arena/purge.h"
#include "allocators/arena/slab.h"

#include <errno.h>
#include <string.h>

enum { FREES_MIN = 16, DEPTH_MIN = 4, POLL_EVENTS = 8, ROUND_EVENTS = 256 };
enum { DEPTH_FIRST = 8, FIRST_BYTES = 8192 };
enum { VOTES = 32, FIT_PAYS = 65536 };

// What magazines of slabs of one slot may hold together, at least.
#define SINGLE_MIN (256 * ARENA_KIB)

static bool is_single(unsigned c)
{
	return size_class[c].nr_slots == 1;
}

unsigned heap_first_depth(unsigned c)
{
	unsigned depth;

	if (c >= class_count())
		return 1;
	if (is_single(c))
		return 0;
	depth = FIRST_BYTES / size_class[c].size;
	if (depth > DEPTH_FIRST)
		depth = DEPTH_FIRST;
	if (depth > size_class[c].capacity)
		depth = size_class[c].capacity;
	return depth ? depth : 1;
}

static void set_top(struct heap *h, unsigned c, void **top)
{
	atomic_store_explicit(&h->mag[c].top, top, memory_order_relaxed);
}

// Returns the n oldest pointers of a magazine to their slabs.
static void flush_oldest(struct heap *h, unsigned c, unsigned n)
{
	void **base = mag_base(h, c);
	unsigned level = mag_level(h, c);

	lock_take(&h->lock);
	slab_put(h, base, n);
	lock_release(&h->lock);
	memmove(base, base + n, (level - n) * sizeof(*base));
	set_top(h, c, base + level - n);
	if (is_single(c)) {
		h->mag[c].lim = base + level - n;
		h->single_bytes -= n * (size_t)size_class[c].size;
	}
}

static void set_depth(struct heap *h, unsigned c, unsigned depth)
{
	h->class[c].depth = (uint16_t)depth;
	h->mag[c].lim = mag_base(h, c) + depth;
}

// A class that saw no refill and no flush for a round has more than it needs.
static void collect_class(struct heap *h, unsigned c)
{
	struct heap_class *hc = &h->class[c];
	unsigned level = mag_level(h, c);

	if (hc->used_in == h->round || !hc->nr_slabs)
		return;
	if (level)
		flush_oldest(h, c, (level + 1) / 2);
	level /= 2;
	if (hc->depth / 2 >= DEPTH_MIN && hc->depth / 2u >= level)
		set_depth(h, c, hc->depth / 2u);
	if (hc->fill > 1)
		hc->fill /= 2;
	lock_take(&h->lock);
	slab_trim(h, c);
	lock_release(&h->lock);
}

void heap_upkeep(struct heap *h)
{
	uint32_t events;
	size_t holes;

	if (!heap_real(h))
		return;
	events = 1 + atomic_load_explicit(&h->events, memory_order_relaxed);
	atomic_store_explicit(&h->events, events, memory_order_relaxed);
	if (events % POLL_EVENTS == 0)
		purge_poll();
	if (events % ROUND_EVENTS)
		return;
	lock_take(&h->lock);
	holes = slab_holes_expected(h);
	lock_release(&h->lock);
	if (holes >= BACKGROUND_PAYS)
		background_start();
	remote_flush(h);
	for (unsigned c = 0; c < class_count(); c++)
		collect_class(h, c);
	h->round++;
}

// Counts what refills of a class ask for. When one size has the majority, and
// much of the class's memory is rounding, it gets a class of its own.
static void vote(struct heap *h, unsigned c, size_t n)
{
	struct heap_class *hc = &h->class[c];
	uint16_t size = (uint16_t)((n + 15) / 16);
	uint32_t bytes = 16u * size, slot = size_class[c].size;
	size_t slabs = (size_t)hc->nr_slabs * size_class[c].nr_units;

	if (bytes == slot || c >= NR_SMALL || !conf_get(&conf.fit))
		return;
	if (!hc->votes)
		hc->favourite = size;
	if (hc->favourite != size) {
		hc->votes--;
		return;
	}
	if (++hc->votes < VOTES)
		return;
	hc->votes = 0;
	if (slabs * UNIT_BYTES / slot * (slot - bytes) >= FIT_PAYS)
		sizeclass_fit(c, bytes);
}

// Fills an empty magazine and pops from it.
static void *refill(struct heap *h, unsigned c)
{
	struct heap_class *hc = &h->class[c];
	unsigned want = hc->fill, got;
	void **base = mag_base(h, c);

	lock_take(&h->lock);
	if (atomic_load_explicit(&h->remote_head, memory_order_relaxed))
		remote_drain(h);
	got = slab_take(h, c, base + want, want);
	h->single_most = (size_t)h->nr_units * UNIT_BYTES / 16;
	lock_release(&h->lock);
	if (h->single_most < SINGLE_MIN)
		h->single_most = SINGLE_MIN;
	if (!got)
		return NULL;
	if (got < want)
		memmove(base, base + want - got, got * sizeof(*base));
	hc->used_in = h->round;
	if (2u * hc->fill <= size_class[c].capacity / 2u)
		hc->fill *= 2;
	if (hc->depth < hc->fill && !is_single(c))
		set_depth(h, c, hc->fill);
	set_top(h, c, base + got - 1);
	return base[got - 1];
}

static void *shared_malloc(unsigned c)
{
	void *slot[1];
	unsigned got;

	if (!heap_shared)
		return NULL;
	lock_take(&heap_shared->lock);
	remote_drain(heap_shared);
	got = slab_take(heap_shared, c, slot + 1, 1);
	lock_release(&heap_shared->lock);
	return got ? slot[0] : NULL;
}

static void *slab_malloc(size_t n)
{
	struct heap *h = heap_mine;
	unsigned c = class_of_size(n);
	void **top, *p;

	if (arena_unlikely(!heap_real(h)))
		return shared_malloc(c);
	// Only sizes that the fast path does not take find something here.
	top = atomic_load_explicit(&h->mag[c].top, memory_order_relaxed);
	if (top[-1]) {
		set_top(h, c, top - 1);
		h->mag[c].lim = top - 1;
		h->single_bytes -= size_class[c].size;
		return top[-1];
	}
	p = refill(h, c);
	vote(h, c, n);
	heap_upkeep(h);
	return p;
}

void *heap_malloc_slow(size_t n)
{
	bool zeroed = false;
	void *p = NULL;

	if (arena_likely(arena_init())) {
		if (heap_mine == &heap_none)
			heap_attach();
		if (n > SLAB_MAX)
			return large_malloc(n, 1, &zeroed);
		p = slab_malloc(n);
		if (arena_unlikely(!p)) {
			heap_reclaim();
			p = slab_malloc(n);
		}
	}
	if (arena_unlikely(!p))
		errno = ENOMEM;
	return p;
}

// A slab of one slot: kept while what all such magazines hold is little beside
// the heap, so that a small process does not keep one block of every size.
static void free_single(struct heap *h, unsigned c, void *p)
{
	void **base = mag_base(h, c);
	size_t bytes = h->single_bytes + size_class[c].size;

	h->class[c].used_in = h->round;
	if (mag_level(h, c) || bytes > h->single_most) {
		lock_take(&h->lock);
		slab_put(h, &p, 1);
		lock_release(&h->lock);
		return;
	}
	h->single_bytes = bytes;
	base[0] = p;
	set_top(h, c, base + 1);
	h->mag[c].lim = base + 1;
}

// Pushes onto a full magazine: makes it deeper while it is below its capacity,
// else returns the older half.
static void free_full(struct heap *h, unsigned c, void *p)
{
	struct heap_class *hc = &h->class[c];
	void **top = atomic_load_explicit(&h->mag[c].top, memory_order_relaxed);
	unsigned capacity = size_class[c].capacity;
	unsigned depth = 2u * hc->depth;

	if (top[-1] == p)
		misuse(p, "double free");
	if (is_single(c)) {
		free_single(h, c, p);
		return;
	}
	hc->used_in = h->round;
	if (hc->depth < capacity) {
		set_depth(h, c, depth < capacity ? depth : capacity);
	} else if (top == h->mag[c].lim) {
		unsigned half = (mag_level(h, c) + 1) / 2;

		flush_oldest(h, c, half);
		top -= half;
	}
	*top = p;
	set_top(h, c, top + 1);
}

// A thread that only frees gets a heap for its outbox. Not at once: libc frees
// on behalf of a thread when it is too late for its destructors.
static bool wants_heap(void)
{
	static __thread unsigned nr_frees;

	return nr_frees++ >= FREES_MIN && arena_init() && heap_attach();
}

void heap_free_slow(void *p)
{
	struct heap *h = heap_mine;
	uint32_t entry;

	if (!p)
		return;
	if (h == &heap_none && wants_heap())
		h = heap_mine;
	if (region_offset(p) >= region_limit())
		misuse(p, "not from this heap");
	entry = entry_load(region_offset(p) >> UNIT_SHIFT);
	if (!entry)
		large_free(p);
	else if (heap_real(h) && entry >> 8 == h->id)
		free_full(h, entry & 255, p);
	else
		remote_free(h, p, entry);
	heap_upkeep(h);
}

void heap_flush(struct heap *h)
{
	remote_flush(h);
	for (unsigned c = 0; c < class_count(); c++) {
		unsigned level = mag_level(h, c);

		if (level)
			flush_oldest(h, c, level);
	}
	lock_take(&h->lock);
	remote_drain(h);
	for (unsigned c = 0; c < class_count(); c++)
		slab_trim(h, c);
	lock_release(&h->lock);
}

void heap_reclaim(void)
{
	if (heap_real(heap_mine))
		heap_flush(heap_mine);
	purge_all();
}
