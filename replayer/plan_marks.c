// SPDX-License-Identifier: MIT
/*
 * Marks: the places along the merged order where the memory pass samples.
 * They lie evenly, and where live bytes reach a new height. The exact peak is
 * known only at the end; then the op that reached it gets a flag.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replayer/plan_compiler.h"

#define EVEN_MARKS  2048
#define FIRST_MARKS 8192
/* A new height is at least 1/STEP above the last, and so many bytes. */
#define HEIGHT_STEP  200
#define HEIGHT_BYTES 16384

void plan_marks_release(struct plan_compiler *c)
{
	free(c->marks);
}

static struct plan_mark mark_here(const struct plan_compiler *c)
{
	return (struct plan_mark){ .time_ns = c->time_ns,
				   .seq = c->seq,
				   .live_bytes = (uint64_t)c->live_bytes };
}

static int append(struct plan_compiler *c, struct plan_mark mark,
		  struct err *err)
{
	if (c->h.nr_marks == c->max_marks) {
		struct plan_mark *more =
			realloc(c->marks, c->max_marks * 2 * sizeof(*c->marks));

		if (!more)
			return err_set(err, ERR_NOMEM, ENOMEM,
				       "cannot hold the marks");
		c->marks = more;
		c->max_marks *= 2;
	}
	c->marks[c->h.nr_marks++] = mark;
	return 0;
}

static int set_mark(struct plan_compiler *c, uint32_t thread, struct err *err)
{
	struct plan_actor *a = &c->actors[thread];
	uint64_t at;
	int rc = plan_threads_clock(c, a, 1, err);

	if (!rc)
		rc = plan_emit(&c->file, &a->stream,
			       plan_word(PLAN_MARK, c->h.nr_marks, 0), &at,
			       err);
	if (c->live_bytes > c->marked_bytes)
		c->marked_bytes = c->live_bytes;
	return rc ? rc : append(c, mark_here(c), err);
}

int plan_marks_init(struct plan_compiler *c, const struct plan_source *source,
		    struct err *err)
{
	c->mark_every = source->events / EVEN_MARKS + 1;
	c->next_mark = c->mark_every;
	c->max_marks = FIRST_MARKS;
	c->marks = calloc(c->max_marks, sizeof(*c->marks));
	if (!c->marks)
		return err_set(err, ERR_NOMEM, ENOMEM, "cannot hold the marks");
	/* The samples of the process begin with that heap. */
	return source->born ? set_mark(c, 0, err) : 0;
}

int plan_marks_step(struct plan_compiler *c, uint32_t thread, struct err *err)
{
	bool due = c->seq >= c->next_mark;

	if (c->live_bytes > c->peak_bytes) {
		c->peak = mark_here(c);
		c->peak_at = c->last_at;
		c->peak_bytes = c->live_bytes;
		c->peak_objects = c->live_objects;
		if (c->live_bytes > c->marked_bytes + HEIGHT_BYTES +
					    c->marked_bytes / HEIGHT_STEP)
			due = true;
	}
	if (!due)
		return 0;
	if (c->seq >= c->next_mark)
		c->next_mark = c->seq + c->mark_every;
	return set_mark(c, thread, err);
}

int plan_marks_finish(struct plan_compiler *c, struct err *err)
{
	uint64_t bytes;
	int rc = append(c, c->peak, err);

	if (!rc)
		rc = plan_born_finish(c, err);
	if (rc)
		return rc;
	if (c->peak_at)
		c->file.words[c->peak_at] |= PLAN_PEAK;
	bytes = (uint64_t)c->h.nr_marks * sizeof(*c->marks);
	rc = plan_file_extend(&c->file, bytes, &c->h.marks_at, err);
	if (!rc)
		memcpy((char *)c->file.words + c->h.marks_at, c->marks, bytes);
	return rc;
}
