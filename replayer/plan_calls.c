// SPDX-License-Identifier: MIT
/*
 * Calls become ops: which slot, who must be waited for, what a damaged
 * history makes of it. Repairs: a block whose address is given out again is
 * freed logically; if its free comes soon from another thread than the new
 * owner, that free is taken as its own. Calls on unknown blocks are skipped,
 * except a realloc, which becomes realloc(NULL, size).
 */
#include "replayer/plan_calls.h"

const struct plan_kind plan_kinds[TAPE_KIND_END] = {
	[TAPE_MALLOC] = { PLAN_MALLOC, PLAN_OP_MALLOC },
	[TAPE_CALLOC] = { PLAN_CALLOC, PLAN_OP_CALLOC },
	[TAPE_REALLOC] = { PLAN_REALLOC, PLAN_OP_REALLOC },
	[TAPE_REALLOCARRAY] = { PLAN_REALLOCARRAY, PLAN_OP_REALLOC },
	[TAPE_ALIGNED_ALLOC] = { PLAN_ALIGNED_ALLOC, PLAN_OP_MALLOC },
	[TAPE_POSIX_MEMALIGN] = { PLAN_POSIX_MEMALIGN, PLAN_OP_MALLOC },
	[TAPE_MEMALIGN] = { PLAN_MEMALIGN, PLAN_OP_MALLOC },
	[TAPE_VALLOC] = { PLAN_VALLOC, PLAN_OP_MALLOC },
	[TAPE_PVALLOC] = { PLAN_PVALLOC, PLAN_OP_MALLOC },
	[TAPE_FREE] = { PLAN_FREE, PLAN_OP_FREE },
	[TAPE_FREE_SIZED] = { PLAN_FREE_SIZED, PLAN_OP_FREE },
	[TAPE_FREE_ALIGNED_SIZED] = { PLAN_FREE_ALIGNED_SIZED, PLAN_OP_FREE },
};

int plan_calls_wait(struct plan_compiler *c, uint32_t thread, uint32_t slot,
		    struct err *err)
{
	struct plan_object *o = &c->objects.slots[slot];
	uint64_t at;

	c->file.words[c->recent[o->seq % PLAN_RECENT]] |= PLAN_PUBLISH;
	o->gen++;
	c->h.waits++;
	return plan_emit(&c->file, &c->actors[thread].stream,
			 plan_word(PLAN_WAIT, slot, o->gen & PLAN_ARG_MAX), &at,
			 err);
}

int plan_calls_displace(struct plan_compiler *c, uint32_t thread, uint64_t addr,
			uint32_t slot, struct err *err)
{
	int rc = 0;

	c->h.repairs.overlaps++;
	if (c->nr_displaced == PLAN_DISPLACED)
		rc = plan_calls_settle(c, thread, true, err);
	c->displaced[c->nr_displaced++] = (struct plan_displaced){
		.addr = addr,
		.seq = c->seq,
		.slot = slot,
		.thread = thread,
	};
	return rc;
}

uint32_t plan_calls_displaced(struct plan_compiler *c, uint32_t thread,
			      uint64_t addr)
{
	uint32_t i, slot;

	for (i = 0; i < c->nr_displaced; i++) {
		if (c->displaced[i].addr != addr ||
		    c->displaced[i].thread == thread)
			continue;
		slot = c->displaced[i].slot;
		for (c->nr_displaced--; i < c->nr_displaced; i++)
			c->displaced[i] = c->displaced[i + 1];
		return slot;
	}
	return PLAN_NO_SLOT;
}

int plan_calls_free(struct plan_compiler *c, uint32_t thread, enum plan_op op,
		    uint64_t word, const uint64_t *next, struct err *err)
{
	uint32_t slot = plan_slot(word);
	int rc = 0;

	c->live_bytes -= (int64_t)c->objects.slots[slot].size;
	c->live_objects--;
	if (c->residency)
		plan_touched_drop(c, slot);
	if (plan_calls_must_wait(c, thread, slot))
		rc = plan_calls_wait(c, thread, slot, err);
	if (!rc)
		rc = plan_calls_emit(c, thread, op, word, next, err);
	if (!rc)
		rc = plan_objects_put_slot(&c->objects, thread, slot, err);
	return rc;
}

int plan_calls_settle(struct plan_compiler *c, uint32_t thread, bool all,
		      struct err *err)
{
	uint32_t done = 0, i;
	int rc = 0;

	while (done < c->nr_displaced && !rc) {
		uint32_t slot = c->displaced[done].slot;
		uint64_t size = c->objects.slots[slot].size;

		if (!all && c->seq - c->displaced[done].seq < PLAN_LATE_STEPS)
			break;
		rc = plan_calls_free(c, thread, PLAN_OP_FREE,
				     plan_word(PLAN_FREE, slot, size), NULL,
				     err);
		done++;
	}
	c->nr_displaced -= done;
	for (i = 0; i < c->nr_displaced; i++)
		c->displaced[i] = c->displaced[i + done];
	return rc;
}

static uint64_t with_alignment(uint64_t size, uint64_t alignment)
{
	unsigned log =
		alignment ? 63 - (unsigned)__builtin_clzll(alignment) : 0;

	return size | (uint64_t)log << PLAN_ALIGN_SHIFT;
}

/* malloc to pvalloc, without the reallocs. */
static int add_alloc(struct plan_compiler *c, const struct tape_event *ev,
		     struct err *err)
{
	enum plan_code code = plan_kinds[ev->kind].code;
	const uint64_t *next = NULL;
	uint64_t size = ev->size;
	uint32_t slot;
	int rc;

	/* No block, whatever the flags of a damaged tape say. */
	if (ev->flags & TAPE_FAILED || !ev->addr) {
		c->h.repairs.failed_calls++;
		return 0;
	}
	if (plan_calls_too_large(c, ev))
		return 0;
	rc = plan_calls_get_slot(c, ev->thread, &slot, err);
	if (!rc)
		rc = plan_calls_enter(c, ev, slot, err);
	if (!rc && c->residency)
		rc = plan_touched_make(c, ev->thread, slot, 0, err);
	if (rc)
		return rc;
	if (code >= PLAN_ALIGNED_ALLOC) {
		size = with_alignment(size, ev->alignment);
		next = &size;
	} else if (size > PLAN_ARG_MAX) {
		next = &size;
		code++; /* the BIG twin */
	}
	return plan_calls_emit(c, ev->thread, plan_kinds[ev->kind].op,
			       plan_word(code, slot, ev->size), next, err);
}

/* Find the block; 1: there is none, or it was born only to be freed. */
static int find_freed(struct plan_compiler *c, const struct tape_event *ev,
		      uint32_t *slot, struct err *err)
{
	int rc = 0;

	*slot = plan_calls_take(c, ev->thread, ev->addr);
	if (*slot == PLAN_NO_SLOT)
		rc = plan_born_add(c, ev, slot, err);
	if (*slot == PLAN_NO_SLOT)
		c->h.repairs.unknown_frees++;
	return rc;
}

static int add_free(struct plan_compiler *c, const struct tape_event *ev,
		    struct err *err)
{
	enum plan_code code = plan_kinds[ev->kind].code;
	uint64_t size, next;
	uint32_t slot;
	int rc = find_freed(c, ev, &slot, err);

	if (rc || slot == PLAN_NO_SLOT)
		return rc;
	if (c->residency)
		plan_touched_tell(c, slot, plan_touched_pages(ev->notes));
	size = c->objects.slots[slot].size;
	if (code == PLAN_FREE || ev->size >> PLAN_SIZE_BITS)
		return plan_calls_free(c, ev->thread, PLAN_OP_FREE,
				       plan_word(PLAN_FREE, slot, size), NULL,
				       err);
	next = with_alignment(ev->size, ev->alignment);
	return plan_calls_free(c, ev->thread, PLAN_OP_FREE,
			       plan_word(code, slot, ev->size), &next, err);
}

static int add_free_null(struct plan_compiler *c, const struct tape_event *ev,
			 struct err *err)
{
	uint64_t nr = ev->size < PLAN_ARG_MAX ? ev->size : PLAN_ARG_MAX;
	uint64_t at;

	c->h.ops[PLAN_OP_FREE] += nr;
	return plan_emit(&c->file, &c->actors[ev->thread].stream,
			 plan_word(PLAN_FREE_NULL, 0, nr), &at, err);
}

int plan_calls_add(struct plan_compiler *c, const struct tape_step *step,
		   struct err *err)
{
	const struct tape_event *ev = &step->ev;
	int rc = 0;

	if (c->nr_displaced)
		rc = plan_calls_settle(c, ev->thread, false, err);
	if (!rc && (c->several || c->h.clock_step_ns))
		rc = plan_threads_tell(c, &c->actors[ev->thread], err);
	if (rc)
		return rc;
	if (tape_kind_is_free(ev->kind))
		return add_free(c, ev, err);
	if (tape_kind_is_realloc(ev->kind))
		return plan_reallocs_add(c, step, err);
	if (ev->kind == TAPE_FREE_NULL)
		return add_free_null(c, ev, err);
	return add_alloc(c, ev, err);
}
