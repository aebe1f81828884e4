// SPDX-License-Identifier: MIT
/*
 * Building of the comparison: values by round, medians, outcomes against the
 * base. Whom the user meant is in comparison_select.c, which checks are judged
 * together in comparison_family.c, who dominates whom in comparison_front.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/comparison.h"
#include "results/comparison_parts.h"
#include "traces/base/err.h"

static bool failed(const struct result_run *run)
{
	return strcmp(run->status, "ok") != 0;
}

/* The arm's run that measures the metric, by its order of passes. */
static const struct result_run *measuring(const struct metric *metric,
					  const struct result_doc *doc,
					  const char *arm)
{
	const struct result_run *first = NULL;
	size_t choice, i;

	for (choice = 0; choice < 3; choice++) {
		for (i = 0; i < doc->nr_runs; i++) {
			const struct result_run *run = &doc->runs[i];

			if (strcmp(run->arm, arm) != 0 ||
			    !metric_from_pass(metric, run->pass, choice))
				continue;
			if (isfinite(metric_value(metric, run)))
				return run;
			if (!first || failed(run))
				first = run;
		}
	}
	return first;
}

static bool has_arm(const struct result_doc *doc, const char *arm)
{
	size_t i;

	for (i = 0; i < doc->nr_runs; i++)
		if (!strcmp(doc->runs[i].arm, arm))
			return true;
	return false;
}

/* Values of one cell, and the worst that befell the runs they come from. */
static int fill_cell(struct comparison_cell *cell, const struct metric *metric,
		     const struct campaign_tape *tape, const char *arm,
		     bool mixed, struct err *err)
{
	size_t i;

	cell->status = "";
	cell->values = calloc(tape->nr_rounds, sizeof(*cell->values));
	if (!cell->values)
		return comparison_no_memory(err);
	for (i = 0; i < tape->nr_rounds; i++) {
		const struct result_run *run =
			measuring(metric, tape->rounds[i], arm);

		cell->values[i] = NAN;
		if (run && failed(run))
			cell->status = run->status;
		else if (run)
			cell->values[i] = metric_value(metric, run);
		else if (!has_arm(tape->rounds[i], arm) && !*cell->status)
			cell->status = "missing";
		if (isfinite(cell->values[i]) &&
		    (!*cell->status || !strcmp(cell->status, "missing")))
			cell->status = "ok";
	}
	if (mixed && !strcmp(cell->status, "ok"))
		cell->status = "not comparable";
	/* What failed is not averaged with what did not. */
	for (i = 0; i < tape->nr_rounds; i++)
		if (*cell->status && strcmp(cell->status, "ok") != 0)
			cell->values[i] = NAN;
	cell->median = stats_median(cell->values, tape->nr_rounds);
	cell->mad = stats_mad(cell->values, tape->nr_rounds);
	return 0;
}

/* The grain in the metric's unit, from what the base's run says. */
static double grain(const struct metric *metric,
		    const struct campaign_tape *tape, const char *base)
{
	const struct result_doc *doc = tape->rounds[0];
	const struct result_run *run = measuring(metric, doc, base);
	double value = NAN;

	if (metric->grain == METRIC_GRAIN_VALUE || !run)
		return metric->rule.grain;
	if (metric->grain == METRIC_GRAIN_PER_MOPS)
		value = result_metric(run, "ops") / 1e6;
	else
		value = result_metric(run, "timer_floor_ns");
	if (metric->grain == METRIC_GRAIN_TIMER_FLOOR && !isfinite(value) &&
	    campaign_config(doc, "timer_floor_ns"))
		value = strtod(campaign_config(doc, "timer_floor_ns"), NULL);
	return metric->rule.grain * (value > 0 ? value : 1);
}

static int compare_row(const struct comparison *cmp,
		       const struct comparison_tape *tape, size_t metric,
		       struct err *err)
{
	struct comparison_cell *row = &tape->cells[metric * cmp->nr_arms];
	struct stats_rule *rule = &tape->rules[metric];
	size_t i;
	int rc = 0;

	*rule = cmp->metrics[metric].rule;
	rule->grain = grain(&cmp->metrics[metric], tape->tape, cmp->arms[0]);
	for (i = 0; !rc && i < cmp->nr_arms; i++)
		rc = stats_compare(row[0].values, row[i].values,
				   tape->tape->nr_rounds, rule, &row[i].outcome,
				   err);
	/* The base is the same as itself, however few rounds there are. */
	if (row[0].outcome.n)
		row[0].outcome.verdict = STATS_SAME;
	return rc;
}

/* Of one label, but another object than the one of the rounds before? */
static bool same_build(const struct result_run *a, const struct result_run *b)
{
	if (*a->build_id && *b->build_id)
		return !strcmp(a->build_id, b->build_id);
	return !strcmp(a->version, b->version) && !strcmp(a->path, b->path);
}

static void note_run(struct comparison_arm *arm, const struct result_run *run,
		     size_t round)
{
	arm->runs++;
	if (arm->any && !failed(arm->any) && !failed(run) &&
	    !same_build(arm->any, run))
		arm->other = run;
	if (!arm->any || (failed(arm->any) && !failed(run)))
		arm->any = run;
	if (!failed(run))
		return;
	if (!arm->failed++) {
		arm->failure = run;
		arm->failure_round = round;
	}
}

static void note_arm(const struct comparison *cmp,
		     const struct comparison_tape *tape, size_t arm)
{
	size_t i, k;

	for (i = 0; i < tape->tape->nr_rounds; i++) {
		const struct result_doc *doc = tape->tape->rounds[i];

		for (k = 0; k < doc->nr_runs; k++)
			if (!strcmp(doc->runs[k].arm, cmp->arms[arm]))
				note_run(&tape->arms[arm], &doc->runs[k],
					 doc->round);
	}
}

static void count_quiet(struct comparison_tape *tape)
{
	size_t i;

	for (i = 0; i < tape->tape->nr_rounds; i++) {
		const struct result_doc *doc = tape->tape->rounds[i];
		const char *discarded = campaign_config(doc, "discarded");

		if (discarded)
			tape->discarded += strtoul(discarded, NULL, 10);
		tape->disturbed += campaign_config(doc, "disturbed") != NULL;
	}
}

static int build_tape(const struct comparison *cmp,
		      struct comparison_tape *tape, struct err *err)
{
	size_t m, i;
	int rc = 0;

	tape->cells =
		calloc(cmp->nr_metrics * cmp->nr_arms, sizeof(*tape->cells));
	tape->arms = calloc(cmp->nr_arms, sizeof(*tape->arms));
	tape->rules = calloc(cmp->nr_metrics, sizeof(*tape->rules));
	if (!tape->cells || !tape->arms || !tape->rules)
		return comparison_no_memory(err);
	count_quiet(tape);
	for (i = 0; i < cmp->nr_arms; i++)
		note_arm(cmp, tape, i);
	for (m = 0; !rc && m < cmp->nr_metrics; m++) {
		for (i = 0; !rc && i < cmp->nr_arms; i++)
			rc = fill_cell(&tape->cells[m * cmp->nr_arms + i],
				       &cmp->metrics[m], tape->tape,
				       cmp->arms[i],
				       tape->arms[i].other != NULL, err);
		if (!rc)
			rc = compare_row(cmp, tape, m, err);
	}
	return rc;
}

int comparison_build(struct comparison *cmp, const struct campaign *campaign,
		     const struct comparison_options *options, struct err *err)
{
	size_t i;
	int rc;

	memset(cmp, 0, sizeof(*cmp));
	cmp->campaign = campaign;
	rc = comparison_select(cmp, options, err);
	for (i = 0; !rc && i < cmp->nr_tapes; i++)
		rc = build_tape(cmp, &cmp->tapes[i], err);
	if (!rc)
		rc = comparison_decide(cmp, err);
	for (i = 0; !rc && i < cmp->nr_tapes; i++)
		rc = comparison_find_front(cmp, &cmp->tapes[i], err);
	if (rc)
		comparison_release(cmp);
	return rc;
}

void comparison_release(struct comparison *cmp)
{
	size_t i, k;

	for (i = 0; i < cmp->nr_tapes; i++) {
		struct comparison_tape *tape = &cmp->tapes[i];

		for (k = 0; tape->cells && k < cmp->nr_metrics * cmp->nr_arms;
		     k++)
			free(tape->cells[k].values);
		free(tape->cells);
		free(tape->pairs);
		free(tape->rules);
		free(tape->arms);
	}
	free(cmp->tapes);
	free(cmp->arms);
	free(cmp->labels);
	free(cmp->metrics);
	memset(cmp, 0, sizeof(*cmp));
}

const struct comparison_cell *
comparison_cell(const struct comparison *cmp,
		const struct comparison_tape *tape, size_t metric, size_t arm)
{
	return &tape->cells[metric * cmp->nr_arms + arm];
}

/* How many of the tape's arms have a value of that metric. */
static size_t count_values(const struct comparison *cmp,
			   const struct comparison_tape *tape, size_t metric)
{
	size_t nr = 0, i;

	for (i = 0; i < cmp->nr_arms; i++)
		nr += isfinite(comparison_cell(cmp, tape, metric, i)->median);
	return nr;
}

bool comparison_has_metric(const struct comparison *cmp, size_t metric)
{
	size_t i;

	for (i = 0; i < cmp->nr_tapes; i++)
		if (count_values(cmp, &cmp->tapes[i], metric))
			return true;
	return false;
}

bool comparison_tape_has_metric(const struct comparison *cmp,
				const struct comparison_tape *tape,
				size_t metric)
{
	size_t i;

	if (count_values(cmp, tape, metric))
		return true;
	for (i = 0; i < cmp->nr_arms; i++)
		if (!tape->arms[i].failed)
			return false;
	return comparison_has_metric(cmp, metric);
}

size_t comparison_find_metric(const struct comparison *cmp, const char *name)
{
	size_t i;

	for (i = 0; i < cmp->nr_metrics; i++)
		if (!strcmp(cmp->metrics[i].name, name))
			break;
	return i;
}
