// SPDX-License-Identifier: MIT
/*
 * The real program under every arm, in rounds of random order. Each round
 * becomes a result document with one run per arm, pass "real"; a document
 * that is there is not measured again.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "replayer/replay_campaign.h"
#include "replayer/replay_environment.h"
#include "replayer/validate_parts.h"
#include "replayer/validate_run.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/log.h"
#include "traces/base/progress.h"

static const char *const metric_names[VALIDATE_MEASURES] = {
	"rss_peak_bytes",
	"rss_mean_bytes",
	"rss_end_bytes",
};

static int add_identity(struct result_run *result, const struct alloc_arm *arm,
			struct err *err)
{
	size_t i;
	int rc = 0;

	snprintf(result->arm, sizeof(result->arm), "%s", arm->label);
	snprintf(result->pass, sizeof(result->pass), "real");
	snprintf(result->status, sizeof(result->status), "ok");
	snprintf(result->path, sizeof(result->path), "%.511s", arm->path);
	snprintf(result->version, sizeof(result->version), "%s", arm->version);
	snprintf(result->build_id, sizeof(result->build_id), "%s",
		 arm->build_id);
	for (i = 0; i < arm->nr_knobs && !rc; i++)
		rc = result_add_knob(result, arm->knobs[i], err);
	return rc;
}

/* What is wrong with the run, into status and message. */
static void judge(const struct validate_state *s, struct result_run *result,
		  const struct alloc_arm *arm, const struct validate_run *run,
		  const struct watch_process *p)
{
	const char *status = NULL;

	if (run->timed_out) {
		status = "timeout";
		snprintf(result->message, sizeof(result->message),
			 "took too long (--timeout)");
	} else if (run->status != s->outcome->status) {
		status = "failed";
		snprintf(result->message, sizeof(result->message),
			 "exit status %d; it was %d when recorded", run->status,
			 s->outcome->status);
	} else if (!p) {
		status = "failed";
		snprintf(result->message, sizeof(result->message),
			 "no process of %.100s was seen", s->outcome->process);
	} else if (arm->path[0] && !p->has_preload && p->nr_samples > 4) {
		status = "missing";
		snprintf(result->message, sizeof(result->message),
			 "%.200s is not in the process", arm->path);
	}
	if (status)
		snprintf(result->status, sizeof(result->status), "%s", status);
}

static int add_values(struct result_run *result, const struct validate_run *run,
		      const struct watch_process *p, struct err *err)
{
	const struct {
		const char *name;
		double value;
	} values[] = {
		{ metric_names[VALIDATE_PEAK], (double)p->peak_bytes },
		{ metric_names[VALIDATE_MEAN], watch_mean_bytes(p) },
		{ metric_names[VALIDATE_END], (double)p->last_bytes },
		{ "wall_ns", (double)run->wall_ns },
		{ "process_ns", (double)(p->last_ns - p->begin_ns) },
		{ "samples", (double)p->nr_samples },
	};
	size_t i;
	int rc = 0;

	for (i = 0; i < sizeof(values) / sizeof(*values) && !rc; i++)
		rc = result_add_metric(result, values[i].name, values[i].value,
				       err);
	if (rc || !p->nr_curve)
		return rc;
	result->curve = calloc(p->nr_curve, sizeof(*result->curve));
	if (!result->curve)
		return err_set(err, ERR_NOMEM, ENOMEM, "curve");
	memcpy(result->curve, p->curve, p->nr_curve * sizeof(*result->curve));
	result->nr_curve = p->nr_curve;
	return 0;
}

static int run_arm(struct validate_state *s, const struct alloc_arm *arm,
		   struct result_doc *doc, struct err *err)
{
	const char *under = s->outcome->recorded_under;
	struct validate_launch launch = {
		.argv = s->config->argv,
		.input = s->input,
		.show_output = s->config->show_output,
		.words_fd = -1,
		.arm = arm,
		.brings_allocator =
			under[0] && strcmp(alloc_identify(under), "glibc") != 0,
		.process = s->outcome->process,
		.timeout_ns = s->config->timeout_ns,
	};
	const struct watch_process *p = NULL;
	struct validate_run run;
	struct result_run *result = NULL;
	int rc = validate_run(&launch, &run, err);

	if (!rc)
		rc = result_add_run(doc, &result, err);
	if (!rc)
		rc = add_identity(result, arm, err);
	if (!rc) {
		p = watch_largest(run.watch);
		judge(s, result, arm, &run, p);
	}
	if (!rc && p && !strcmp(result->status, "ok"))
		rc = add_values(result, &run, p, err);
	if (!rc && strcmp(result->status, "ok") != 0)
		log_warn("%s: %s, %s", result->arm, result->status,
			 result->message);
	validate_run_release(&run);
	return rc;
}

static int begin_document(const struct validate_state *s, uint32_t round,
			  struct result_doc *doc, struct err *err)
{
	time_t now = time(NULL);
	struct tm tm;
	int rc;

	memset(doc, 0, sizeof(*doc));
	snprintf(doc->tape, sizeof(doc->tape), "%.511s",
		 s->outcome->tapes[round - 1]);
	doc->round = round;
	doc->seed = s->config->seed;
	gmtime_r(&now, &tm);
	strftime(doc->started, sizeof(doc->started), "%Y-%m-%dT%H:%M:%SZ", &tm);
	rc = replay_environment(doc, err);
	if (!rc)
		rc = result_add_config(doc, "command", s->config->line, err);
	if (!rc)
		rc = result_add_config(doc, "process", s->outcome->process,
				       err);
	return rc;
}

/* Every arm once, in random order; then the document is written. */
static int run_round(struct validate_state *s, uint32_t round, const char *path,
		     struct err *err)
{
	uint64_t rng = s->config->seed * 1000003 + round;
	size_t *order = calloc(s->nr_arms, sizeof(*order));
	struct result_doc doc;
	size_t i;
	int rc;

	if (!order)
		return err_set(err, ERR_NOMEM, ENOMEM, "list of arms");
	rc = begin_document(s, round, &doc, err);
	for (i = 0; i < s->nr_arms; i++) {
		size_t k = replay_random(&rng) % (i + 1);

		order[i] = order[k];
		order[k] = i;
	}
	for (i = 0; i < s->nr_arms && !rc; i++) {
		progress_update((round - 1) * (s->nr_arms + 1) + 1 + i,
				s->arms[order[i]].label);
		rc = run_arm(s, &s->arms[order[i]], &doc, err);
	}
	if (!rc)
		rc = result_write(&doc, path, true, err);
	result_release(&doc);
	free(order);
	return rc;
}

/* From a round's document to the figures. */
static int take_round(struct validate_state *s, uint32_t round,
		      const char *path, struct err *err)
{
	struct validate_figures *f = &s->outcome->figures;
	struct result_doc doc = { 0 };
	int rc = result_read(&doc, path, err);
	size_t i, k, m;

	for (i = 0; i < doc.nr_runs && !rc; i++) {
		const struct result_run *run = &doc.runs[i];

		for (k = 0; k < f->nr_arms; k++)
			if (!strcmp(f->arms[k].label, run->arm))
				break;
		if (k == f->nr_arms)
			continue;
		for (m = 0; m < VALIDATE_MEASURES; m++)
			f->arms[k].values[m].real[round - 1] =
				result_metric(run, metric_names[m]);
		if (strcmp(run->status, "ok") != 0)
			validate_fail(s->outcome, "%s in round %u: %s, %s",
				      run->arm, round, run->status,
				      run->message);
	}
	result_release(&doc);
	return rc;
}

int validate_real(struct validate_state *s, uint32_t round, struct err *err)
{
	char folder[PATH_MAX], path[PATH_MAX + 32];
	int rc;

	snprintf(folder, sizeof(folder), "%.4000s/real", s->config->dir);
	rc = files_make_dir(folder, err);
	snprintf(path, sizeof(path), "%s/real-r%03u.json", folder, round);
	if (!rc && access(path, R_OK))
		rc = run_round(s, round, path, err);
	return rc ? rc : take_round(s, round, path, err);
}
