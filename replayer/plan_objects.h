// SPDX-License-Identifier: MIT
/*
 * The live objects of a history: a hash table from address to slot, and one
 * record of 32 bytes per slot. Freed slots are kept for reuse, those that a
 * thread freed last for itself. New ones are dealt out to threads by cache
 * lines of the replay's pointers, lest threads that share no object share
 * those. Internal to the plan compiler.
 */
#ifndef REPLAYER_PLAN_OBJECTS_H
#define REPLAYER_PLAN_OBJECTS_H

#include <stddef.h>
#include <stdint.h>

struct err;

enum {
	PLAN_NO_SLOT = UINT32_MAX,
	PLAN_KEPT = 256, /* freed slots that wait for their own thread */
	PLAN_DEALT = 16, /* new slots for one thread: two lines of pointers */
};

struct plan_object {
	uint64_t addr; /* 0 while the slot is free */
	uint64_t size;
	uint64_t seq : 40;    /* of the op that touched the slot last */
	uint64_t thread : 24; /* that did */
	uint32_t gen;         /* how often the slot was published */
	uint32_t link; /* free: next older slot of the list; live: its user's */
};

/* Slots for one thread: a ring of those that it freed last, and new ones. */
struct plan_freed {
	uint32_t *slots;
	uint32_t nr;
	uint32_t oldest;
	uint32_t fresh; /* the next new one */
	uint32_t nr_fresh;
};

struct plan_objects {
	uint64_t *table; /* tag << 32 | slot + 1 */
	struct plan_object *slots;
	uint64_t nr_table; /* entries in use */
	unsigned table_bits;
	uint32_t nr_slots;
	uint64_t max_slots; /* room in slots */
	/* Slots of no thread, oldest first. */
	uint32_t first_free, last_free;
	struct plan_freed *freed; /* one per thread */
	uint32_t nr_threads;
	size_t bytes, peak_bytes; /* of memory */
};

int plan_objects_init(struct plan_objects *o, uint32_t threads,
		      struct err *err);
void plan_objects_release(struct plan_objects *o);

static inline uint32_t plan_objects_tag(uint64_t addr)
{
	return (uint32_t)((addr * 0x9e3779b97f4a7c15ULL) >> 32);
}

static inline uint64_t plan_objects_home(const struct plan_objects *o,
					 uint32_t tag)
{
	return (uint64_t)tag >> (32 - o->table_bits);
}

/* Fetch what a lookup of addr will need: first the table, later the slot. */
static inline void plan_objects_prefetch(const struct plan_objects *o,
					 uint64_t addr)
{
	__builtin_prefetch(
		&o->table[plan_objects_home(o, plan_objects_tag(addr))], 1);
}

static inline void plan_objects_prefetch_slot(const struct plan_objects *o,
					      uint64_t addr)
{
	uint64_t entry = o->table[plan_objects_home(o, plan_objects_tag(addr))];

	/* Of an empty place it is an address before the slots: harmless. */
	__builtin_prefetch(o->slots + (uint32_t)entry - 1, 1);
}

/*
 * Take addr out of the table: the slot that holds it, or PLAN_NO_SLOT. The
 * slot stays in use.
 */
uint32_t plan_objects_take(struct plan_objects *o, uint64_t addr);
/*
 * Enter addr for a slot in use. *old gets the slot that held it so far (which
 * stays in use, without an entry), or PLAN_NO_SLOT.
 */
int plan_objects_enter(struct plan_objects *o, uint64_t addr, uint32_t slot,
		       uint32_t *old, struct err *err);

/*
 * A slot for a new object of this thread: one that any thread freed before
 * done_seq, or a new one. plan_objects_get_slot first looks for the one that
 * the thread freed last.
 */
int plan_objects_any_slot(struct plan_objects *o, uint32_t thread,
			  uint64_t done_seq, uint32_t *slot, struct err *err);
/* A slot that no object had before. */
int plan_objects_new_slot(struct plan_objects *o, uint32_t thread,
			  uint32_t *slot, struct err *err);
/* Make room in what the thread keeps of freed slots. */
int plan_objects_make_room(struct plan_objects *o, struct plan_freed *f,
			   struct err *err);
/* The thread has ended: its slots are for all. */
void plan_objects_end_thread(struct plan_objects *o, uint32_t thread);

static inline int plan_objects_get_slot(struct plan_objects *o, uint32_t thread,
					uint64_t done_seq, uint32_t *slot,
					struct err *err)
{
	struct plan_freed *f = &o->freed[thread];

	if (!f->nr)
		return plan_objects_any_slot(o, thread, done_seq, slot, err);
	f->nr--;
	*slot = f->slots[(f->oldest + f->nr) % PLAN_KEPT];
	return 0;
}

/* The thread freed the slot; its record says when. */
static inline int plan_objects_put_slot(struct plan_objects *o, uint32_t thread,
					uint32_t slot, struct err *err)
{
	struct plan_freed *f = &o->freed[thread];

	o->slots[slot].addr = 0;
	if (!f->slots || f->nr == PLAN_KEPT) {
		int rc = plan_objects_make_room(o, f, err);

		if (rc)
			return rc;
	}
	f->slots[(f->oldest + f->nr) % PLAN_KEPT] = slot;
	f->nr++;
	return 0;
}

#endif
