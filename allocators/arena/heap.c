// SPDX-License-Identifier: MIT
// The slow paths of malloc and free for slots: filling and emptying magazines,
// sizing them by use. Which heap a thread has is decided in thread.c.
#include "allocators/arena/heap.h"
#include "allocators/arena/large.h"
#include "allocators/arena/purge.h"
#include "allocators/arena/slab.h"

#include <errno.h>
#include <string.h>

enum { FREES_MIN = 16, DEPTH_MIN = 4, POLL_EVENTS = 8, ROUND_EVENTS = 256 };

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
	if (!heap_real(h))
		return;
	h->events++;
	if (h->events % POLL_EVENTS == 0)
		purge_poll();
	if (h->events % ROUND_EVENTS)
		return;
	remote_flush(h);
	for (unsigned c = 0; c < NR_CLASSES; c++)
		collect_class(h, c);
	h->round++;
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
	lock_release(&h->lock);
	if (!got)
		return NULL;
	if (got < want)
		memmove(base, base + want - got, got * sizeof(*base));
	hc->used_in = h->round;
	if (2u * hc->fill <= size_class[c].capacity / 2u)
		hc->fill *= 2;
	if (hc->depth < hc->fill)
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

static void *slab_malloc(unsigned c)
{
	struct heap *h = heap_mine;
	void **top, *p;

	if (arena_unlikely(!heap_real(h)))
		return shared_malloc(c);
	// Only sizes that the fast path does not take find something here.
	top = atomic_load_explicit(&h->mag[c].top, memory_order_relaxed);
	if (top[-1]) {
		set_top(h, c, top - 1);
		return top[-1];
	}
	p = refill(h, c);
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
		p = slab_malloc(class_of_size(n));
		if (arena_unlikely(!p)) {
			heap_reclaim();
			p = slab_malloc(class_of_size(n));
		}
	}
	if (arena_unlikely(!p))
		errno = ENOMEM;
	return p;
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
	hc->used_in = h->round;
	if (hc->depth < capacity) {
		set_depth(h, c, depth < capacity ? depth : capacity);
	} else if (top == h->mag[c].lim) {
		flush_oldest(h, c, (capacity + 1) / 2u);
		top -= (capacity + 1) / 2u;
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
	for (unsigned c = 0; c < NR_CLASSES; c++) {
		unsigned level = mag_level(h, c);

		if (level)
			flush_oldest(h, c, level);
	}
	lock_take(&h->lock);
	remote_drain(h);
	for (unsigned c = 0; c < NR_CLASSES; c++)
		slab_trim(h, c);
	lock_release(&h->lock);
}

void heap_reclaim(void)
{
	if (heap_real(heap_mine))
		heap_flush(heap_mine);
	purge_all();
}
