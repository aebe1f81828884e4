// SPDX-License-Identifier: MIT
/*
 * Contention: what the calls of a tape cost with all threads at once, over
 * what they cost while one thread runs at a time. What the harness costs is
 * taken off both: the null allocator tells it, once per tape.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "replayer/replay_campaign.h"
#include "traces/base/err.h"
#include "traces/base/log.h"

/* Below this share of the harness's cost, the rest may be its noise. */
#define LEAST_SHARE 0.1

void replay_contention_bar(const struct replay_state *s,
			   struct replay_work *work)
{
	char *why = work->barred[WORKER_ALONE];

	if (!s->config->passes[WORKER_ALONE] || work->tape.threads > 1)
		return;
	snprintf(why, sizeof(work->barred[0]), "one thread has no other");
	log_debug("%s: the alone pass is left out: %s", work->tape.stem, why);
}

static int measure_null(struct replay_state *s, struct replay_work *work,
			enum worker_pass pass, struct err *err)
{
	struct replay_run run;
	int rc = replay_pass(s, work, &work->null, pass, "floor", &run, err);

	if (!rc && strcmp(run.status, "ok") != 0)
		rc = err_set(err, ERR_CRASH, 0, "the null allocator %s: %.150s",
			     run.status, run.message);
	if (!rc)
		work->floor.cpu_ns[pass] = run.report->cpu_ns;
	replay_run_release(&run);
	return rc;
}

int replay_contention_floor(struct replay_state *s, struct replay_work *work,
			    struct err *err)
{
	int rc;

	if (!replay_wants(s, work, &s->arms[0], WORKER_ALONE))
		return 0;
	rc = measure_null(s, work, WORKER_ALONE, err);
	if (!rc && s->config->passes[WORKER_TIME])
		rc = measure_null(s, work, WORKER_TIME, err);
	return rc;
}

/* The metric of the arm's run of that pass, or NAN. */
static double value_of(const struct result_doc *doc, const char *arm,
		       enum worker_pass pass, const char *metric)
{
	size_t i;

	for (i = 0; i < doc->nr_runs; i++)
		if (!strcmp(doc->runs[i].arm, arm) &&
		    !strcmp(doc->runs[i].pass, replay_pass_name(pass)))
			return result_metric(&doc->runs[i], metric);
	return NAN;
}

static int add_ratio(const struct replay_work *work, struct result_doc *doc,
		     struct result_run *run, struct err *err)
{
	const uint64_t *floors = work->floor.cpu_ns;
	double floor = (double)floors[WORKER_ALONE];
	double alone = result_metric(run, "alone_cpu_ns") - floor;
	double all = value_of(doc, run->arm, WORKER_TIME, "cpu_ns") -
		     (double)floors[WORKER_TIME];

	/* Comparisons with NAN, of a pass that failed, are false. */
	if (all > 0 && alone > floor * LEAST_SHARE)
		return result_add_metric(run, "contention_ratio", all / alone,
					 err);
	return 0;
}

int replay_contention_add(const struct replay_state *s,
			  const struct replay_work *work,
			  struct result_doc *doc, struct err *err)
{
	size_t i, k;
	int rc = 0;

	for (i = 0; i < s->nr_arms; i++)
		for (k = 0; k < doc->nr_runs && !rc; k++)
			if (!s->arms[i].is_null &&
			    !strcmp(doc->runs[k].arm, s->arms[i].label) &&
			    !strcmp(doc->runs[k].pass,
				    replay_pass_name(WORKER_ALONE)))
				rc = add_ratio(work, doc, &doc->runs[k], err);
	return rc;
}
