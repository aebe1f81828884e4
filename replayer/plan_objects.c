// SPDX-License-Identifier: MIT
/*
 * Table and slots of the live objects. The table's home position is the
 * upper bits of the tag, so that a table is moved into a larger one front to
 * back, and the old one is given back on the way. What is live and what waits
 * is left to plan_compile.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "replayer/plan_objects.h"
#include "traces/base/err.h"

#define FIRST_BITS  12
#define FIRST_SLOTS 4096
#define MOVE_BYTES  (4ULL << 20)
#define HUGE_BYTES  (8ULL << 20) /* from here on huge pages waste little */

/* Large tables are read at random: huge pages spare most of the TLB misses. */
static void use_huge_pages(void *p, uint64_t bytes)
{
	if (bytes >= HUGE_BYTES)
		madvise(p, bytes, MADV_HUGEPAGE);
}

static void *map_memory(uint64_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	use_huge_pages(p, bytes);
	return p;
}

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, ENOMEM,
		       "cannot hold the live objects of the tape");
}

static void count_bytes(struct plan_objects *o)
{
	o->bytes = (sizeof(uint64_t) << o->table_bits) +
		   (uint64_t)o->nr_slots * sizeof(*o->slots);
	if (o->bytes > o->peak_bytes)
		o->peak_bytes = o->bytes;
}

int plan_objects_init(struct plan_objects *o, uint32_t threads, struct err *err)
{
	memset(o, 0, sizeof(*o));
	o->table_bits = FIRST_BITS;
	o->table = map_memory(sizeof(uint64_t) << FIRST_BITS);
	o->max_slots = FIRST_SLOTS;
	o->slots = map_memory(FIRST_SLOTS * sizeof(*o->slots));
	o->nr_threads = threads;
	o->freed = map_memory((uint64_t)threads * sizeof(*o->freed) + 1);
	o->first_free = o->last_free = PLAN_NO_SLOT;
	if (!o->table || !o->slots || !o->freed)
		return no_memory(err);
	return 0;
}

static void unmap(void *p, uint64_t bytes)
{
	if (p)
		munmap(p, bytes);
}

void plan_objects_release(struct plan_objects *o)
{
	uint32_t i;

	for (i = 0; o->freed && i < o->nr_threads; i++)
		unmap(o->freed[i].slots, PLAN_KEPT * sizeof(uint32_t));
	unmap(o->freed, (uint64_t)o->nr_threads * sizeof(*o->freed) + 1);
	unmap(o->slots, o->max_slots * sizeof(*o->slots));
	unmap(o->table, sizeof(uint64_t) << o->table_bits);
	memset(o, 0, sizeof(*o));
}

/* Position of addr in the table, or of the empty place that ends its chain. */
static uint64_t locate(const struct plan_objects *o, uint64_t addr)
{
	uint64_t mask = (1ULL << o->table_bits) - 1;
	uint32_t tag = plan_objects_tag(addr);
	uint64_t i = plan_objects_home(o, tag);

	for (; o->table[i]; i = (i + 1) & mask) {
		uint64_t entry = o->table[i];

		if (entry >> 32 == tag &&
		    o->slots[(uint32_t)entry - 1].addr == addr)
			break;
	}
	return i;
}

/* Empty position i, and close the gap with what was pushed behind it. */
static void remove_at(struct plan_objects *o, uint64_t i)
{
	uint64_t mask = (1ULL << o->table_bits) - 1;
	uint64_t j = i;

	for (;;) {
		uint64_t home;

		j = (j + 1) & mask;
		if (!o->table[j])
			break;
		home = plan_objects_home(o, (uint32_t)(o->table[j] >> 32));
		if (((j - home) & mask) < ((j - i) & mask))
			continue;
		o->table[i] = o->table[j];
		i = j;
	}
	o->table[i] = 0;
	o->nr_table--;
}

uint32_t plan_objects_take(struct plan_objects *o, uint64_t addr)
{
	uint64_t i = locate(o, addr);
	/* An empty entry is 0, and 0 - 1 is PLAN_NO_SLOT. */
	uint32_t slot = (uint32_t)o->table[i] - 1;

	if (slot != PLAN_NO_SLOT)
		remove_at(o, i);
	return slot;
}

static void put_entry(struct plan_objects *o, uint64_t entry)
{
	uint64_t mask = (1ULL << o->table_bits) - 1;
	uint64_t i = plan_objects_home(o, (uint32_t)(entry >> 32));

	while (o->table[i])
		i = (i + 1) & mask;
	o->table[i] = entry;
}

static int grow_table(struct plan_objects *o, struct err *err)
{
	uint64_t *old = o->table;
	uint64_t nr = 1ULL << o->table_bits;
	uint64_t step = MOVE_BYTES / sizeof(*old);
	uint64_t i, done = 0;
	uint64_t *table;

	if (o->table_bits == 32)
		return no_memory(err);
	table = map_memory(nr * 2 * sizeof(*table));
	if (!table)
		return no_memory(err);
	o->table = table;
	o->table_bits++;
	for (i = 0; i < nr; i++) {
		if (old[i])
			put_entry(o, old[i]);
		if (i + 1 - done == step && i + 1 < nr) {
			munmap(old + done, MOVE_BYTES);
			done = i + 1;
		}
	}
	munmap(old + done, (nr - done) * sizeof(*old));
	count_bytes(o);
	return 0;
}

int plan_objects_enter(struct plan_objects *o, uint64_t addr, uint32_t slot,
		       uint32_t *old, struct err *err)
{
	uint64_t i;

	if (o->nr_table >= (3ULL << o->table_bits) / 4) {
		int rc = grow_table(o, err);

		if (rc)
			return rc;
	}
	i = locate(o, addr);
	*old = (uint32_t)o->table[i] - 1;
	o->nr_table += *old == PLAN_NO_SLOT;
	o->table[i] = (uint64_t)plan_objects_tag(addr) << 32 | (slot + 1);
	o->slots[slot].addr = addr;
	return 0;
}

static int make_slots(struct plan_objects *o, uint32_t nr, struct err *err)
{
	if (o->nr_slots + nr > o->max_slots) {
		uint64_t bytes = o->max_slots * sizeof(*o->slots);
		void *p;

		if (o->max_slots > UINT32_MAX / 4)
			return no_memory(err);
		p = mremap(o->slots, bytes, bytes * 2, MREMAP_MAYMOVE);
		if (p == MAP_FAILED)
			return no_memory(err);
		o->slots = p;
		o->max_slots *= 2;
		use_huge_pages(p, bytes * 2);
	}
	o->nr_slots += nr;
	count_bytes(o);
	return 0;
}

int plan_objects_new_slot(struct plan_objects *o, uint32_t thread,
			  uint32_t *slot, struct err *err)
{
	struct plan_freed *f = &o->freed[thread];
	uint32_t nr = o->nr_threads > 1 ? PLAN_DEALT : 1;

	if (!f->nr_fresh) {
		int rc = make_slots(o, nr, err);

		if (rc)
			return rc;
		f->fresh = o->nr_slots - nr;
		f->nr_fresh = nr;
	}
	*slot = f->fresh++;
	f->nr_fresh--;
	return 0;
}

int plan_objects_any_slot(struct plan_objects *o, uint32_t thread,
			  uint64_t done_seq, uint32_t *slot, struct err *err)
{
	if (o->first_free != PLAN_NO_SLOT &&
	    o->slots[o->first_free].seq < done_seq) {
		*slot = o->first_free;
		o->first_free = o->slots[*slot].link;
		if (o->first_free == PLAN_NO_SLOT)
			o->last_free = PLAN_NO_SLOT;
		o->slots[*slot].link = 0;
		return 0;
	}
	return plan_objects_new_slot(o, thread, slot, err);
}

static void give_to_all(struct plan_objects *o, uint32_t slot)
{
	o->slots[slot].link = PLAN_NO_SLOT;
	if (o->last_free == PLAN_NO_SLOT)
		o->first_free = slot;
	else
		o->slots[o->last_free].link = slot;
	o->last_free = slot;
}

/* The slot that this thread has kept longest. */
static uint32_t oldest_of(struct plan_freed *f)
{
	uint32_t slot = f->slots[f->oldest];

	f->oldest = (f->oldest + 1) % PLAN_KEPT;
	f->nr--;
	return slot;
}

int plan_objects_make_room(struct plan_objects *o, struct plan_freed *f,
			   struct err *err)
{
	if (f->slots) {
		give_to_all(o, oldest_of(f));
		return 0;
	}
	f->slots = map_memory(PLAN_KEPT * sizeof(uint32_t));
	return f->slots ? 0 : no_memory(err);
}

void plan_objects_end_thread(struct plan_objects *o, uint32_t thread)
{
	struct plan_freed *f = &o->freed[thread];

	while (f->nr)
		give_to_all(o, oldest_of(f));
	for (; f->nr_fresh; f->nr_fresh--)
		give_to_all(o, f->fresh++);
	unmap(f->slots, PLAN_KEPT * sizeof(uint32_t));
	f->slots = NULL;
}
