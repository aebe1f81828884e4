// SPDX-License-Identifier: MIT
/*
 * Every arm of a tape against every other in the metrics of the front. A pair
 * is judged as a column of the table is: all its main metrics are one family,
 * so that a pair with the base has the words of the base's table.
 */
#include <stdlib.h>

#include "results/comparison.h"
#include "results/comparison_parts.h"
#include "traces/base/err.h"

static struct stats_outcome *place(const struct comparison *cmp,
				   const struct comparison_tape *tape, size_t a,
				   size_t b, size_t k)
{
	return &tape->pairs[(a * cmp->nr_arms + b) * COMPARISON_FRONT + k];
}

static enum stats_verdict turned(enum stats_verdict verdict)
{
	switch (verdict) {
	case STATS_WORSE:
		return STATS_BETTER;
	case STATS_BETTER:
		return STATS_WORSE;
	case STATS_SLIGHTLY_WORSE:
		return STATS_SLIGHTLY_BETTER;
	case STATS_SLIGHTLY_BETTER:
		return STATS_SLIGHTLY_WORSE;
	default:
		return verdict;
	}
}

static struct stats_interval turned_interval(struct stats_interval i)
{
	return (struct stats_interval){ -i.high, -i.low };
}

/* The same pair with the other one as the base. */
static struct stats_outcome mirror(const struct stats_outcome *out)
{
	struct stats_outcome m = *out;

	m.verdict = turned(out->verdict);
	m.ratio = 1 / out->ratio;
	m.ratio_low = 1 / out->ratio_high;
	m.ratio_high = 1 / out->ratio_low;
	m.p_worse = out->p_better;
	m.p_better = out->p_worse;
	m.adjusted_worse = out->adjusted_better;
	m.adjusted_better = out->adjusted_worse;
	m.estimate = -out->estimate;
	m.i95 = turned_interval(out->i95);
	m.i90 = turned_interval(out->i90);
	m.beyond_worse = out->beyond_better;
	m.beyond_better = out->beyond_worse;
	return m;
}

/* Arm a against b in all main metrics; outs and family are by metric. */
static int compare_pair(const struct comparison *cmp,
			struct comparison_tape *tape, size_t a, size_t b,
			struct stats_outcome *outs,
			struct stats_outcome **family, struct err *err)
{
	size_t nr = 0, m, k;
	int rc = 0;

	for (m = 0; m < cmp->nr_metrics && !rc; m++) {
		if (cmp->metrics[m].role != METRIC_MAIN)
			continue;
		rc = stats_compare(comparison_cell(cmp, tape, m, b)->values,
				   comparison_cell(cmp, tape, m, a)->values,
				   tape->tape->nr_rounds, &tape->rules[m],
				   &outs[m], err);
		if (outs[m].n)
			family[nr++] = &outs[m];
	}
	if (!rc)
		rc = stats_decide(family, nr, cmp->alpha, err);
	for (k = 0; k < tape->nr_front && !rc; k++) {
		*place(cmp, tape, a, b, k) = outs[tape->front[k]];
		*place(cmp, tape, b, a, k) = mirror(&outs[tape->front[k]]);
	}
	return rc;
}

/* The words of the table, for pairs with the base. */
static void copy_column(const struct comparison *cmp,
			struct comparison_tape *tape, size_t a)
{
	size_t k;

	for (k = 0; k < tape->nr_front; k++) {
		const struct stats_outcome *out =
			&comparison_cell(cmp, tape, tape->front[k], a)->outcome;

		*place(cmp, tape, a, 0, k) = *out;
		*place(cmp, tape, 0, a, k) = mirror(out);
	}
}

int comparison_find_pairs(const struct comparison *cmp,
			  struct comparison_tape *tape, struct err *err)
{
	struct stats_outcome *outs = calloc(cmp->nr_metrics + 1, sizeof(*outs));
	struct stats_outcome **family =
		calloc(cmp->nr_metrics + 1, sizeof(struct stats_outcome *));
	size_t nr = cmp->nr_arms, a, b;
	int rc = 0;

	tape->pairs = calloc(nr * nr * COMPARISON_FRONT, sizeof(*tape->pairs));
	if (!outs || !family || !tape->pairs)
		rc = comparison_no_memory(err);
	for (a = 1; a < nr && !rc; a++) {
		copy_column(cmp, tape, a);
		for (b = 1; b < a && !rc; b++)
			rc = compare_pair(cmp, tape, a, b, outs, family, err);
	}
	free(outs);
	free(family);
	return rc;
}

const struct stats_outcome *comparison_pair(const struct comparison *cmp,
					    const struct comparison_tape *tape,
					    size_t a, size_t b, size_t k)
{
	return place(cmp, tape, a, b, k);
}
