// SPDX-License-Identifier: MIT
/*
 * Calls become ops: which slot, who must be waited for, what a damaged
 * history makes of it. Repairs: a block whose address is given out again is
 * freed logically; if its free comes soon from another thread than the new
 * owner, that free is taken as its own. Calls on unknown blocks are skipped,
 * except a realloc, which becomes realloc(NULL, size).
 */
#include "replayer/plan_compiler.h"

/* One call on its way to an op. */
struct call {
	uint32_t thread;
	uint32_t slot;
	enum plan_op op; /* kind for the counts */
	uint64_t word;
	uint64_t next;
	bool wide; /* next is used */
};

static const struct {
	uint8_t code;
	uint8_t op;
} kinds[TAPE_KIND_END] = {
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

/* Before an op on a slot that another thread touched not long ago. */
static int wait_for_last(struct plan_compiler *c, uint32_t thread,
			 uint32_t slot, struct err *err)
{
	struct plan_object *o = &c->objects.slots[slot];
	const struct plan_recent *last;
	uint64_t at;

	if (!c->several || c->seq - o->seq > PLAN_DONE)
		return 0;
	last = &c->recent[o->seq % PLAN_RECENT];
	if (last->thread == thread)
		return 0;
	c->file.words[last->at] |= PLAN_PUBLISH;
	o->gen++;
	c->h.waits++;
	return plan_emit(&c->file, &c->actors[thread].stream,
			 plan_word(PLAN_WAIT, slot, o->gen & PLAN_ARG_MAX), &at,
			 err);
}

/* Write the op; from now on its thread is the last that touched the slot. */
static int emit(struct plan_compiler *c, const struct call *call,
		struct err *err)
{
	struct plan_stream *s = &c->actors[call->thread].stream;
	uint64_t at;
	int rc;

	if (call->wide)
		rc = plan_emit2(&c->file, s, call->word, call->next, &at, err);
	else
		rc = plan_emit(&c->file, s, call->word, &at, err);
	if (rc)
		return rc;
	c->h.ops[call->op]++;
	c->objects.slots[call->slot].seq = c->seq;
	c->last_at = at;
	if (c->several) {
		struct plan_recent *r = &c->recent[c->seq % PLAN_RECENT];

		r->at = at;
		r->thread = call->thread;
	}
	return 0;
}

/* The block has a successor in its place: its free may come late. */
static int displace(struct plan_compiler *c, uint32_t thread, uint64_t addr,
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

/* From now on the slot's object is at addr. */
static int put_at(struct plan_compiler *c, uint32_t thread, uint64_t addr,
		  uint32_t slot, struct err *err)
{
	uint32_t old;
	int rc = plan_objects_enter(&c->objects, addr, slot, &old, err);

	if (!rc && old != PLAN_NO_SLOT)
		rc = displace(c, thread, addr, old, err);
	return rc;
}

/* The block that a free or a realloc of this thread means, out of the table. */
static uint32_t take_block(struct plan_compiler *c, uint32_t thread,
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
	return plan_objects_take(&c->objects, addr);
}

static int enter_block(struct plan_compiler *c, const struct tape_event *ev,
		       uint32_t slot, struct err *err)
{
	c->objects.slots[slot].size = ev->size;
	c->live_bytes += (int64_t)ev->size;
	c->live_objects++;
	return put_at(c, ev->thread, ev->addr, slot, err);
}

static int get_slot(struct plan_compiler *c, uint32_t thread, uint32_t *slot,
		    struct err *err)
{
	uint64_t done = UINT64_MAX;

	if (c->several)
		done = c->seq > PLAN_DONE ? c->seq - PLAN_DONE : 0;
	return plan_objects_get_slot(&c->objects, thread, done, slot, err);
}

static int free_slot(struct plan_compiler *c, struct call *call,
		     struct err *err)
{
	struct plan_object *o = &c->objects.slots[call->slot];
	int rc;

	c->live_bytes -= (int64_t)o->size;
	c->live_objects--;
	if (c->residency)
		plan_touched_drop(c, call->slot);
	rc = wait_for_last(c, call->thread, call->slot, err);
	if (!rc)
		rc = emit(c, call, err);
	if (!rc)
		rc = plan_objects_put_slot(&c->objects, call->thread,
					   call->slot, err);
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
		struct call call = { .thread = thread,
				     .slot = slot,
				     .op = PLAN_OP_FREE,
				     .word = plan_word(PLAN_FREE, slot, size) };

		if (!all && c->seq - c->displaced[done].seq < PLAN_LATE_STEPS)
			break;
		rc = free_slot(c, &call, err);
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

static bool too_large(struct plan_compiler *c, const struct tape_event *ev)
{
	if (!(ev->size >> PLAN_SIZE_BITS))
		return false;
	c->h.repairs.too_large++;
	return true;
}

/* malloc to pvalloc, without the reallocs. */
static int add_alloc(struct plan_compiler *c, const struct tape_event *ev,
		     struct err *err)
{
	enum plan_code code = kinds[ev->kind].code;
	struct call call = { .thread = ev->thread, .op = kinds[ev->kind].op };
	int rc;

	if (too_large(c, ev))
		return 0;
	rc = get_slot(c, ev->thread, &call.slot, err);
	if (rc)
		return rc;
	if (code >= PLAN_ALIGNED_ALLOC) {
		call.wide = true;
		call.next = with_alignment(ev->size, ev->alignment);
	} else if (ev->size > PLAN_ARG_MAX) {
		call.wide = true;
		call.next = ev->size;
		code++; /* the BIG twin */
	}
	call.word = plan_word(code, call.slot, ev->size);
	rc = enter_block(c, ev, call.slot, err);
	if (!rc && c->residency)
		rc = plan_touched_make(c, ev->thread, call.slot, 0, err);
	return rc ? rc : emit(c, &call, err);
}

static int add_free(struct plan_compiler *c, const struct tape_event *ev,
		    struct err *err)
{
	struct call call = { .thread = ev->thread, .op = PLAN_OP_FREE };
	enum plan_code code = kinds[ev->kind].code;
	uint64_t size = ev->size;

	call.slot = take_block(c, ev->thread, ev->addr);
	if (call.slot == PLAN_NO_SLOT) {
		int rc = plan_born_add(c, ev, &call.slot, err);

		if (rc)
			return rc;
	}
	if (call.slot == PLAN_NO_SLOT) {
		c->h.repairs.unknown_frees++;
		return 0;
	}
	if (c->residency)
		plan_touched_tell(c, call.slot, plan_touched_pages(ev->notes));
	if (code != PLAN_FREE && size >> PLAN_SIZE_BITS)
		code = PLAN_FREE;
	if (code == PLAN_FREE)
		size = c->objects.slots[call.slot].size;
	call.wide = code != PLAN_FREE;
	call.next = with_alignment(size, ev->alignment);
	call.word = plan_word(code, call.slot, size);
	return free_slot(c, &call, err);
}

static int begin_realloc(struct plan_compiler *c, const struct tape_event *ev,
			 struct err *err)
{
	struct plan_actor *a = &c->actors[ev->thread];
	int rc = 0;

	a->moving = PLAN_NO_SLOT;
	if (!ev->old_addr)
		return 0;
	a->moving = take_block(c, ev->thread, ev->old_addr);
	if (a->moving == PLAN_NO_SLOT)
		rc = plan_born_add(c, ev, &a->moving, err);
	if (a->moving == PLAN_NO_SLOT)
		c->h.repairs.unknown_reallocs++;
	if (!c->residency || a->moving == PLAN_NO_SLOT)
		return rc;
	a->moving_pages = plan_touched_pages(ev->notes);
	plan_touched_tell(c, a->moving, a->moving_pages);
	return rc;
}

/* realloc(p, 0) that freed p and returned NULL. */
static int add_realloc_free(struct plan_compiler *c,
			    const struct tape_event *ev, uint32_t slot,
			    struct err *err)
{
	struct call call = { .thread = ev->thread,
			     .slot = slot,
			     .op = PLAN_OP_REALLOC };

	if (slot == PLAN_NO_SLOT)
		return 0;
	call.word =
		plan_word(PLAN_REALLOC_FREE, slot, c->objects.slots[slot].size);
	return free_slot(c, &call, err);
}

/* A realloc of nothing: its op, once the slot is known. */
static void set_new(struct call *call, enum plan_code code, uint64_t size)
{
	call->wide = code == PLAN_REALLOCARRAY || size > PLAN_ARG_MAX;
	call->next = size;
	if (code == PLAN_REALLOCARRAY)
		code = PLAN_REALLOCARRAY_NEW;
	else
		code = call->wide ? PLAN_REALLOC_NEW_BIG : PLAN_REALLOC_NEW;
	call->word = plan_word(code, call->slot, size);
}

static int finish_realloc(struct plan_compiler *c, const struct tape_event *ev,
			  struct err *err)
{
	struct call call = { .thread = ev->thread,
			     .op = PLAN_OP_REALLOC,
			     .wide = true };
	struct plan_actor *a = &c->actors[ev->thread];
	enum plan_code code = kinds[ev->kind].code;
	uint32_t old_pages = a->moving_pages;
	uint64_t old_size;
	int rc;

	call.slot = a->moving;
	a->moving = PLAN_NO_SLOT;
	a->moving_pages = 0;
	if (!ev->addr && !(ev->flags & TAPE_FAILED))
		return add_realloc_free(c, ev, call.slot, err);
	if (ev->flags & TAPE_FAILED || too_large(c, ev)) {
		c->h.repairs.failed_calls += ev->flags & TAPE_FAILED;
		/* It has left the old block where it was. */
		if (call.slot == PLAN_NO_SLOT)
			return 0;
		return put_at(c, ev->thread, ev->old_addr, call.slot, err);
	}
	if (call.slot == PLAN_NO_SLOT) {
		rc = get_slot(c, ev->thread, &call.slot, err);
		set_new(&call, code, ev->size);
	} else {
		old_size = c->objects.slots[call.slot].size;
		c->live_bytes -= (int64_t)old_size;
		c->live_objects--;
		rc = wait_for_last(c, ev->thread, call.slot, err);
		call.word = plan_realloc_word(code, call.slot, ev->size);
		call.next = plan_realloc_next(old_size, ev->size);
	}
	if (!rc)
		rc = enter_block(c, ev, call.slot, err);
	if (!rc && c->residency)
		rc = plan_touched_make(c, ev->thread, call.slot, old_pages,
				       err);
	return rc ? rc : emit(c, &call, err);
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
	struct plan_actor *a = &c->actors[ev->thread];
	int rc = 0;

	if (c->nr_displaced)
		rc = plan_calls_settle(c, ev->thread, false, err);
	if (!rc)
		rc = plan_threads_skew(c, a, err);
	if (!rc)
		rc = plan_threads_clock(c, a, c->h.clock_step_ns, err);
	if (rc)
		return rc;
	if (tape_kind_is_realloc(ev->kind)) {
		if (step->phase != TAPE_FINISH)
			rc = begin_realloc(c, ev, err);
		if (!rc && step->phase != TAPE_BEGIN)
			rc = finish_realloc(c, ev, err);
		return rc;
	}
	if (ev->kind == TAPE_FREE_NULL)
		return add_free_null(c, ev, err);
	if (tape_kind_is_free(ev->kind))
		return add_free(c, ev, err);
	/* No block, whatever the flags of a damaged tape say. */
	if (ev->flags & TAPE_FAILED || !ev->addr) {
		c->h.repairs.failed_calls++;
		return 0;
	}
	return add_alloc(c, ev, err);
}
