// SPDX-License-Identifier: MIT
// Heaps: what a thread allocates from, and their life across threads.
#ifndef ALLOCATORS_ARENA_HEAP_H
#define ALLOCATORS_ARENA_HEAP_H

#include "allocators/arena/arena_internal.h"
#include "allocators/arena/sizeclass.h"

#pragma GCC visibility push(hidden)

// A magazine: slots grow upwards from a NULL sentinel; top is past the newest
// pointer, lim is where free() has to stop. Only the owner's thread writes;
// top is atomic because statistics read it.
struct magazine {
	_Atomic(void **) top;
	void **lim;
};

// What a heap has of one class. Under the heap's lock, but depth, fill and
// used_in, which are the owner's.
struct heap_class {
	uint32_t partial[NR_BUCKETS]; // slabs with free slots, fullest first
	uint32_t nr_slabs;
	uint32_t nr_free;   // slots
	uint16_t depth;     // pointers that the magazine may hold at present
	uint16_t fill;      // pointers that the next refill fetches
	uint32_t used_in;   // round of the last refill or flush
	uint16_t favourite; // size that refills most ask for, in 16 bytes
	uint16_t votes;     // for it, less those for others
};

// Frees of other heaps' slots, gathered by bitmap word.
struct outbox {
	uint64_t key; // unit << 4 | word, 0 empty
	uint64_t mask;
};

struct heap {
	uint32_t id_shifted; // id << 8: what the entries of own units hold
	uint32_t id;
	struct magazine mag[NR_CLASSES];
	// From here on slow paths only.
	struct heap_class class[NR_CLASSES];
	struct outbox outbox[NR_OUTBOX];
	struct lock lock;
	_Atomic uint32_t remote_head; // units with remote frees, 0 none
	struct arena *arena;
	struct heap *next_orphan;
	_Atomic bool orphan; // changes under the registry's lock, a hint else
	_Atomic uint32_t events; // slow path entries; the owner counts
	uint32_t round;          // of magazine collection
	uint32_t nr_units;       // of its slabs
	size_t fresh_pages;      // in slabs new since holes paid for growth
	size_t nr_clean;         // pages of slabs without memory behind them
	size_t single_bytes; // in magazines of slabs of one slot; the owner's
	size_t single_most;  // how many may be; the owner's
	void *slots[];
};

// What threads have before their first allocation and after their exit: empty
// magazines that send malloc and free to their slow paths.
extern struct heap heap_none, heap_exited;
// For threads on their way out, and when a heap cannot be had.
extern struct heap *heap_shared;
extern __thread struct heap *heap_mine
	__attribute__((tls_model("initial-exec")));

static inline bool heap_real(const struct heap *h)
{
	return h->id != 0;
}

static inline bool heap_orphan(const struct heap *h)
{
	return atomic_load_explicit(&h->orphan, memory_order_relaxed);
}

static inline void **mag_base(struct heap *h, unsigned c)
{
	return h->slots + size_class[c].magazine + 1;
}

static inline unsigned mag_level(struct heap *h, unsigned c)
{
	return (unsigned)(atomic_load_explicit(&h->mag[c].top,
					       memory_order_relaxed) -
			  mag_base(h, c));
}

// heap.c: slow paths of the magazines.
// Pointers that a magazine may hold before its thread was seen to need more.
unsigned heap_first_depth(unsigned c);
void *heap_malloc_slow(size_t n);
void heap_free_slow(void *p);
// What slow paths do now and then: purging, trimming idle magazines. No lock may
// be held.
void heap_upkeep(struct heap *h);
// Returns all that the heap's magazines and outbox hold. Owner only.
void heap_flush(struct heap *h);
// Takes remote frees in and gives empty slabs back, to find memory before a
// request fails. Any thread; the calling thread's heap is flushed.
void heap_reclaim(void);

// thread.c: which heap a thread has, all heaps there are.
bool heap_registry_init(void);
// The calling thread's heap, made or inherited if need be; NULL when it has to
// use the shared one.
struct heap *heap_attach(void);
struct heap *heap_by_id(uint32_t id);
uint32_t heap_count(void); // ids 1 to this exist
// Slow path entries of all heaps so far: stands still while none allocates.
uint32_t heap_events(void);
void heap_registry_lock(void);
void heap_registry_unlock(void);
// In a fork child: heaps of the threads that are gone become orphans.
void heap_registry_child(void);

// remote.c
void remote_free(struct heap *h, void *p, uint32_t entry);
void remote_flush(struct heap *h);
// With the heap's lock held.
void remote_drain(struct heap *h);

#pragma GCC visibility pop
#endif
