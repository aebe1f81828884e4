// SPDX-License-Identifier: MIT
/*
 * What was used of large blocks. It is known only when a block is given back,
 * so the op that makes one gets a PLAN_TOUCHED before it, which is filled in
 * then. The place of that word is kept while the block lives.
 */
#include <errno.h>
#include <stdlib.h>

#include "replayer/plan_compiler.h"

#define FIRST_PLACES 1024

uint32_t plan_touched_pages(const struct tape_notes *notes)
{
	uint64_t pages;

	if (!notes || !(notes->has & TAPE_NOTE_TOUCHED))
		return 0;
	pages = notes->touched_bytes / PLAN_PAGE +
		(notes->touched_bytes % PLAN_PAGE != 0);
	return pages < PLAN_ARG_MAX ? (uint32_t)pages + 1 : PLAN_ARG_MAX;
}

void plan_touched_tell(struct plan_compiler *c, uint32_t slot, uint32_t pages)
{
	uint32_t place = c->objects.slots[slot].link;

	if (!place || !pages)
		return;
	place--;
	c->file.words[c->places.at[place]] = plan_touched(
		plan_slot(c->file.words[c->places.at[place]]), pages);
}

static int new_place(struct plan_places *p, uint32_t *place, struct err *err)
{
	uint32_t max = p->max ? p->max * 2 : FIRST_PLACES;
	uint64_t *more;

	if (p->first_free) {
		*place = p->first_free;
		p->first_free = (uint32_t)p->at[*place - 1];
		return 0;
	}
	if (p->nr == p->max) {
		more = realloc(p->at, max * sizeof(*more));
		if (!more)
			return err_set(err, ERR_NOMEM, ENOMEM,
				       "cannot hold the large blocks");
		p->at = more;
		p->max = max;
	}
	*place = ++p->nr;
	return 0;
}

int plan_touched_make(struct plan_compiler *c, uint32_t thread, uint32_t slot,
		      uint32_t old_pages, struct err *err)
{
	struct plan_object *o = &c->objects.slots[slot];
	uint64_t at;
	int rc;

	if (o->size < PLAN_LARGE) {
		plan_touched_drop(c, slot);
		return 0;
	}
	if (!o->link) {
		rc = new_place(&c->places, &o->link, err);
		if (rc)
			return rc;
	}
	rc = plan_emit(&c->file, &c->actors[thread].stream,
		       plan_touched(old_pages, 0), &at, err);
	if (!rc)
		c->places.at[o->link - 1] = at;
	return rc;
}

void plan_touched_drop(struct plan_compiler *c, uint32_t slot)
{
	struct plan_object *o = &c->objects.slots[slot];

	if (!o->link)
		return;
	c->places.at[o->link - 1] = c->places.first_free;
	c->places.first_free = o->link;
	o->link = 0;
}
