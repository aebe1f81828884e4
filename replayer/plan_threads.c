// SPDX-License-Identifier: MIT
/*
 * Threads of a plan: who makes whom, who joins whom, and when a thread tells
 * how far it is. The maker of a thread is the one that acted last before the
 * birth, since that is where pthread_create was called most likely.
 */
#include <errno.h>
#include <stdlib.h>

#include "replayer/plan_compiler.h"

int plan_threads_init(struct plan_compiler *c, struct err *err)
{
	uint32_t nr = c->h.nr_threads;
	uint32_t i;

	c->actors = calloc(nr, sizeof(*c->actors));
	c->ended = calloc(nr, sizeof(*c->ended));
	c->stacks = calloc(nr, sizeof(*c->stacks));
	c->several = nr > 1;
	if (c->several)
		c->recent = calloc(PLAN_RECENT, sizeof(*c->recent));
	if (!c->actors || !c->ended || !c->stacks || (c->several && !c->recent))
		return err_set(err, ERR_NOMEM, ENOMEM, "cannot hold %u threads",
			       nr);
	for (i = 0; i < nr; i++) {
		c->actors[i].moving = PLAN_NO_SLOT;
		c->actors[i].clock_ns = UINT64_MAX;
	}
	c->actors[0].life = PLAN_ALIVE;
	return 0;
}

void plan_threads_release(struct plan_compiler *c)
{
	free(c->actors);
	free(c->ended);
	free(c->stacks);
	free(c->recent);
}

static int skew(struct plan_compiler *c, struct plan_actor *a, struct err *err)
{
	uint64_t at;

	if (!c->several || c->seq - a->stream.told_seq < PLAN_GAP)
		return 0;
	a->stream.told_seq = c->seq;
	return plan_emit2(&c->file, &a->stream, plan_word(PLAN_SKEW, 0, 0),
			  c->seq, &at, err);
}

int plan_threads_clock(struct plan_compiler *c, struct plan_actor *a,
		       uint64_t step_ns, struct err *err)
{
	uint64_t at;

	/* Before its first op a thread was told no time: UINT64_MAX. */
	if (!c->h.clock_step_ns ||
	    (a->clock_ns != UINT64_MAX && c->time_ns < a->clock_ns + step_ns))
		return 0;
	a->clock_ns = c->time_ns;
	return plan_emit(&c->file, &a->stream, plan_clock_word(c->time_ns), &at,
			 err);
}

int plan_threads_tell(struct plan_compiler *c, struct plan_actor *a,
		      struct err *err)
{
	int rc = skew(c, a, err);

	return rc ? rc : plan_threads_clock(c, a, c->h.clock_step_ns, err);
}

static int emit(struct plan_compiler *c, uint32_t thread, enum plan_code code,
		uint32_t number, struct err *err)
{
	struct plan_actor *a = &c->actors[thread];
	uint64_t at;
	int rc = plan_threads_tell(c, a, err);

	if (rc)
		return rc;
	return plan_emit(&c->file, &a->stream, plan_word(code, number, 0), &at,
			 err);
}

/* No SKEW before it: that was told at the end, which may lie far back. */
static int end_stream(struct plan_compiler *c, uint32_t thread,
		      enum plan_code code, struct err *err)
{
	uint64_t at;

	return plan_emit(&c->file, &c->actors[thread].stream,
			 plan_word(code, 0, 0), &at, err);
}

/* The maker waits for those that have ended, so that they are truly gone. */
static int join_ended(struct plan_compiler *c, uint32_t maker, struct err *err)
{
	int rc = 0;

	while (c->nr_ended && !rc) {
		uint32_t thread = c->ended[--c->nr_ended];
		struct plan_actor *a = &c->actors[thread];

		a->life = PLAN_GONE;
		c->stacks[c->nr_free_stacks++] = a->stack;
		plan_objects_end_thread(&c->objects, thread);
		rc = end_stream(c, thread, PLAN_EXIT, err);
		if (!rc)
			rc = emit(c, maker, PLAN_JOIN, thread, err);
	}
	return rc;
}

static int give_birth(struct plan_compiler *c, uint32_t thread, struct err *err)
{
	struct plan_actor *a = &c->actors[thread];
	uint32_t maker = c->last_thread;
	int rc;

	if (c->actors[maker].life != PLAN_ALIVE)
		maker = 0;
	rc = join_ended(c, maker, err);
	if (rc)
		return rc;
	if (c->nr_free_stacks)
		a->stack = c->stacks[--c->nr_free_stacks];
	else
		a->stack = c->h.nr_stacks++;
	a->life = PLAN_ALIVE;
	a->birth_seq = c->seq;
	a->stream.told_seq = c->seq;
	return emit(c, maker, PLAN_SPAWN, thread, err);
}

int plan_threads_enter(struct plan_compiler *c, const struct tape_event *ev,
		       struct err *err)
{
	struct plan_actor *a;
	uint32_t i;

	if (ev->thread >= c->h.nr_threads)
		return err_set(err, ERR_FORMAT, 0,
			       "the tape has an event of thread %u, but only "
			       "%u threads",
			       ev->thread, c->h.nr_threads);
	a = &c->actors[ev->thread];
	if (a->life == PLAN_GONE) {
		c->h.repairs.late_events++;
		return 1;
	}
	if (a->life == PLAN_UNBORN) {
		if (ev->kind != TAPE_THREAD_START)
			c->h.repairs.unborn_threads++;
		return give_birth(c, ev->thread, err);
	}
	if (a->life == PLAN_ALIVE)
		return 0;
	/* It acts behind its end, as destructors do: it had not ended. */
	for (i = 0; c->ended[i] != ev->thread; i++)
		;
	c->ended[i] = c->ended[--c->nr_ended];
	a->life = PLAN_ALIVE;
	return 0;
}

int plan_threads_end(struct plan_compiler *c, uint32_t thread, struct err *err)
{
	struct plan_actor *a = &c->actors[thread];

	/* The first thread is the process: it lives until all is measured. */
	if (!thread)
		return 0;
	a->life = PLAN_ENDED;
	c->ended[c->nr_ended++] = thread;
	/* It may have slept long before its end: not earlier than then. */
	return plan_threads_tell(c, a, err);
}

int plan_threads_finish(struct plan_compiler *c, struct err *err)
{
	uint32_t nr = c->h.nr_threads;
	struct plan_thread *table;
	uint64_t least = UINT64_MAX;
	uint32_t i;
	int rc = plan_threads_clock(c, &c->actors[0], 1, err);

	for (i = 0; i < nr && !rc; i++) {
		enum plan_life life = c->actors[i].life;

		if (life == PLAN_ALIVE)
			rc = end_stream(c, i, PLAN_STOP, err);
		else if (life == PLAN_ENDED)
			rc = end_stream(c, i, PLAN_EXIT, err);
	}
	if (!rc)
		rc = plan_file_extend(&c->file, (uint64_t)nr * sizeof(*table),
				      &c->h.threads_at, err);
	if (rc)
		return rc;
	table = (void *)((char *)c->file.words + c->h.threads_at);
	for (i = 0; i < nr; i++) {
		table[i].first_page = c->actors[i].stream.first_page;
		table[i].stack = c->actors[i].stack;
		table[i].birth_seq = c->actors[i].birth_seq;
	}
	for (i = nr; i--;) {
		if (table[i].birth_seq < least)
			least = table[i].birth_seq;
		table[i].least_seq = least;
	}
	return 0;
}
