// SPDX-License-Identifier: MIT
// All heaps there are, and which thread has which. A thread gets a heap at its
// first allocation, one that an ended thread left behind if possible. What a
// thread allocates after its own heap was handed back comes from the shared one.
#include "allocators/arena/arena_meta.h"
#include "allocators/arena/block.h"
#include "allocators/arena/heap.h"

#include <pthread.h>

enum { HEAPS_PER_PAGE = 512 };

static void *no_slots[2];

#define EMPTY_HEAP                                                   \
 {                                                                   \
  .mag = { [0 ... NR_CLASSES - 1] = { &no_slots[1], &no_slots[1] } } \
 }

struct heap heap_none = EMPTY_HEAP;
struct heap heap_exited = EMPTY_HEAP;
struct heap *heap_shared;
__thread struct heap *heap_mine __attribute__((tls_model("initial-exec"))) =
	&heap_none;

static struct lock registry_lock;
static _Atomic(struct heap **) pages[HEAPS_MAX / HEAPS_PER_PAGE];
static _Atomic uint32_t nr_heaps;
static struct heap *orphans;
static pthread_key_t exit_key;
static bool has_exit_key;
static _Atomic uint32_t next_arena;

struct heap *heap_by_id(uint32_t id)
{
	struct heap **page;

	if (!id || id >= HEAPS_MAX)
		return NULL;
	// acquire: the heap is complete when it can be found
	page = atomic_load_explicit(&pages[id / HEAPS_PER_PAGE],
				    memory_order_acquire);
	return page ? page[id % HEAPS_PER_PAGE] : NULL;
}

uint32_t heap_count(void)
{
	// acquire: heaps up to this id are complete
	return atomic_load_explicit(&nr_heaps, memory_order_acquire);
}

uint32_t heap_events(void)
{
	uint32_t sum = 0;

	for (uint32_t id = 1; id <= heap_count(); id++)
		sum += atomic_load_explicit(&heap_by_id(id)->events,
					    memory_order_relaxed);
	return sum;
}

static void reset_magazines(struct heap *h)
{
	for (unsigned c = 0; c < NR_CLASSES; c++) {
		unsigned depth = heap_first_depth(c);

		h->class[c].fill = 1;
		h->class[c].depth = (uint16_t)depth;
		h->mag[c].lim = mag_base(h, c) + depth;
		atomic_store_explicit(&h->mag[c].top, mag_base(h, c),
				      memory_order_relaxed);
	}
	h->single_bytes = 0;
	for (unsigned i = 0; i < NR_OUTBOX; i++)
		h->outbox[i].key = 0;
}

// With the registry's lock held.
static struct heap *heap_new(void)
{
	uint32_t id = atomic_load_explicit(&nr_heaps, memory_order_relaxed) + 1;
	_Atomic(struct heap **) *page = &pages[id / HEAPS_PER_PAGE];
	struct heap **list = atomic_load_explicit(page, memory_order_relaxed);
	struct heap *h;

	if (id >= HEAPS_MAX)
		return NULL;
	if (!list) {
		list = meta_alloc(HEAPS_PER_PAGE * sizeof(*list));
		if (!list)
			return NULL;
		// release: zeroed before it can be found
		atomic_store_explicit(page, list, memory_order_release);
	}
	h = meta_alloc(sizeof(*h) + magazine_slots * sizeof(void *));
	if (!h)
		return NULL;
	h->id = id;
	h->id_shifted = id << 8;
	h->arena = arena_choose();
	reset_magazines(h);
	list[id % HEAPS_PER_PAGE] = h;
	// release: complete before it is counted
	atomic_store_explicit(&nr_heaps, id, memory_order_release);
	return h;
}

static void push_orphan(struct heap *h)
{
	atomic_store_explicit(&h->orphan, true, memory_order_relaxed);
	h->next_orphan = orphans;
	orphans = h;
}

static void thread_exit(void *arg)
{
	struct heap *h = arg;

	heap_flush(h);
	heap_mine = &heap_exited;
	lock_take(&registry_lock);
	push_orphan(h);
	lock_release(&registry_lock);
}

bool heap_registry_init(void)
{
	if (!has_exit_key)
		has_exit_key = !pthread_key_create(&exit_key, thread_exit);
	lock_take(&registry_lock);
	heap_shared = heap_new();
	lock_release(&registry_lock);
	return heap_shared != NULL;
}

struct heap *heap_attach(void)
{
	struct heap *h;

	if (heap_mine == &heap_exited)
		return NULL;
	lock_take(&registry_lock);
	h = orphans;
	if (h) {
		orphans = h->next_orphan;
		atomic_store_explicit(&h->orphan, false, memory_order_relaxed);
	} else {
		h = heap_new();
	}
	lock_release(&registry_lock);
	if (!h)
		return NULL;
	// May allocate, and then finds the heap in place.
	heap_mine = h;
	if (has_exit_key)
		pthread_setspecific(exit_key, h);
	return h;
}

struct arena *arena_choose(void)
{
	uint32_t n;

	if (heap_real(heap_mine))
		return heap_mine->arena;
	n = atomic_fetch_add_explicit(&next_arena, 1, memory_order_relaxed);
	return &arenas[n % nr_arenas];
}

void heap_registry_lock(void)
{
	lock_take(&registry_lock);
	for (uint32_t id = 1; id <= heap_count(); id++)
		lock_take(&heap_by_id(id)->lock);
}

void heap_registry_unlock(void)
{
	for (uint32_t id = heap_count(); id; id--)
		lock_release(&heap_by_id(id)->lock);
	lock_release(&registry_lock);
}

// Magazines of other threads may have been copied in the middle of a change;
// what they held stays allocated in the child.
void heap_registry_child(void)
{
	lock_reset(&registry_lock);
	for (uint32_t id = 1; id <= heap_count(); id++) {
		struct heap *h = heap_by_id(id);

		lock_reset(&h->lock);
		if (h == heap_mine || h == heap_shared || heap_orphan(h))
			continue;
		reset_magazines(h);
		push_orphan(h);
	}
}
