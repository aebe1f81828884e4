// SPDX-License-Identifier: MIT
// When free memory goes back to the kernel. Three rules: (1) dirty pages stay
// below max(dirty_min, active / dirty_ratio); (2) what stays dirty halves each
// decay_ms; (3) neither takes what the program used within the last decay_ms,
// since it is likely to be used again. Time goes in epochs of a quarter of that.
// Within a kind the oldest free blocks and the emptiest used ones go first;
// pages free inside slabs that rest are returned once per decay_ms. Slow paths
// of malloc and free do this; once a process has much to return, a thread does
// it too, so that all goes back when the process falls idle; see background.c.
#include "allocators/arena/purge.h"
#include "allocators/arena/background.h"
#include "allocators/arena/block.h"
#include "allocators/arena/conf.h"
#include "allocators/arena/heap.h"
#include "allocators/arena/os.h"
#include "allocators/arena/region.h"
#include "allocators/arena/slab.h"

enum { DECAY_MS_MIN = 20, EPOCHS_MAX = 64 };

struct lock purge_lock;
// Under the lock; the rest of a poll only peeks at the time.
static _Atomic uint64_t epoch_start_ns;
static size_t past_peaks[EPOCHS_PER_DECAY - 1]; // of active, latest first
static unsigned epochs_since_holes;

static size_t load(const _Atomic size_t *p)
{
	return atomic_load_explicit(p, memory_order_relaxed);
}

// Free blocks and free runs in used blocks give in proportion: neither kind can
// be in steady use while the other stays for good.
static void purge_to(size_t target)
{
	size_t dirty = load(&page_counts.dirty);
	size_t whole = region_dirty();

	if (target && dirty <= target)
		return;
	if (whole < dirty)
		region_purge(dirty - (dirty - target) * whole / dirty);
	for (unsigned i = 0; i < nr_arenas; i++)
		if (load(&page_counts.dirty) > target)
			arena_purge(&arenas[i], target);
	region_purge(target);
}

// One heap: takes in what others freed, gives back empty slabs and holes.
static void purge_heap(struct heap *h, bool all)
{
	struct os_batch batch;

	batch.nr = 0;
	remote_drain(h);
	if (all || heap_orphan(h) || h == heap_shared)
		for (unsigned c = 0; c < class_count(); c++)
			slab_trim(h, c);
	slab_purge_holes(h, all, &batch);
	os_batch_flush(&batch);
}

static void purge_heaps(bool all)
{
	for (uint32_t id = 1; id <= heap_count(); id++) {
		struct heap *h = heap_by_id(id);

		if (all)
			lock_take(&h->lock);
		else if (!lock_try(&h->lock))
			continue;
		purge_heap(h, all);
		lock_release(&h->lock);
	}
}

// How many dirty pages the program is likely to use again soon.
static size_t guard(size_t active)
{
	size_t recent = load(&page_counts.peak);

	for (int i = 0; i < EPOCHS_PER_DECAY - 1; i++)
		if (recent < past_peaks[i])
			recent = past_peaks[i];
	return recent > active ? recent - active : 0;
}

static size_t ceiling(size_t active)
{
	size_t ratio = conf_get(&conf.dirty_ratio);
	size_t least = conf_get(&conf.dirty_min) >> page_shift;
	size_t most;

	if (!ratio)
		return SIZE_MAX;
	most = active / ratio;
	return most > least ? most : least;
}

uint64_t purge_epoch_ns(void)
{
	uint64_t decay_ms = conf_get(&conf.decay_ms);

	if (decay_ms < DECAY_MS_MIN)
		decay_ms = DECAY_MS_MIN;
	return decay_ms * 1000000u / EPOCHS_PER_DECAY;
}

static unsigned epochs_passed(uint64_t now)
{
	uint64_t start =
		atomic_load_explicit(&epoch_start_ns, memory_order_relaxed);
	uint64_t length = purge_epoch_ns(), n;

	if (now < start)
		start = now;
	n = (now - start) / length;
	if (n > EPOCHS_MAX) {
		n = EPOCHS_MAX;
		start = now - n * length;
	}
	atomic_store_explicit(&epoch_start_ns, start + n * length,
			      memory_order_relaxed);
	return (unsigned)n;
}

static void next_epochs(unsigned n, size_t active)
{
	for (unsigned k = 0; k < n && k < EPOCHS_PER_DECAY; k++) {
		for (int i = EPOCHS_PER_DECAY - 2; i > 0; i--)
			past_peaks[i] = past_peaks[i - 1];
		past_peaks[0] = load(&page_counts.peak);
		atomic_store_explicit(&page_counts.peak, active,
				      memory_order_relaxed);
	}
	epochs_since_holes += n;
	if (epochs_since_holes >= EPOCHS_PER_DECAY && conf_get(&conf.holes)) {
		epochs_since_holes = 0;
		purge_heaps(false);
	}
}

// With the lock held.
static void purge_due(size_t active, size_t dirty)
{
	unsigned epochs = epochs_passed(os_now_ns());
	size_t target = dirty, most = ceiling(active), keep;

	if (epochs)
		next_epochs(epochs, active);
	for (unsigned i = 0; i < epochs && target; i++)
		target -= (target + 6) * 5 / 32; // 2 to the -1/4
	// Below the ceiling by a quarter, so that the next page is not at it.
	if (target > most)
		target = most - most / 4;
	keep = guard(active);
	if (target < keep)
		target = keep;
	if (!conf_get(&conf.decay_ms))
		target = 0;
	if (target < dirty)
		purge_to(target);
}

void purge_poll(void)
{
	size_t dirty = load(&page_counts.dirty);

	if (!lock_try(&purge_lock))
		return;
	purge_due(load(&page_counts.active), dirty);
	lock_release(&purge_lock);
	if (dirty << page_shift >= BACKGROUND_PAYS)
		background_start();
}

bool purge_tick(bool idle)
{
	lock_take(&purge_lock);
	purge_due(load(&page_counts.active), load(&page_counts.dirty));
	if (idle) {
		purge_heaps(true);
		purge_to(0);
	}
	lock_release(&purge_lock);
	return load(&page_counts.dirty) > 0;
}

bool purge_all(void)
{
	size_t before;

	lock_take(&purge_lock);
	before = load(&page_counts.dirty);
	purge_heaps(true);
	if (before < load(&page_counts.dirty))
		before = load(&page_counts.dirty);
	purge_to(0);
	lock_release(&purge_lock);
	return load(&page_counts.dirty) < before;
}
