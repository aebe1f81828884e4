// SPDX-License-Identifier: MIT
/*
 * Blocks that were there before the recording began, in the tape of a window
 * or of a forked child. One is seen when it is given back, by when the live
 * bytes of all steps before were counted without it: so they are counted
 * relative to the start until the end is known.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replayer/plan_compiler.h"

#define FIRST_BORN 1024

static int grow(struct plan_compiler *c, struct err *err)
{
	uint64_t max = c->max_born ? c->max_born * 2 : FIRST_BORN;
	struct plan_born *more = realloc(c->born, max * sizeof(*more));

	if (!more)
		return err_set(err, ERR_NOMEM, ENOMEM,
			       "cannot hold the blocks of the start");
	c->born = more;
	c->max_born = max;
	return 0;
}

int plan_born_add(struct plan_compiler *c, const struct tape_event *ev,
		  uint32_t *slot, struct err *err)
{
	const struct tape_notes *notes = ev->notes;
	struct plan_object *o;
	int rc = 0;

	*slot = PLAN_NO_SLOT;
	/* It may be a block of a thread that is left out. */
	if (c->partial || !notes || !(notes->has & TAPE_NOTE_USABLE) ||
	    notes->usable_bytes >> PLAN_SIZE_BITS)
		return 0;
	if (c->h.nr_born == c->max_born)
		rc = grow(c, err);
	if (!rc)
		rc = plan_objects_new_slot(&c->objects, ev->thread, slot, err);
	if (rc)
		return rc;
	o = &c->objects.slots[*slot];
	o->size = notes->usable_bytes;
	/* Done before the first step: nobody waits for it. */
	o->seq = c->seq - PLAN_DONE - 1;
	c->born[c->h.nr_born++] =
		(struct plan_born){ .size = o->size,
				    .slot = *slot,
				    .pages = plan_touched_pages(notes) };
	c->h.born_bytes += o->size;
	return 0;
}

int plan_born_finish(struct plan_compiler *c, struct err *err)
{
	uint64_t bytes = c->h.nr_born * sizeof(*c->born);
	uint32_t i;
	int rc = plan_file_extend(&c->file, bytes, &c->h.born_at, err);

	if (rc)
		return rc;
	if (bytes)
		memcpy((char *)c->file.words + c->h.born_at, c->born, bytes);
	for (i = 0; i < c->h.nr_marks; i++)
		c->marks[i].live_bytes += c->h.born_bytes;
	c->h.live_peak_bytes = (uint64_t)c->peak_bytes + c->h.born_bytes;
	c->h.live_peak_objects = (uint64_t)c->peak_objects + c->h.nr_born;
	c->h.allocated_bytes += c->h.born_bytes;
	c->h.live_end_bytes = (uint64_t)c->live_bytes + c->h.born_bytes;
	c->h.nr_live = (uint32_t)((uint64_t)c->live_objects + c->h.nr_born);
	return 0;
}
