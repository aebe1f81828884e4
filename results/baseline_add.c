// SPDX-License-Identifier: MIT
/* From the documents of a campaign to the sessions of a baseline. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/baseline.h"
#include "results/baseline_parts.h"
#include "results/comparison.h"
#include "traces/base/err.h"
#include "traces/base/version.h"

int baseline_begin(struct baseline *b, const struct campaign *campaign,
		   const char *reference, struct err *err)
{
	const struct comparison_options options = { .base = reference };
	struct comparison cmp = { 0 };
	int rc;

	memset(b, 0, sizeof(*b));
	rc = comparison_build(&cmp, campaign, &options, err);
	if (!rc)
		snprintf(b->reference, sizeof(b->reference), "%s", cmp.arms[0]);
	comparison_release(&cmp);
	b->result_format = HEAPTAPE_RESULT_FORMAT;
	if (!rc)
		rc = baseline_class_fill(b, &campaign->docs[0], err);
	if (rc)
		baseline_release(b);
	return rc;
}

static const char *host_of(const struct result_doc *doc)
{
	const char *host = campaign_environment(doc, "host");

	return host ? host : "";
}

/* Whether the window has the session that this document is of. */
static bool has_session(const struct baseline_window *window,
			const struct result_doc *doc)
{
	size_t i;

	for (i = 0; i < window->nr; i++) {
		const struct baseline_session *s = &window->sessions[i];

		if (s->seed == doc->seed && !strcmp(s->host, host_of(doc)) &&
		    !strcmp(s->started, doc->started))
			return true;
	}
	return false;
}

/* The tape, as the baseline has it or has it from now on. */
static int tape_number(struct baseline *b, const struct result_doc *doc,
		       uint32_t *number, struct err *err)
{
	const struct baseline_tape *known = baseline_tape(b, doc);
	struct baseline_tape *tape;
	char why[300];
	int rc;

	baseline_difference(b, doc, true, why, sizeof(why));
	if (*why)
		return err_set(err, ERR_COMPARE, 0,
			       "%.60s is not comparable: %.150s", doc->tape,
			       why);
	if (known) {
		*number = (uint32_t)(known - b->tapes);
		return 0;
	}
	rc = baseline_tape_new(b, &tape, err);
	if (rc)
		return rc;
	*number = (uint32_t)b->nr_tapes - 1;
	snprintf(tape->name, sizeof(tape->name), "%s", doc->tape);
	snprintf(tape->hash, sizeof(tape->hash), "%s", doc->tape_hash);
	return baseline_options_fill(tape, doc, err);
}

/* The arm's number in the session, with what it was there. */
static int arm_number(struct baseline_session *session,
		      const struct result_doc *doc, const char *name,
		      uint32_t *number, struct err *err)
{
	struct baseline_arm *arm;
	size_t i, k;
	int rc;

	for (i = 0; i < session->nr_arms; i++)
		if (!strcmp(session->arms[i].arm, name)) {
			*number = (uint32_t)i;
			return 0;
		}
	rc = baseline_arm_new(session, &arm, err);
	if (rc)
		return rc;
	*number = (uint32_t)i;
	snprintf(arm->arm, sizeof(arm->arm), "%s", name);
	for (i = 0; i < doc->nr_runs; i++) {
		const struct result_run *run = &doc->runs[i];

		if (strcmp(run->arm, name) != 0)
			continue;
		snprintf(arm->version, sizeof(arm->version), "%s",
			 run->version);
		snprintf(arm->build_id, sizeof(arm->build_id), "%s",
			 run->build_id);
		for (k = 0; k < run->nr_knobs && !rc; k++)
			rc = baseline_knob_new(arm, run->knobs[k], err);
		break;
	}
	return rc;
}

/* The rounds of one cell that are of the session that first begins. */
static int add_row(struct baseline_session *session, uint32_t tape,
		   const struct campaign_tape *rounds,
		   const struct result_doc *first, const char *arm,
		   const struct metric *metric,
		   const struct comparison_cell *cell, struct err *err)
{
	const struct result_doc *doc = NULL;
	struct baseline_row *row;
	size_t nr = 0, i;
	bool any = false;
	uint32_t number = 0;
	int rc;

	for (i = 0; i < rounds->nr_rounds; i++)
		if (campaign_same_session(rounds->rounds[i], first)) {
			doc = doc ? doc : rounds->rounds[i];
			any |= isfinite(cell->values[i]);
			nr++;
		}
	if (!any)
		return 0;
	rc = arm_number(session, doc, arm, &number, err);
	if (!rc)
		rc = baseline_row_new(session, nr, &row, err);
	if (rc)
		return rc;
	row->tape = tape;
	row->arm = number;
	snprintf(row->metric, sizeof(row->metric), "%s", metric->name);
	for (nr = 0, i = 0; i < rounds->nr_rounds; i++)
		if (campaign_same_session(rounds->rounds[i], first))
			row->values[nr++] = cell->values[i];
	return 0;
}

static int add_tape(struct baseline *b, struct baseline_session *session,
		    const struct comparison *cmp,
		    const struct comparison_tape *tape,
		    const struct result_doc *first, struct err *err)
{
	uint32_t number = 0;
	size_t a, m;
	int rc = tape_number(b, tape->tape->rounds[0], &number, err);

	for (a = 0; a < cmp->nr_arms && !rc; a++)
		for (m = 0; m < cmp->nr_metrics && !rc; m++) {
			const struct comparison_cell *cell =
				comparison_cell(cmp, tape, m, a);

			if (*cell->status && strcmp(cell->status, "ok") != 0 &&
			    strcmp(cell->status, "missing") != 0)
				return err_set(err, ERR_COMPARE, 0,
					       "%.60s on %.60s: %s; a baseline "
					       "holds what has passed",
					       cmp->labels[a], tape->tape->name,
					       cell->status);
			rc = add_row(session, number, tape->tape, first,
				     cmp->arms[a], &cmp->metrics[m], cell, err);
		}
	return rc;
}

static int add_session(struct baseline *b, const struct comparison *cmp,
		       const struct result_doc *first, const char *label,
		       struct err *err)
{
	struct baseline_session *session;
	size_t t;
	int rc = baseline_session_new(&b->window, &session, err);

	if (rc)
		return rc;
	session->seed = first->seed;
	snprintf(session->label, sizeof(session->label), "%s",
		 label ? label : "");
	snprintf(session->started, sizeof(session->started), "%s",
		 first->started);
	snprintf(session->host, sizeof(session->host), "%.127s",
		 host_of(first));
	for (t = 0; t < cmp->nr_tapes && !rc; t++)
		rc = add_tape(b, session, cmp, &cmp->tapes[t], first, err);
	return rc;
}

/* The first document of that one's session, in the order of names, rounds. */
static const struct result_doc *first_of(const struct campaign *campaign,
					 const struct result_doc *doc)
{
	const struct result_doc *first = doc;
	size_t i;

	for (i = 0; i < campaign->nr_docs; i++) {
		const struct result_doc *other = &campaign->docs[i];

		if (campaign_same_session(other, doc) &&
		    strcmp(other->started, first->started) < 0)
			first = other;
	}
	for (i = 0; i < campaign->nr_docs; i++)
		if (campaign_same_session(&campaign->docs[i], doc) &&
		    !strcmp(campaign->docs[i].started, first->started))
			return &campaign->docs[i];
	return first;
}

static int by_start(const void *a, const void *b)
{
	const struct baseline_session *x = a, *y = b;

	return strcmp(x->started, y->started);
}

/* The main metrics, those that were asked for, and those it has already. */
static const char **wanted(const struct baseline *b, const char *const *more,
			   size_t nr_more, size_t *nr)
{
	const struct baseline_session *newest =
		b->window.nr ? &b->window.sessions[b->window.nr - 1] : NULL;
	size_t nr_all, nr_old = newest ? newest->nr_rows : 0, i;
	const struct metric *all = metrics_all(&nr_all);
	const char **names = calloc(nr_all + nr_more + nr_old, sizeof(*names));

	*nr = 0;
	for (i = 0; names && i < nr_all; i++)
		if (all[i].role == METRIC_MAIN)
			names[(*nr)++] = all[i].name;
	for (i = 0; names && i < nr_more; i++)
		names[(*nr)++] = more[i];
	for (i = 0; names && i < nr_old; i++)
		if (metrics_find(newest->rows[i].metric))
			names[(*nr)++] =
				metrics_find(newest->rows[i].metric)->name;
	return names;
}

int baseline_add(struct baseline *b, const struct campaign *campaign,
		 const char *const *metrics, size_t nr_metrics,
		 const char *label, size_t *added, struct err *err)
{
	struct comparison_options options = { .base = b->reference };
	struct comparison cmp = { 0 };
	const char **names =
		wanted(b, metrics, nr_metrics, &options.nr_metrics);
	size_t i;
	int rc;

	*added = 0;
	options.metrics = names;
	rc = names ? comparison_build(&cmp, campaign, &options, err)
		   : baseline_no_memory(err);
	for (i = 0; i < campaign->nr_docs && !rc; i++) {
		const struct result_doc *first =
			first_of(campaign, &campaign->docs[i]);

		if (first != &campaign->docs[i] ||
		    has_session(&b->window, first))
			continue;
		rc = add_session(b, &cmp, first, label, err);
		*added += !rc;
	}
	qsort(b->window.sessions, b->window.nr, sizeof(*b->window.sessions),
	      by_start);
	baseline_keep(&b->window, BASELINE_SESSIONS);
	comparison_release(&cmp);
	free(names);
	return rc;
}

static int copy_arm(struct baseline_session *to, const struct baseline_arm *arm,
		    struct err *err)
{
	struct baseline_arm *copy;
	size_t i;
	int rc = baseline_arm_new(to, &copy, err);

	if (rc)
		return rc;
	*copy = *arm;
	copy->knobs = NULL;
	copy->nr_knobs = 0;
	for (i = 0; i < arm->nr_knobs && !rc; i++)
		rc = baseline_knob_new(copy, arm->knobs[i], err);
	return rc;
}

static int copy_session(struct baseline_window *window,
			const struct baseline_session *from, struct err *err)
{
	struct baseline_session *to;
	struct baseline_row *row;
	size_t i;
	int rc = baseline_session_new(window, &to, err);

	if (rc)
		return rc;
	*to = *from;
	to->arms = NULL;
	to->rows = NULL;
	to->nr_arms = to->nr_rows = 0;
	for (i = 0; i < from->nr_arms && !rc; i++)
		rc = copy_arm(to, &from->arms[i], err);
	for (i = 0; i < from->nr_rows && !rc; i++) {
		rc = baseline_row_new(to, from->rows[i].nr, &row, err);
		if (rc)
			break;
		row->tape = from->rows[i].tape;
		row->arm = from->rows[i].arm;
		memcpy(row->metric, from->rows[i].metric, sizeof(row->metric));
		memcpy(row->values, from->rows[i].values,
		       row->nr * sizeof(*row->values));
	}
	return rc;
}

int baseline_pin(struct baseline *b, const char *label, struct err *err)
{
	size_t i;
	int rc = 0;

	baseline_keep(&b->anchor, 0);
	snprintf(b->anchor_label, sizeof(b->anchor_label), "%.127s", label);
	for (i = 0; i < b->window.nr && !rc; i++)
		rc = copy_session(&b->anchor, &b->window.sessions[i], err);
	return rc;
}
