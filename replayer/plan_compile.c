// SPDX-License-Identifier: MIT
/*
 * The plan compiler's road: merged steps in, a plan's file out. What calls,
 * threads and marks become is in plan_calls.c, plan_threads.c, plan_marks.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replayer/plan_compiler.h"
#include "traces/tape_reader.h"

#define PROGRESS_STEPS 65536
#define BATCH_STEPS    32 /* divides PROGRESS_STEPS */

static int init(struct plan_compiler *c, const struct plan_source *source,
		struct err *err)
{
	uint64_t at;
	int rc;

	c->h.version = PLAN_VERSION;
	c->h.nr_threads = source->threads ? source->threads : 1;
	c->h.clock_step_ns = source->clock_step_ns;
	c->residency = source->residency;
	c->partial = source->partial;
	rc = plan_file_open(&c->file, c->path, err);
	if (!rc)
		rc = plan_file_extend(&c->file, PLAN_PAGE, &at, err);
	if (!rc)
		rc = plan_objects_init(&c->objects, c->h.nr_threads, err);
	if (!rc)
		rc = plan_threads_init(c, err);
	if (!rc)
		rc = plan_marks_init(c, source, err);
	return rc;
}

int plan_compiler_open(struct plan_compiler **out, const char *path,
		       const struct plan_source *source, struct err *err)
{
	struct plan_compiler *c = calloc(1, sizeof(*c));
	int rc;

	*out = NULL;
	if (!c)
		return err_set(err, ERR_NOMEM, ENOMEM, "plan compiler");
	c->file.fd = -1;
	if (snprintf(c->path, sizeof(c->path), "%s", path) >=
	    (int)sizeof(c->path)) {
		free(c);
		return err_set(err, ERR_ARG, ENAMETOOLONG, "%.80s...", path);
	}
	rc = init(c, source, err);
	if (rc) {
		plan_compiler_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

void plan_compiler_free(struct plan_compiler *c)
{
	if (!c)
		return;
	if (!c->finished && c->file.fd >= 0)
		unlink(c->path);
	plan_file_close(&c->file, NULL);
	plan_objects_release(&c->objects);
	plan_threads_release(c);
	plan_marks_release(c);
	free(c->born);
	free(c->places.at);
	free(c);
}

/*
 * A step of a thread that is left out. Its place may be given out again, so
 * what it gives back of the others is known by no address any more.
 */
static void leave_out(struct plan_compiler *c, const struct tape_step *step)
{
	const struct tape_event *ev = &step->ev;

	if (ev->kind > TAPE_FREE_NULL || ev->flags & TAPE_FAILED)
		return;
	if (tape_kind_is_free(ev->kind))
		plan_objects_take(&c->objects, ev->addr);
	else if (step->phase != TAPE_FINISH && ev->old_addr)
		plan_objects_take(&c->objects, ev->old_addr);
}

static inline int add_step(struct plan_compiler *c,
			   const struct tape_step *step, struct err *err)
{
	const struct tape_event *ev = &step->ev;
	int rc;

	if (c->partial && ev->thread >= c->h.nr_threads) {
		leave_out(c, step);
		return 0;
	}
	c->seq = c->h.steps++;
	c->time_ns = step->time_ns;
	if (!plan_threads_alive(c, ev->thread)) {
		rc = plan_threads_enter(c, ev, err);
		if (rc)
			return rc < 0 ? rc : 0;
	}
	c->last_thread = ev->thread;
	if (ev->kind == TAPE_THREAD_END)
		return plan_threads_end(c, ev->thread, err);
	if (ev->kind > TAPE_FREE_NULL)
		return 0;
	rc = plan_calls_add(c, step, err);
	if (!rc && (c->live_bytes > c->peak_bytes || c->seq >= c->next_mark))
		rc = plan_marks_step(c, ev->thread, err);
	return rc;
}

int plan_compiler_add(struct plan_compiler *c, const struct tape_step *step,
		      struct err *err)
{
	return add_step(c, step, err);
}

/* The slots that are in use at the end, for the worker's free-all. */
static int write_live(struct plan_compiler *c, struct err *err)
{
	const struct plan_objects *o = &c->objects;
	uint32_t *live;
	uint32_t i;
	int rc;

	rc = plan_file_extend(&c->file, (uint64_t)c->h.nr_live * sizeof(*live),
			      &c->h.live_at, err);
	if (rc)
		return rc;
	live = (uint32_t *)((char *)c->file.words + c->h.live_at);
	for (i = 0; i < o->nr_slots; i++)
		if (o->slots[i].addr)
			*live++ = i;
	return 0;
}

int plan_compiler_finish(struct plan_compiler *c, struct plan_header *header,
			 struct err *err)
{
	uint32_t thread = c->last_thread;
	uint64_t at;
	int rc;

	if (c->actors[thread].life != PLAN_ALIVE)
		thread = 0;
	rc = plan_calls_settle(c, thread, true, err);
	if (!rc)
		rc = plan_threads_finish(c, err);
	if (!rc)
		rc = plan_marks_finish(c, err);
	if (!rc)
		rc = write_live(c, err);
	if (!rc) /* prefetching may read behind the last word */
		rc = plan_file_extend(&c->file, PLAN_PAGE, &at, err);
	if (rc)
		return rc;
	c->h.nr_slots = c->objects.nr_slots;
	c->h.last_ns = c->time_ns;
	c->h.compiler_bytes = c->objects.peak_bytes;
	c->h.bytes = c->file.used;
	c->h.magic = PLAN_MAGIC;
	memcpy(c->file.words, &c->h, sizeof(c->h));
	*header = c->h;
	rc = plan_file_close(&c->file, err);
	c->finished = !rc;
	if (rc)
		unlink(c->path);
	return rc;
}

/* Steps that are read together, so that what they look up is fetched. */
struct batch {
	struct tape_step steps[BATCH_STEPS];
	struct tape_notes notes[BATCH_STEPS]; /* the tape keeps one only */
	unsigned nr;
};

/* Where steps come from: one thread alone needs no merging. */
struct source {
	struct tape_merge *merge;
	struct tape_cursor *alone; /* or NULL */
};

static uint64_t looked_up(const struct tape_step *step)
{
	if (step->phase != TAPE_FINISH && step->ev.old_addr)
		return step->ev.old_addr;
	return step->ev.addr;
}

/* A realloc of the thread that is alone is one step. */
static int next_step(struct source *s, struct tape_step *step, struct err *err)
{
	int ret;

	if (!s->alone)
		return tape_merge_next(s->merge, step, err);
	ret = tape_cursor_next(s->alone, &step->ev, err);
	step->phase = TAPE_WHOLE;
	step->time_ns = step->ev.end_ns;
	return ret;
}

/* 1: the batch is full; 0: the tape has ended, or negative. */
static int read_batch(struct batch *b, const struct plan_objects *o,
		      struct source *s, struct err *err)
{
	unsigned i;
	int ret = 1;

	for (i = 0; i < BATCH_STEPS; i++) {
		struct tape_step *step = &b->steps[i];

		ret = next_step(s, step, err);
		if (ret <= 0)
			break;
		if (step->ev.notes && step->ev.kind < TAPE_FREE_NULL) {
			b->notes[i] = *step->ev.notes;
			step->ev.notes = &b->notes[i];
		}
		plan_objects_prefetch(o, looked_up(step));
	}
	b->nr = i;
	return ret;
}

static int add_batch(struct plan_compiler *c, const struct batch *b,
		     struct err *err)
{
	unsigned i;
	int rc = 0;

	for (i = 0; i < b->nr; i++)
		plan_objects_prefetch_slot(&c->objects,
					   looked_up(&b->steps[i]));
	for (i = 0; i < b->nr && !rc; i++)
		rc = add_step(c, &b->steps[i], err);
	return rc;
}

static int add_all(struct plan_compiler *c, struct source *s,
		   bool (*progress)(void *ctx, uint64_t steps), void *ctx,
		   struct err *err)
{
	struct batch batch;
	uint64_t steps = 0;
	int more, rc;

	do {
		more = read_batch(&batch, &c->objects, s, err);
		if (more < 0)
			return more;
		rc = add_batch(c, &batch, err);
		if (rc)
			return rc;
		steps += batch.nr;
		if (progress && !(steps % PROGRESS_STEPS) &&
		    progress(ctx, steps))
			return err_set(err, ERR_INTERRUPT, 0, "interrupted");
	} while (more);
	return 0;
}

static bool meta_is(const struct tape_reader *r, const char *key,
		    const char *value)
{
	const char *is = tape_meta_get(tape_reader_meta(r), key);

	return is && !strcmp(is, value);
}

int plan_compile(struct tape_reader *r, const char *path,
		 const struct plan_source *want,
		 bool (*progress)(void *ctx, uint64_t steps), void *ctx,
		 struct plan_header *header, struct err *err)
{
	const struct tape_info *info = tape_reader_info(r);
	struct plan_source source = *want;
	struct plan_compiler *c;
	struct source s = { NULL, NULL };
	int rc;

	source.residency = meta_is(r, "residency", "yes");
	source.born = meta_is(r, "heap_at_start", "running") ||
		      meta_is(r, "heap_at_start", "inherited");
	if (!source.partial) {
		source.events = info->events;
		source.threads = info->threads;
	}
	rc = plan_compiler_open(&c, path, &source, err);
	if (rc)
		return rc;
	if (info->threads == 1)
		rc = tape_cursor_open(&s.alone, r, 0, err);
	else
		rc = tape_merge_open(&s.merge, r, err);
	if (!rc)
		rc = add_all(c, &s, progress, ctx, err);
	if (!rc)
		rc = plan_compiler_finish(c, header, err);
	tape_merge_close(s.merge);
	tape_cursor_close(s.alone);
	plan_compiler_free(c);
	return rc;
}

int plan_read_header(const char *path, struct plan_header *header,
		     struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st)) {
		if (fd >= 0)
			close(fd);
		return err_set(err, ERR_IO, errno, "cannot open plan %s", path);
	}
	n = pread(fd, header, sizeof(*header), 0);
	close(fd);
	if (n != (ssize_t)sizeof(*header) || header->magic != PLAN_MAGIC ||
	    header->version != PLAN_VERSION ||
	    header->bytes != (uint64_t)st.st_size)
		return err_set(err, ERR_FORMAT, 0,
			       "%s is no plan of this "
			       "version",
			       path);
	return 0;
}

uint64_t plan_skipped(const struct plan_header *h)
{
	return h->repairs.failed_calls + h->repairs.unknown_frees +
	       h->repairs.late_events + h->repairs.too_large;
}

uint64_t plan_repaired(const struct plan_header *h)
{
	return h->repairs.unknown_reallocs + h->repairs.overlaps +
	       h->repairs.unborn_threads;
}
