// SPDX-License-Identifier: MIT
/*
 * Passes that a machine can forbid: containers without ptrace, machines
 * without performance counters. The null allocator tries each of them first;
 * what is forbidden is told once and left out, the other passes go on.
 */
#include <stdio.h>
#include <string.h>

#include "replayer/replay_campaign.h"
#include "traces/base/err.h"
#include "traces/base/log.h"

static const enum worker_pass tried[] = { WORKER_CALLS, WORKER_INSTRUCTIONS,
					  WORKER_CALLGRIND };

enum { NR_TRIED = sizeof(tried) / sizeof(*tried) };

unsigned replay_nr_tried(const struct replay_config *config)
{
	unsigned nr = 0, i;

	for (i = 0; i < NR_TRIED; i++)
		nr += config->passes[tried[i]];
	return nr;
}

bool replay_wants(const struct replay_state *s, const struct replay_work *work,
		  const struct alloc_arm *arm, enum worker_pass pass)
{
	/* The null allocator has no memory that could be verified. */
	if (arm->is_null && pass == WORKER_VERIFY)
		return false;
	return s->config->passes[pass] && !work->barred[pass][0];
}

static int try_pass(struct replay_state *s, struct replay_work *work,
		    enum worker_pass pass, struct err *err)
{
	char *why = work->barred[pass];
	struct replay_run run;
	int rc = replay_pass(s, work, &work->null, pass, "floor", &run, err);

	if (!rc && run.report->barred) {
		snprintf(why, sizeof(work->barred[pass]), "%s", run.message);
		log_warn("%s: the %s pass is left out: %s", work->tape.stem,
			 replay_pass_name(pass), why);
	} else if (!rc && strcmp(run.status, "ok") != 0) {
		rc = err_set(err, ERR_CRASH, 0, "the null allocator %s: %.150s",
			     run.status, run.message);
	}
	if (!rc)
		work->floor.instructions[pass] = run.report->instructions;
	replay_run_release(&run);
	return rc;
}

int replay_try_passes(struct replay_state *s, struct replay_work *work,
		      struct err *err)
{
	const char *why = "";
	unsigned i, left = 0;
	int rc = 0;

	for (i = 0; i < NR_TRIED && !rc; i++)
		if (s->config->passes[tried[i]])
			rc = try_pass(s, work, tried[i], err);
	for (i = 0; i < WORKER_PASSES; i++) {
		left += s->config->passes[i] && !work->barred[i][0];
		if (work->barred[i][0])
			why = work->barred[i];
	}
	if (!rc && !left)
		rc = err_set(err, ERR_MISSING, 0, "no pass is left: %.200s",
			     why);
	return rc;
}

int replay_barred_entries(const struct replay_state *s,
			  const struct replay_work *work,
			  struct result_doc *doc, struct err *err)
{
	char text[sizeof(work->barred[0]) + 8];
	int rc = 0, pass;

	for (pass = 0; pass < WORKER_PASSES && !rc; pass++) {
		const char *why = work->barred[pass];

		if (!s->config->passes[pass] || !why[0])
			continue;
		snprintf(text, sizeof(text), "none: %s", why);
		rc = result_add_config(doc,
				       replay_pass_name((enum worker_pass)pass),
				       text, err);
	}
	return rc;
}
