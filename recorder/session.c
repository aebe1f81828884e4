// SPDX-License-Identifier: MIT
/*
 * Runs a session: starts the program, moves records from the rings to the
 * tapes until it and its followed children are over.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "recorder/attend.h"
#include "recorder/child.h"
#include "recorder/clock.h"
#include "recorder/descriptors.h"
#include "recorder/recordings.h"
#include "recorder/session.h"
#include "recorder/stacks.h"
#include "traces/tape_writer.h"

#define NAP_MIN_NS  50000u      /* between looks at rings that fill fast */
#define NAP_MAX_NS  160000000u  /* ... at idle ones: a sample or a signal */
#define NAP_MANY_NS 40000000u   /* ... with children, whose ends are polled */
#define SLEEP_NS    2000000u    /* from here on the program may wake us */
#define USE_NS      100000000u  /* between looks who maps the rings */
#define GRACE_NS    1000000000u /* for a forked child to execute something */

struct session {
	const struct session_config *config;
	struct session_result *result;
	struct shared shared;
	struct ticks ticks;
	struct child child;
	struct drain drain;
	struct recordings all;
	struct attend attend;
	uint64_t nap_ns;
	uint64_t quiet_ns; /* since when nobody is recorded; 0: somebody is */
	uint64_t next_use_ns;
};

/* Rest so long that the fullest ring will be about a quarter full. */
static void rest(struct session *s, uint64_t fullest)
{
	uint64_t max = s->all.nr ? NAP_MANY_NS : NAP_MAX_NS, ns, now, due;

	if (fullest > RING_QUARTER && s->nap_ns > NAP_MIN_NS)
		s->nap_ns /= 2;
	else if (fullest < RING_QUARTER / 2 && s->nap_ns < max)
		s->nap_ns *= 2;
	if (fullest > 2 * RING_QUARTER || recordings_ending(&s->all))
		return;
	ns = attend_rest_ns(&s->attend, s->nap_ns < max ? s->nap_ns : max);
	now = ticks_now_ns(&s->ticks);
	due = recordings_due_ns(&s->all);
	if (due > now && due - now < ns)
		ns = due - now;
	shared_sleep(&s->shared,
		     s->nap_ns < SLEEP_NS ? RING_DRAIN_NAP : RING_DRAIN_SLEEP,
		     ns);
}

/*
 * Nobody is recorded any more; but a forked child that still maps the rings
 * may show up with its first event, or execute a program.
 */
static bool nobody_left(struct session *s, uint64_t now)
{
	const enum ring_follow follow = s->config->follow;

	if (s->all.nr || follow == RING_FOLLOW_NONE) {
		s->quiet_ns = 0;
		return !s->all.nr;
	}
	if (!s->quiet_ns)
		s->quiet_ns = now;
	if (follow == RING_FOLLOW_EXEC && now - s->quiet_ns > GRACE_NS)
		return true;
	if (now < s->next_use_ns)
		return false;
	s->next_use_ns = now + USE_NS;
	return !shared_in_use(&s->shared);
}

/* The program is over and read to its end: its tape is complete. */
static void end_first(struct session *s)
{
	struct recording *first = &s->all.first;

	if (!first->target.last || first->target.records || first->ended)
		return;
	recording_leave(first);
	recording_end(first, NULL);
}

static bool is_over(struct session *s, uint64_t now)
{
	const struct recording *first = &s->all.first;

	if (!s->child.ended || !first->ended || first->target.records)
		return false;
	return child_asked_to_end() || nobody_left(s, now);
}

static void look_at_child(struct session *s)
{
	struct recording *first = &s->all.first;

	if (first->target.last || !child_ended(&s->child))
		return;
	first->process.over = true;
	first->process.status = s->child.status;
	first->target.last = true;
}

/* Until all are over. */
static int follow(struct session *s, struct err *err)
{
	uint64_t now, fullest;
	int ret;

	for (;;) {
		now = clock_monotonic_ns();
		look_at_child(s);
		recordings_poll(&s->all, now);
		ret = recordings_find(&s->all, now, err);
		if (ret)
			return ret;
		/* What it is told holds for all that have announced so far. */
		attend(&s->attend);
		fullest = drain_pass(&s->drain);
		recordings_tend(&s->all, ticks_now_ns(&s->ticks));
		end_first(s);
		if (s->config->follow != RING_FOLLOW_NONE)
			strangers_look(&s->result->strangers, &s->all, now);
		if (is_over(s, now))
			return 0;
		rest(s, fullest);
	}
}

/* The program's file, from the process or, if it is over, by its name. */
static void find_exe(struct session *s)
{
	char *exe = s->result->exe, *paths, *dir, *rest;
	const char *name = s->config->argv[0];

	process_exe(s->child.pid, exe, PATH_MAX);
	if (*exe)
		return;
	paths = strdup(strchr(name, '/') || !getenv("PATH") ? ""
							    : getenv("PATH"));
	snprintf(exe, PATH_MAX, "%s", name);
	rest = paths;
	while ((dir = strsep(&rest, ":")) && access(exe, X_OK))
		snprintf(exe, PATH_MAX, "%s/%s", dir, name);
	free(paths);
}

/* Whether that is a process's name, of which the kernel keeps 15 bytes. */
static bool is_name(const char *name, const char *program)
{
	const char *slash = strrchr(program, '/');

	return !strncmp(name, slash ? slash + 1 : program, 15);
}

/*
 * One that executed another program and was over before the next look: its
 * name tells. It may have named itself so, too.
 */
static void look_at_name(const struct session *s)
{
	const struct recording *first = &s->all.first;
	const char *name = s->child.name;

	if (name[0] && first->image.serial && !first->unseen[0] &&
	    !is_name(name, first->image.exe) &&
	    !is_name(name, s->config->argv[0]) &&
	    strcmp(name, first->target.name))
		strcpy(s->result->ended_as, name);
}

static void fill_result(struct session *s)
{
	const struct ring_control *control = s->shared.control;
	const struct recording *first = &s->all.first;
	struct session_result *r = s->result;

	r->status = s->child.status;
	r->registered = first->image.serial != 0;
	if (r->registered) {
		r->foreign = first->image.foreign;
		strcpy(r->allocator, first->image.allocator);
		strcpy(r->exe, first->image.exe);
	}
	strcpy(r->reason, first->reason);
	r->saved = first->output.saved;
	strcpy(r->output, first->output.path);
	strcpy(r->unseen, first->unseen);
	strcpy(r->earlier, first->earlier);
	look_at_name(s);
	r->bytes = first->output.bytes;
	r->events = first->target.events;
	r->earlier_events = first->earlier_events;
	r->threads = first->target.threads;
	r->interrupted = first->target.interrupted;
	r->stacks_refused = first->stacks ? stacks_refused(first->stacks) : 0;
	r->dropped = first->target.dropped;
	r->lost = first->target.dropped + recording_lost(first);
	r->forked = control->forked;
	r->execed = control->execed;
	r->refused = control->refused;
	r->duration_ns = first->duration_ns;
}

static int record(struct session *s, struct err *err)
{
	int ret;

	s->result->started = true;
	/* Naps shall last what they say; the program keeps its own slack. */
	prctl(PR_SET_TIMERSLACK, 1000);
	s->nap_ns = NAP_MIN_NS;
	ret = follow(s, err);
	attend_close(&s->attend);
	if (ret)
		recordings_end(&s->all, "error");
	shared_stop(&s->shared);
	child_wait(&s->child);
	recordings_close_others(&s->all);
	fill_result(s);
	if (!ret && s->all.first.err.code) {
		*err = s->all.first.err;
		ret = -err->code;
	}
	return ret;
}

static uint32_t first_mode(const struct session *s)
{
	const struct session_config *config = s->config;

	return (config->start_paused ? RING_PAUSED | RING_WINDOW : 0) |
	       (config->latency ? RING_LATENCY : 0) |
	       (config->stacks.on ? RING_STACKS : 0) |
	       (config->residency ? RING_RESIDENCY : 0) |
	       (s->ticks.clock == RING_CLOCK_MONOTONIC ? RING_MONOTONIC : 0);
}

static int start_child(struct session *s, struct err *err)
{
	char text[64];
	int ret;

	shared_describe(&s->shared, text, sizeof(text));
	ret = child_start(&s->child, s->config->argv, s->config->shim, text,
			  err);
	if (ret)
		return ret;
	/* A process needs some each. The program keeps its own limit. */
	descriptors_raise();
	s->shared.control->target_pid = (uint32_t)s->child.pid;
	s->shared.control->follow = s->config->follow;
	s->shared.control->on_full = s->config->on_full;
	atomic_store_explicit(&s->shared.control->mode, first_mode(s),
			      memory_order_relaxed);
	stack_rate_announce(&s->config->stacks, s->shared.control);
	return 0;
}

static int prepare(struct session *s, struct err *err)
{
	int ret;

	ticks_start(&s->ticks);
	ret = shared_open(&s->shared, s->ticks.clock, err);
	if (!ret)
		ret = drain_open(&s->drain, &s->shared, &s->ticks, err);
	if (!ret)
		ret = start_child(s, err);
	if (ret)
		return ret;
	s->all.result = s->result;
	s->all.env = (struct recording_env){
		.config = s->config,
		.shared = &s->shared,
		.ticks = &s->ticks,
		.drain = &s->drain,
		.pool = tape_pool_new(0),
		.begun = time(NULL),
		.nr = 1,
	};
	attend_open(&s->attend, &s->all);
	ret = recording_open(&s->all.first, &s->all.env, s->child.pid, err);
	if (ret)
		child_abandon(&s->child);
	return ret;
}

int session_run(const struct session_config *config,
		struct session_result *result, struct err *err)
{
	struct session s = { .config = config, .result = result };
	int ret;

	memset(result, 0, sizeof(*result));
	s.all.first.output.fd = -1;
	ret = prepare(&s, err);
	if (!ret) {
		ticks_calibrate(&s.ticks);
		result->exec_errno = child_release(&s.child);
		find_exe(&s);
		if (result->exec_errno)
			ret = err_set(err, ERR_MISSING, result->exec_errno,
				      "cannot run %s", config->argv[0]);
		else
			ret = record(&s, err);
	}
	if (s.all.env.config)
		recordings_close(&s.all);
	tape_pool_free(s.all.env.pool);
	drain_close(&s.drain);
	shared_close(&s.shared);
	return ret;
}
