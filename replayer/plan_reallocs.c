// SPDX-License-Identifier: MIT
/*
 * Reallocs become ops. One of a block comes in two steps: between them the
 * slot belongs to nobody's address. An unknown block makes it a realloc of
 * nothing, a failed call leaves the block where it was.
 */
#include "replayer/plan_calls.h"

static int begin_realloc(struct plan_compiler *c, const struct tape_event *ev,
			 struct err *err)
{
	struct plan_actor *a = &c->actors[ev->thread];
	int rc = 0;

	a->moving = PLAN_NO_SLOT;
	if (!ev->old_addr)
		return 0;
	a->moving = plan_calls_take(c, ev->thread, ev->old_addr);
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
static int add_freeing(struct plan_compiler *c, const struct tape_event *ev,
		       uint32_t slot, struct err *err)
{
	if (slot == PLAN_NO_SLOT)
		return 0;
	return plan_calls_free(
		c, ev->thread, PLAN_OP_REALLOC,
		plan_word(PLAN_REALLOC_FREE, slot, c->objects.slots[slot].size),
		NULL, err);
}

/* It has left the old block where it was. */
static int add_failed(struct plan_compiler *c, const struct tape_event *ev,
		      uint32_t slot, struct err *err)
{
	c->h.repairs.failed_calls += ev->flags & TAPE_FAILED;
	if (slot == PLAN_NO_SLOT)
		return 0;
	return plan_calls_put_at(c, ev->thread, ev->old_addr, slot, err);
}

/* A realloc of nothing. */
static int add_new(struct plan_compiler *c, const struct tape_event *ev,
		   struct err *err)
{
	enum plan_code code = PLAN_REALLOC_NEW;
	bool wide = ev->size > PLAN_ARG_MAX;
	uint32_t slot;
	int rc = plan_calls_get_slot(c, ev->thread, &slot, err);

	if (!rc)
		rc = plan_calls_enter(c, ev, slot, err);
	if (!rc && c->residency)
		rc = plan_touched_make(c, ev->thread, slot, 0, err);
	if (rc)
		return rc;
	if (ev->kind == TAPE_REALLOCARRAY)
		code = PLAN_REALLOCARRAY_NEW;
	else if (wide)
		code = PLAN_REALLOC_NEW_BIG;
	wide |= code == PLAN_REALLOCARRAY_NEW;
	return plan_calls_emit(c, ev->thread, PLAN_OP_REALLOC,
			       plan_word(code, slot, ev->size),
			       wide ? &ev->size : NULL, err);
}

/* A realloc of the slot's block. */
static int add_moved(struct plan_compiler *c, const struct tape_event *ev,
		     uint32_t slot, uint32_t old_pages, struct err *err)
{
	uint64_t old_size = c->objects.slots[slot].size;
	uint64_t next = plan_realloc_next(old_size, ev->size);
	int rc = 0;

	c->live_bytes -= (int64_t)old_size;
	c->live_objects--;
	if (plan_calls_must_wait(c, ev->thread, slot))
		rc = plan_calls_wait(c, ev->thread, slot, err);
	if (!rc)
		rc = plan_calls_enter(c, ev, slot, err);
	if (!rc && c->residency)
		rc = plan_touched_make(c, ev->thread, slot, old_pages, err);
	if (rc)
		return rc;
	return plan_calls_emit(
		c, ev->thread, PLAN_OP_REALLOC,
		plan_realloc_word(plan_kinds[ev->kind].code, slot, ev->size),
		&next, err);
}

static int finish_realloc(struct plan_compiler *c, const struct tape_event *ev,
			  struct err *err)
{
	struct plan_actor *a = &c->actors[ev->thread];
	uint32_t old_pages = a->moving_pages;
	uint32_t slot = a->moving;

	a->moving = PLAN_NO_SLOT;
	a->moving_pages = 0;
	if (!ev->addr && !(ev->flags & TAPE_FAILED))
		return add_freeing(c, ev, slot, err);
	if (ev->flags & TAPE_FAILED || plan_calls_too_large(c, ev))
		return add_failed(c, ev, slot, err);
	if (slot == PLAN_NO_SLOT)
		return add_new(c, ev, err);
	return add_moved(c, ev, slot, old_pages, err);
}

int plan_reallocs_add(struct plan_compiler *c, const struct tape_step *step,
		      struct err *err)
{
	int rc = 0;

	if (step->phase != TAPE_FINISH)
		rc = begin_realloc(c, &step->ev, err);
	if (!rc && step->phase != TAPE_BEGIN)
		rc = finish_realloc(c, &step->ev, err);
	return rc;
}
