// SPDX-License-Identifier: MIT
// Frees of slots that belong to another heap. They are gathered in an outbox by
// bitmap word, then set in the slab's remote bitmap with one atomic operation;
// the slab is queued for its owner, who takes the bits in when it next needs
// slots. Freed memory is not touched.
#include "allocators/arena/slab.h"

enum { OUTBOX_BYTES = 16384 }; // not gathered beyond that in one word

static _Atomic uint64_t *remote_word(const struct unit *u, unsigned c,
				     unsigned word)
{
	return (_Atomic uint64_t *)&u->bits[size_class[c].nr_words + word];
}

static void push(struct heap *h, struct unit *u)
{
	uint32_t i = unit_index(u);
	uint32_t head =
		atomic_load_explicit(&h->remote_head, memory_order_relaxed);

	do {
		atomic_store_explicit(&u->remote_next, head,
				      memory_order_relaxed);
		// release: the link is set when the owner sees the unit
	} while (!atomic_compare_exchange_weak_explicit(&h->remote_head, &head,
							i, memory_order_release,
							memory_order_relaxed));
}

// Queues the unit for the heap that owns it now. The slab can be gone by then,
// all its slots taken in by its owner; then there is nothing to tell. Exchanges
// are acq_rel, so that either the owner sees our bits or we see its zero.
static void enqueue(struct unit *u)
{
	for (;;) {
		struct heap *h;

		if (atomic_exchange_explicit(&u->queued, 1,
					     memory_order_acq_rel))
			return;
		h = heap_by_id(entry_load(unit_index(u)) >> 8);
		if (h) {
			push(h, u);
			return;
		}
		atomic_exchange_explicit(&u->queued, 0, memory_order_acq_rel);
		// A new slab may have come to be, and relied on the flag.
		if (!entry_load(unit_index(u)))
			return;
	}
}

static void post(struct unit *u, unsigned c, unsigned word, uint64_t mask)
{
	// acq_rel: what was written to the slots comes before their reuse
	uint64_t old = atomic_fetch_or_explicit(remote_word(u, c, word), mask,
						memory_order_acq_rel);

	if (arena_unlikely(old & mask)) {
		unsigned slot =
			64 * word + (unsigned)__builtin_ctzll(old & mask);

		misuse(unit_address(unit_index(u)) +
			       (size_t)slot * size_class[c].size,
		       "double free");
	}
	enqueue(u);
}

static void post_box(struct outbox *box)
{
	uint64_t key = box->key;
	uint32_t i = (uint32_t)(key >> 4);

	if (!key)
		return;
	box->key = 0;
	post(&region.unit[i], entry_load(i) & 255, key & 15, box->mask);
}

void remote_free(struct heap *h, void *p, uint32_t entry)
{
	struct unit *u = slab_head((uint32_t)(region_offset(p) >> UNIT_SHIFT));
	unsigned c = entry & 255;
	unsigned slot = slab_slot(u, c, p);
	uint64_t bit = (uint64_t)1 << (slot % 64);
	uint64_t key = (uint64_t)unit_index(u) << 4 | slot / 64;
	struct outbox *box;

	if (arena_unlikely(slot == SLOTS_MAX))
		misuse(p, "not the start of a block");
	if (!heap_real(h)) {
		post(u, c, slot / 64, bit);
		return;
	}
	box = &h->outbox[(key ^ key >> 4) % NR_OUTBOX];
	if (box->key != key) {
		post_box(box);
		box->key = key;
		box->mask = 0;
	}
	if (arena_unlikely(box->mask & bit))
		misuse(p, "double free");
	box->mask |= bit;
	if ((size_t)__builtin_popcountll(box->mask) * size_class[c].size >=
	    OUTBOX_BYTES)
		post_box(box);
}

void remote_flush(struct heap *h)
{
	for (unsigned i = 0; i < NR_OUTBOX; i++)
		post_box(&h->outbox[i]);
}

static void take_in(struct heap *h, struct unit *u)
{
	unsigned c = u->class;
	uint32_t entry = h->id_shifted | c;

	for (unsigned w = 0; w < size_class[c].nr_words; w++) {
		// acquire: pairs with post()
		uint64_t mask = atomic_exchange_explicit(
			remote_word(u, c, w), 0, memory_order_acquire);

		if (mask)
			slab_put_mask(h, u, w, mask);
		// The last bits may have emptied the slab and given it back.
		if (entry_load(unit_index(u)) != entry)
			return;
	}
}

void remote_drain(struct heap *h)
{
	// acquire: pairs with push()
	uint32_t i = atomic_exchange_explicit(&h->remote_head, 0,
					      memory_order_acquire);

	while (i) {
		struct unit *u = &region.unit[i];
		uint32_t entry;

		i = atomic_load_explicit(&u->remote_next, memory_order_relaxed);
		// acq_rel: see enqueue()
		atomic_exchange_explicit(&u->queued, 0, memory_order_acq_rel);
		entry = entry_load(unit_index(u));
		if (entry >> 8 == h->id) {
			if (!u->head)
				take_in(h, u);
		} else if (entry) {
			enqueue(u);
		}
	}
}
