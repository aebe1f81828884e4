// SPDX-License-Identifier: MIT
/* From the A/A campaign to noise and smallest changes, and the table of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/comparison.h"
#include "results/result_calibration.h"
#include "traces/base/err.h"

static bool all_equal(const struct comparison *cmp,
		      const struct comparison_tape *tape, size_t m)
{
	const double *a = comparison_cell(cmp, tape, m, 0)->values;
	const double *b = comparison_cell(cmp, tape, m, 1)->values;
	size_t i;

	for (i = 0; i < tape->tape->nr_rounds; i++)
		if (isfinite(a[i]) && isfinite(b[i]) && a[i] != b[i])
			return false;
	return true;
}

/* checks: how many tests share the error. */
static void fill_entry(struct calibration_entry *entry,
		       const struct comparison *cmp,
		       const struct comparison_tape *tape, size_t m,
		       size_t checks)
{
	const struct stats_outcome *out =
		&comparison_cell(cmp, tape, m, 1)->outcome;
	double alpha = STATS_ALPHA / (double)checks;

	*entry = (struct calibration_entry){
		.n = out->n,
		.noise = out->spread,
		.change = out->ratio - 1,
		.change_low = out->ratio_low - 1,
		.change_high = out->ratio_high - 1,
		.threshold = cmp->metrics[m].rule.threshold,
		.smallest = expm1(
			stats_smallest_effect(out->spread, out->n, alpha)),
		.rounds_needed = stats_rounds_for(
			out->spread, log1p(cmp->metrics[m].rule.threshold),
			alpha),
		.equal = all_equal(cmp, tape, m),
		.false_label = out->verdict == STATS_WORSE ||
			       out->verdict == STATS_BETTER,
	};
	if (entry->rounds_needed < stats_min_rounds(checks, STATS_ALPHA))
		entry->rounds_needed = stats_min_rounds(checks, STATS_ALPHA);
	snprintf(entry->tape, sizeof(entry->tape), "%s", tape->tape->name);
	snprintf(entry->metric, sizeof(entry->metric), "%s",
		 cmp->metrics[m].name);
}

static size_t count_main(const struct comparison *cmp,
			 const struct comparison_tape *tape)
{
	size_t nr = 0, m;

	for (m = 0; m < cmp->nr_metrics; m++)
		nr += cmp->metrics[m].role == METRIC_MAIN &&
		      comparison_cell(cmp, tape, m, 1)->outcome.n;
	return nr ? nr : 1;
}

static int fill_entries(struct calibration *c, const struct comparison *cmp,
			struct err *err)
{
	size_t t, m;

	c->entries = calloc(cmp->nr_tapes * cmp->nr_metrics + 1,
			    sizeof(*c->entries));
	if (!c->entries)
		return err_set(err, ERR_NOMEM, 0,
			       "out of memory for the calibration");
	for (t = 0; t < cmp->nr_tapes; t++) {
		size_t checks = count_main(cmp, &cmp->tapes[t]);

		if (checks > c->checks)
			c->checks = checks;
		for (m = 0; m < cmp->nr_metrics; m++)
			if (cmp->metrics[m].role != METRIC_INFO &&
			    comparison_cell(cmp, &cmp->tapes[t], m, 1)
				    ->outcome.n)
				fill_entry(&c->entries[c->nr_entries++], cmp,
					   &cmp->tapes[t], m, checks);
	}
	if (!c->nr_entries)
		return err_set(err, ERR_COMPARE, 0,
			       "the runs of %.100s failed; nothing can be "
			       "told of their noise",
			       c->arm);
	return 0;
}

static int copy_environment(struct calibration *c, const struct result_doc *doc,
			    struct err *err)
{
	size_t i;

	c->environment =
		calloc(doc->nr_environment + 1, sizeof(*c->environment));
	for (i = 0; c->environment && i < doc->nr_environment; i++) {
		c->environment[i] = doc->environment[i];
		c->environment[i].value = strdup(doc->environment[i].value);
		if (!c->environment[i].value)
			break;
		c->nr_environment++;
	}
	if (c->environment && i == doc->nr_environment)
		return 0;
	return err_set(err, ERR_NOMEM, 0, "out of memory for the calibration");
}

int calibration_make(struct calibration *c, const char *dir, struct err *err)
{
	static const char *const all[] = { "all" };
	struct comparison_options options = { .metrics = all, .nr_metrics = 1 };
	struct comparison cmp = { 0 };
	struct campaign campaign;
	int rc = campaign_load(&campaign, dir, err);

	memset(c, 0, sizeof(*c));
	if (rc)
		return rc;
	options.base = campaign.arms[0];
	if (campaign.nr_arms != 2)
		rc = err_set(err, ERR_COMPARE, 0,
			     "%s is no A/A campaign; run heaptape calibrate",
			     dir);
	if (!rc)
		rc = comparison_build(&cmp, &campaign, &options, err);
	if (!rc) {
		snprintf(c->arm, sizeof(c->arm), "%s", cmp.arms[0]);
		rc = fill_entries(c, &cmp, err);
	}
	if (!rc)
		rc = copy_environment(c, &campaign.docs[0], err);
	comparison_release(&cmp);
	campaign_release(&campaign);
	if (rc)
		calibration_release(c);
	return rc;
}

void calibration_release(struct calibration *c)
{
	size_t i;

	for (i = 0; i < c->nr_environment; i++)
		free(c->environment[i].value);
	free(c->environment);
	free(c->entries);
	memset(c, 0, sizeof(*c));
}

const struct calibration_entry *calibration_find(const struct calibration *c,
						 const char *tape,
						 const char *metric)
{
	const struct calibration_entry *found = NULL;
	size_t i;

	for (i = 0; i < c->nr_entries; i++) {
		const struct calibration_entry *entry = &c->entries[i];

		if (strcmp(entry->metric, metric) != 0)
			continue;
		if (!strcmp(entry->tape, tape))
			return entry;
		if (!found || entry->noise > found->noise)
			found = entry;
	}
	return found;
}

const char *calibration_environment(const struct calibration *c,
				    const char *key)
{
	size_t i;

	for (i = 0; i < c->nr_environment; i++)
		if (!strcmp(c->environment[i].key, key))
			return c->environment[i].value;
	return NULL;
}
