// SPDX-License-Identifier: MIT
/*
 * How calls become ops, shared by plan_calls.c and plan_reallocs.c: finding
 * the block, waiting for others, writing the op. In line, as nearly all of a
 * compiler's time is spent here.
 */
#ifndef REPLAYER_PLAN_CALLS_H
#define REPLAYER_PLAN_CALLS_H

#include "replayer/plan_compiler.h"

/* Kinds of the tape as codes of the plan, and what they count as. */
struct plan_kind {
	uint8_t code;
	uint8_t op;
};

extern const struct plan_kind plan_kinds[TAPE_KIND_END];

/* plan_calls.c */
/* The block in a place that is given out again: its free may come late. */
int plan_calls_displace(struct plan_compiler *c, uint32_t thread, uint64_t addr,
			uint32_t slot, struct err *err);
/* The displaced block that a free of this thread means, or PLAN_NO_SLOT. */
uint32_t plan_calls_displaced(struct plan_compiler *c, uint32_t thread,
			      uint64_t addr);
/* Publish the last op on the slot, and wait for it. */
int plan_calls_wait(struct plan_compiler *c, uint32_t thread, uint32_t slot,
		    struct err *err);
/* Free the slot's block; word is the op, next its second word or NULL. */
int plan_calls_free(struct plan_compiler *c, uint32_t thread, enum plan_op op,
		    uint64_t word, const uint64_t *next, struct err *err);

/* plan_reallocs.c: a realloc's step */
int plan_reallocs_add(struct plan_compiler *c, const struct tape_step *step,
		      struct err *err);

/*
 * Write an op of one word, or of two where next is given. From now on its
 * thread is the last that touched the slot.
 */
static inline int plan_calls_emit(struct plan_compiler *c, uint32_t thread,
				  enum plan_op op, uint64_t word,
				  const uint64_t *next, struct err *err)
{
	struct plan_stream *s = &c->actors[thread].stream;
	uint64_t at;
	int rc;

	if (next)
		rc = plan_emit2(&c->file, s, word, *next, &at, err);
	else
		rc = plan_emit(&c->file, s, word, &at, err);
	if (rc)
		return rc;
	c->h.ops[op]++;
	c->last_at = at;
	if (c->several) {
		struct plan_object *o = &c->objects.slots[plan_slot(word)];

		o->seq = c->seq;
		o->thread = thread;
		c->recent[c->seq % PLAN_RECENT] = at;
	}
	return 0;
}

/* Whether another thread has touched the slot not long ago. */
static inline bool plan_calls_must_wait(const struct plan_compiler *c,
					uint32_t thread, uint32_t slot)
{
	const struct plan_object *o = &c->objects.slots[slot];

	return c->several && o->thread != thread &&
	       c->seq - o->seq <= PLAN_DONE;
}

/* From now on the slot's object is at addr. */
static inline int plan_calls_put_at(struct plan_compiler *c, uint32_t thread,
				    uint64_t addr, uint32_t slot,
				    struct err *err)
{
	uint32_t old;
	int rc = plan_objects_enter(&c->objects, addr, slot, &old, err);

	if (!rc && old != PLAN_NO_SLOT)
		rc = plan_calls_displace(c, thread, addr, old, err);
	return rc;
}

/* The block that a free or a realloc of this thread means, out of the table. */
static inline uint32_t plan_calls_take(struct plan_compiler *c, uint32_t thread,
				       uint64_t addr)
{
	uint32_t slot = PLAN_NO_SLOT;

	if (c->nr_displaced)
		slot = plan_calls_displaced(c, thread, addr);
	return slot != PLAN_NO_SLOT ? slot
				    : plan_objects_take(&c->objects, addr);
}

static inline int plan_calls_enter(struct plan_compiler *c,
				   const struct tape_event *ev, uint32_t slot,
				   struct err *err)
{
	c->objects.slots[slot].size = ev->size;
	c->h.allocated_bytes += ev->size;
	c->live_bytes += (int64_t)ev->size;
	c->live_objects++;
	return plan_calls_put_at(c, ev->thread, ev->addr, slot, err);
}

static inline int plan_calls_get_slot(struct plan_compiler *c, uint32_t thread,
				      uint32_t *slot, struct err *err)
{
	uint64_t done = UINT64_MAX;

	if (c->several)
		done = c->seq > PLAN_DONE ? c->seq - PLAN_DONE : 0;
	return plan_objects_get_slot(&c->objects, thread, done, slot, err);
}

static inline bool plan_calls_too_large(struct plan_compiler *c,
					const struct tape_event *ev)
{
	if (!(ev->size >> PLAN_SIZE_BITS))
		return false;
	c->h.repairs.too_large++;
	return true;
}

#endif
