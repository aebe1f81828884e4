// SPDX-License-Identifier: MIT
// Slabs: units of one heap cut into slots of one class, with a bitmap of free
// slots beside them. Which thread's pointers come and go, and when, is the
// business of heap.c and remote.c.
#include "allocators/arena/slab.h"
#include "allocators/arena/arena_meta.h"
#include "allocators/arena/block.h"
#include "allocators/arena/conf.h"
#include "allocators/arena/os.h"

#define GROWTH_MIN ARENA_MIB
enum { HOLES_MIN_SHARE = 15 }; // percent of a heap

static uint64_t low_mask(unsigned n)
{
	return n >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1;
}

static unsigned slab_pages(unsigned c)
{
	return (size_class[c].nr_units * UNIT_BYTES) >> page_shift;
}

static void list_remove(struct heap *h, struct unit *u)
{
	if (u->bucket == NR_BUCKETS)
		return;
	if (u->prev)
		region.unit[u->prev].next = u->next;
	else
		h->class[u->class].partial[u->bucket] = u->next;
	if (u->next)
		region.unit[u->next].prev = u->prev;
	u->bucket = NR_BUCKETS;
}

// Files the slab under its share of free slots; full ones are in no list.
static void list_update(struct heap *h, struct unit *u)
{
	struct heap_class *hc = &h->class[u->class];
	unsigned bucket = NR_BUCKETS;

	if (u->nr_free)
		bucket = u->nr_free * NR_BUCKETS /
			 (size_class[u->class].nr_slots + 1u);
	if (bucket == u->bucket)
		return;
	list_remove(h, u);
	if (bucket == NR_BUCKETS)
		return;
	u->bucket = (uint8_t)bucket;
	u->prev = 0;
	u->next = hc->partial[bucket];
	if (u->next)
		region.unit[u->next].prev = unit_index(u);
	hc->partial[bucket] = unit_index(u);
}

static void set_entries(uint32_t first, unsigned n, uint32_t entry)
{
	// release: the unit's record is complete when the entry is seen
	for (unsigned i = 0; i < n; i++)
		atomic_store_explicit(&region.entry[first + i], entry,
				      memory_order_release);
}

static bool init_bits(struct unit *u, const struct size_class *sc)
{
	u->bits = u->inline_bits;
	if (sc->nr_words > 1)
		u->bits = meta_bits_alloc(sc->nr_words);
	if (!u->bits)
		return false;
	for (unsigned w = 0; w < sc->nr_words; w++) {
		u->bits[w] = low_mask(sc->nr_slots - 64 * w);
		u->bits[sc->nr_words + w] = 0;
	}
	return true;
}

static struct unit *slab_new(struct heap *h, unsigned c)
{
	const struct size_class *sc = &size_class[c];
	unsigned pages = slab_pages(c);
	size_t align = UNIT_BYTES >> page_shift;
	struct unit *u;
	uint64_t dirty;
	uint32_t i;
	char *p = run_alloc(h->arena, pages, align ? align : 1, &dirty);

	if (!p)
		return NULL;
	i = (uint32_t)(region_offset(p) >> UNIT_SHIFT);
	u = &region.unit[i];
	if (!init_bits(u, sc)) {
		run_free(p, pages, ~dirty & low_mask(pages));
		return NULL;
	}
	u->nr_free = sc->nr_slots;
	u->class = (uint8_t)c;
	u->bucket = NR_BUCKETS;
	u->clean = ~dirty & low_mask(pages);
	u->age = SLAB_CHANGED;
	for (unsigned k = 0; k < sc->nr_units; k++)
		u[k].head = (uint8_t)k;
	h->nr_clean += (size_t)__builtin_popcountll(u->clean);
	h->fresh_pages += (size_t)__builtin_popcountll(u->clean);
	h->class[c].nr_slabs++;
	h->nr_units += sc->nr_units;
	h->class[c].nr_free += sc->nr_slots;
	list_update(h, u);
	set_entries(i, sc->nr_units, h->id_shifted | c);
	return u;
}

static void slab_release(struct heap *h, struct unit *u)
{
	const struct size_class *sc = &size_class[u->class];
	uint32_t i = unit_index(u);

	list_remove(h, u);
	h->class[u->class].nr_slabs--;
	h->nr_units -= sc->nr_units;
	h->class[u->class].nr_free -= sc->nr_slots;
	h->nr_clean -= (size_t)__builtin_popcountll(u->clean);
	if (u->bits != u->inline_bits)
		meta_bits_free(u->bits, sc->nr_words);
	set_entries(i, sc->nr_units, 0);
	run_free(unit_address(i), slab_pages(u->class), u->clean);
}

// Pages of the slab that the slot lies in.
static uint64_t slot_pages(size_t size, unsigned slot)
{
	size_t from = (slot * size) >> page_shift;
	size_t to = ((slot + 1) * size - 1) >> page_shift;

	return low_mask((unsigned)to + 1) & ~low_mask((unsigned)from);
}

// The slot's pages get memory behind them again.
static void soil(struct heap *h, struct unit *u, unsigned slot)
{
	uint64_t mask = slot_pages(size_class[u->class].size, slot) & u->clean;

	u->clean &= ~mask;
	h->nr_clean -= (size_t)__builtin_popcountll(mask);
}

static unsigned take_from(struct heap *h, struct unit *u, void **end,
			  unsigned want)
{
	const struct size_class *sc = &size_class[u->class];
	char *base = unit_address(unit_index(u));
	unsigned n = u->nr_free < want ? u->nr_free : want;
	unsigned left = n;

	for (unsigned w = 0; left; w++) {
		uint64_t bits = u->bits[w];

		for (; bits && left; bits &= bits - 1, left--) {
			unsigned slot =
				64 * w + (unsigned)__builtin_ctzll(bits);

			*--end = base + (size_t)slot * sc->size;
			if (u->clean)
				soil(h, u, slot);
		}
		u->bits[w] = bits;
	}
	u->nr_free -= (uint16_t)n;
	u->age = SLAB_CHANGED;
	h->class[u->class].nr_free -= n;
	list_update(h, u);
	return n;
}

size_t slab_holes_expected(const struct heap *h)
{
	size_t free_bytes = 0, clean = h->nr_clean << page_shift;

	for (unsigned c = 0; c < class_count(); c++)
		free_bytes += (size_t)h->class[c].nr_free * size_class[c].size;
	return free_bytes > clean ? free_bytes - clean : 0;
}

// A heap whose new slabs take new memory while others have holes, since sizes
// have shifted, gives the holes back, at each sixteenth of growth. Where there
// are few free slots they are soon used again, and a page taken from them costs
// more than it saves.
static void pay_for_growth(struct heap *h)
{
	struct os_batch batch;
	size_t least = h->nr_units / 16 * (UNIT_BYTES >> page_shift);

	if (least < GROWTH_MIN >> page_shift)
		least = GROWTH_MIN >> page_shift;
	if (h->fresh_pages < least || !conf_get(&conf.holes))
		return;
	h->fresh_pages = 0;
	if (slab_holes_expected(h) / HOLES_MIN_SHARE * 100 <
	    (size_t)h->nr_units * UNIT_BYTES)
		return;
	batch.nr = 0;
	slab_purge_holes(h, true, &batch);
	os_batch_flush(&batch);
}

unsigned slab_take(struct heap *h, unsigned c, void **end, unsigned want)
{
	struct heap_class *hc = &h->class[c];
	unsigned got = 0;

	for (unsigned k = 0; k < NR_BUCKETS && got < want;) {
		uint32_t i = hc->partial[k];

		if (!i) {
			k++;
			continue;
		}
		got += take_from(h, &region.unit[i], end - got, want - got);
	}
	if (!got) {
		struct unit *u = slab_new(h, c);

		if (u)
			got = take_from(h, u, end, want);
		pay_for_growth(h);
	}
	return got;
}

// After slots became free. One empty slab stays while the class has no other
// free slot, so that a load at the edge does not take and give slabs in turns;
// for a slab of one slot the magazine does that.
static void settle(struct heap *h, struct unit *u, unsigned n)
{
	struct heap_class *hc = &h->class[u->class];
	unsigned nr_slots = size_class[u->class].nr_slots;

	u->nr_free += (uint16_t)n;
	u->age = SLAB_CHANGED;
	hc->nr_free += n;
	if (u->nr_free == nr_slots && (nr_slots == 1 || hc->nr_free > nr_slots))
		slab_release(h, u);
	else
		list_update(h, u);
}

void slab_put_mask(struct heap *h, struct unit *u, unsigned word, uint64_t mask)
{
	if (arena_unlikely(u->bits[word] & mask)) {
		unsigned slot = 64 * word +
				(unsigned)__builtin_ctzll(u->bits[word] & mask);

		misuse(unit_address(unit_index(u)) +
			       (size_t)slot * size_class[u->class].size,
		       "double free");
	}
	u->bits[word] |= mask;
	settle(h, u, (unsigned)__builtin_popcountll(mask));
}

// Finds head unit and slot of a pointer that is about to be given back.
static struct unit *locate(const struct heap *h, void *p, unsigned *slot)
{
	struct unit *u = slab_head((uint32_t)(region_offset(p) >> UNIT_SHIFT));

	// The slab may have gone meanwhile, when p was freed more than once.
	if (arena_unlikely(entry_load(unit_index(u)) >> 8 != h->id))
		misuse(p, "double free");
	*slot = slab_slot(u, u->class, p);
	if (arena_unlikely(*slot == SLOTS_MAX))
		misuse(p, "not the start of a block");
	return u;
}

void slab_put(struct heap *h, void *const *p, unsigned n)
{
	struct unit *last = NULL;
	unsigned last_word = 0;
	uint64_t mask = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned slot;
		struct unit *u = locate(h, p[i], &slot);
		uint64_t bit = (uint64_t)1 << (slot % 64);

		if (u != last || slot / 64 != last_word) {
			if (last)
				slab_put_mask(h, last, last_word, mask);
			last = u;
			last_word = slot / 64;
			mask = 0;
		}
		if (arena_unlikely(mask & bit))
			misuse(p[i], "double free");
		mask |= bit;
	}
	if (last)
		slab_put_mask(h, last, last_word, mask);
}

void slab_trim(struct heap *h, unsigned c)
{
	uint32_t i = h->class[c].partial[NR_BUCKETS - 1];

	while (i) {
		struct unit *u = &region.unit[i];

		i = u->next;
		if (u->nr_free == size_class[c].nr_slots)
			slab_release(h, u);
	}
}

// Pages of which every byte belongs to free slots, or to none.
static uint64_t hole_pages(const struct unit *u)
{
	const struct size_class *sc = &size_class[u->class];
	uint64_t holes = low_mask(slab_pages(u->class));

	for (unsigned w = 0; w < sc->nr_words; w++) {
		uint64_t used = ~u->bits[w] & low_mask(sc->nr_slots - 64 * w);

		for (; used; used &= used - 1) {
			unsigned slot =
				64 * w + (unsigned)__builtin_ctzll(used);

			holes &= ~slot_pages(sc->size, slot);
		}
	}
	return holes;
}

static void purge_unit(struct heap *h, struct unit *u, struct os_batch *batch)
{
	char *base = unit_address(unit_index(u));
	uint64_t holes = hole_pages(u) & ~u->clean;

	u->age = SLAB_SCANNED;
	u->clean |= holes;
	h->nr_clean += (size_t)__builtin_popcountll(holes);
	for (; holes; holes &= holes - 1)
		os_batch_add(
			batch,
			base + ((size_t)__builtin_ctzll(holes) << page_shift),
			page_bytes());
}

void slab_purge_holes(struct heap *h, bool all, struct os_batch *batch)
{
	for (unsigned c = 0; c < class_count(); c++) {
		unsigned k = all ? 0 : NR_BUCKETS / 2;

		for (; k < NR_BUCKETS; k++) {
			uint32_t i = h->class[c].partial[k];

			for (; i; i = region.unit[i].next) {
				struct unit *u = &region.unit[i];

				if (u->age == SLAB_CHANGED && !all)
					u->age = SLAB_AGED;
				else if (u->age != SLAB_SCANNED)
					purge_unit(h, u, batch);
			}
		}
	}
}
