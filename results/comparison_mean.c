// SPDX-License-Identifier: MIT
/*
 * One arm over all tapes: the geometric mean of its ratios. The rounds of the
 * tapes with the same number are averaged, and these averages are judged as
 * those of one tape are. Shown, but nothing is decided by it: a mean over
 * programs is not what any of them sees.
 */
#include <math.h>
#include <stdlib.h>

#include "results/comparison.h"
#include "results/comparison_parts.h"
#include "traces/base/err.h"

/* The log-ratio of that round on that tape, NAN when a value is missing. */
static double log_ratio(const struct comparison *cmp,
			const struct comparison_tape *tape, size_t metric,
			size_t arm, size_t round)
{
	double grain = tape->rules[metric].grain;
	double a = comparison_cell(cmp, tape, metric, 0)->values[round];
	double b = comparison_cell(cmp, tape, metric, arm)->values[round];

	return a == b ? 0 : log((b + grain) / (a + grain));
}

/* Tapes on which the base has the metric; the fewest rounds of those. */
static size_t count_tapes(const struct comparison *cmp, size_t metric,
			  size_t *rounds)
{
	size_t nr = 0, i;

	*rounds = SIZE_MAX;
	for (i = 0; i < cmp->nr_tapes; i++) {
		const struct comparison_tape *tape = &cmp->tapes[i];

		if (!isfinite(comparison_cell(cmp, tape, metric, 0)->median))
			continue;
		nr++;
		if (tape->tape->nr_rounds < *rounds)
			*rounds = tape->tape->nr_rounds;
	}
	return nr;
}

static double mean_ratio(const struct comparison *cmp, size_t metric,
			 size_t arm, size_t round, size_t nr)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < cmp->nr_tapes; i++) {
		const struct comparison_tape *tape = &cmp->tapes[i];

		if (isfinite(comparison_cell(cmp, tape, metric, 0)->median))
			sum += log_ratio(cmp, tape, metric, arm, round);
	}
	return exp(sum / (double)nr);
}

int comparison_mean(const struct comparison *cmp, size_t metric, size_t arm,
		    struct stats_outcome *out, struct err *err)
{
	struct stats_rule rule = cmp->metrics[metric].rule;
	size_t rounds, nr = count_tapes(cmp, metric, &rounds), i;
	double *base, *values;
	int rc;

	if (nr < 2)
		rounds = 0;
	base = calloc(rounds + 1, sizeof(*base));
	values = calloc(rounds + 1, sizeof(*values));
	rule.grain = 0;
	for (i = 0; base && values && i < rounds; i++) {
		base[i] = 1;
		values[i] = mean_ratio(cmp, metric, arm, i, nr);
	}
	rc = base && values
		     ? stats_compare(base, values, rounds, &rule, out, err)
		     : comparison_no_memory(err);
	free(base);
	free(values);
	return rc;
}

bool comparison_has_mean(const struct comparison *cmp, size_t metric)
{
	size_t rounds;

	return cmp->metrics[metric].role != METRIC_INFO &&
	       count_tapes(cmp, metric, &rounds) > 1;
}
