// SPDX-License-Identifier: MIT
/* What the user asked to compare: the base, the metrics, the tapes. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/comparison.h"
#include "results/comparison_parts.h"
#include "results/term_text.h"
#include "traces/base/err.h"

#define TABLE_LABEL 24 /* columns */

int comparison_no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, 0, "out of memory for the comparison");
}

/* "glibc" also when it has knobs: "glibc,MALLOC_ARENA_MAX=1" comes second. */
static size_t default_base(const struct campaign *campaign)
{
	size_t i;

	for (i = 0; i < campaign->nr_arms; i++)
		if (!strcmp(campaign->arms[i], "glibc"))
			return i;
	return 0;
}

static int unknown_base(const struct campaign *campaign, const char *base,
			struct err *err)
{
	char names[120] = "";
	size_t i, used = 0;

	for (i = 0; i < campaign->nr_arms && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used,
					 "%s%.40s", i ? ", " : "",
					 campaign->arms[i]);
	return err_set(err, ERR_ARG, 0, "no arm %.60s here; there is %s", base,
		       names);
}

/* A long name is cut and numbered; it is told in full elsewhere. */
static int label_arms(struct comparison *cmp, size_t columns, struct err *err)
{
	char clean[1024];
	size_t i;

	cmp->labels = calloc(cmp->nr_arms, sizeof(*cmp->labels));
	if (!cmp->labels)
		return comparison_no_memory(err);
	for (i = 0; i < cmp->nr_arms; i++) {
		char *label = cmp->labels[i];
		size_t len = sizeof(cmp->labels[i]), used = 0;

		term_clean(cmp->arms[i], 1000, clean, sizeof(clean));
		if (term_width(clean) > columns)
			used = (size_t)snprintf(label, len, "[%zu] ", i);
		term_clean(clean, columns - used, label + used, len - used);
	}
	return 0;
}

static int select_arms(struct comparison *cmp,
		       const struct comparison_options *options,
		       struct err *err)
{
	const char *name = options->base, *pattern = options->arm;
	const struct campaign *campaign = cmp->campaign;
	size_t base = name ? 0 : default_base(campaign), i;

	while (name && base < campaign->nr_arms &&
	       strcmp(campaign->arms[base], name) != 0)
		base++;
	if (base == campaign->nr_arms)
		return unknown_base(campaign, name, err);
	cmp->arms = calloc(campaign->nr_arms, sizeof(*cmp->arms));
	if (!cmp->arms)
		return comparison_no_memory(err);
	cmp->arms[cmp->nr_arms++] = campaign->arms[base];
	for (i = 0; i < campaign->nr_arms; i++)
		if (i != base &&
		    (!pattern || !fnmatch(pattern, campaign->arms[i], 0)))
			cmp->arms[cmp->nr_arms++] = campaign->arms[i];
	if (pattern && cmp->nr_arms == 1)
		return err_set(err, ERR_ARG, 0,
			       "no arm besides the base matches '%.60s'",
			       pattern);
	return label_arms(cmp,
			  options->label_columns ? options->label_columns
						 : TABLE_LABEL,
			  err);
}

static bool wanted(const struct metric *metric,
		   const struct comparison_options *options)
{
	size_t i;

	if (!options->nr_metrics)
		return metric->role == METRIC_MAIN;
	for (i = 0; i < options->nr_metrics; i++)
		if (!strcmp(options->metrics[i], "all") ||
		    !fnmatch(options->metrics[i], metric->name, 0))
			return true;
	return false;
}

static bool matches_any(const char *pattern)
{
	size_t nr, i;
	const struct metric *all = metrics_all(&nr);

	for (i = 0; i < nr; i++)
		if (!fnmatch(pattern, all[i].name, 0))
			return true;
	return false;
}

static int unknown_metric(const char *name, int len, struct err *err)
{
	return err_set(err, ERR_ARG, 0,
		       "unknown metric '%.*s'; heaptape-compare(1) lists them",
		       len < 60 ? len : 60, name);
}

static int select_metrics(struct comparison *cmp,
			  const struct comparison_options *options,
			  struct err *err)
{
	size_t nr, i;
	const struct metric *all = metrics_all(&nr);

	for (i = 0; i < options->nr_metrics; i++)
		if (strcmp(options->metrics[i], "all") != 0 &&
		    !matches_any(options->metrics[i]))
			return unknown_metric(options->metrics[i], 60, err);
	cmp->metrics = calloc(nr, sizeof(*cmp->metrics));
	if (!cmp->metrics)
		return comparison_no_memory(err);
	for (i = 0; i < nr; i++)
		if (wanted(&all[i], options))
			cmp->metrics[cmp->nr_metrics++] = all[i];
	return 0;
}

/* "METRIC=PERCENT", the sign of percent may follow. */
static int set_threshold(struct comparison *cmp, const char *text,
			 struct err *err)
{
	const char *equals = strchr(text, '=');
	char name[48], *end;
	double percent;
	size_t i;

	if (!equals)
		return err_set(err, ERR_ARG, 0,
			       "threshold '%.60s' is not METRIC=PERCENT", text);
	snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
	if (!metrics_find(name))
		return unknown_metric(text, (int)(equals - text), err);
	percent = strtod(equals + 1, &end);
	if (end == equals + 1 || (*end && strcmp(end, "%") != 0) ||
	    !(percent >= 0 && percent <= 1000))
		return err_set(err, ERR_ARG, 0,
			       "threshold '%.60s' needs a percentage from 0 to "
			       "1000",
			       text);
	i = comparison_find_metric(cmp, name);
	if (i < cmp->nr_metrics)
		cmp->metrics[i].rule.threshold = percent / 100;
	return 0;
}

static bool matches(const char *pattern, const char *path)
{
	const char *slash = strrchr(path, '/');

	return !pattern || !fnmatch(pattern, path, 0) ||
	       (slash && !fnmatch(pattern, slash + 1, 0));
}

static int select_tapes(struct comparison *cmp, const char *pattern,
			struct err *err)
{
	const struct campaign *campaign = cmp->campaign;
	size_t i;

	cmp->tapes = calloc(campaign->nr_tapes, sizeof(*cmp->tapes));
	if (!cmp->tapes)
		return comparison_no_memory(err);
	for (i = 0; i < campaign->nr_tapes; i++)
		if (matches(pattern, campaign->tapes[i].name))
			cmp->tapes[cmp->nr_tapes++].tape = &campaign->tapes[i];
	if (!cmp->nr_tapes)
		return err_set(err, ERR_ARG, 0,
			       "no tape here matches '%.60s'; one is %.100s",
			       pattern, campaign->tapes[0].name);
	return 0;
}

int comparison_select(struct comparison *cmp,
		      const struct comparison_options *options, struct err *err)
{
	size_t i;
	int rc = select_arms(cmp, options, err);

	if (!rc)
		rc = select_metrics(cmp, options, err);
	for (i = 0; !rc && i < options->nr_thresholds; i++)
		rc = set_threshold(cmp, options->thresholds[i], err);
	if (!rc)
		rc = select_tapes(cmp, options->tape, err);
	return rc;
}
