// SPDX-License-Identifier: MIT
/*
 * The Pareto front of a tape over time, memory and tail latency. One arm
 * dominates another when it is BETTER or same everywhere and BETTER somewhere:
 * what is unclear dominates nobody.
 */
#include <math.h>
#include <stdbool.h>

#include "results/comparison.h"
#include "results/comparison_parts.h"
#include "traces/base/err.h"

static const char *const front_names[COMPARISON_FRONT] = {
	"wall_ns",
	"rss_peak_bytes",
	"malloc_p999_ns",
};

/* The metrics of the front that are compared here. */
static void find_metrics(const struct comparison *cmp,
			 struct comparison_tape *tape)
{
	size_t i, k;

	for (i = 0; i < COMPARISON_FRONT; i++) {
		size_t m = comparison_find_metric(cmp, front_names[i]);

		if (m == cmp->nr_metrics)
			continue;
		for (k = 0; k < cmp->nr_arms; k++)
			if (isfinite(comparison_cell(cmp, tape, m, k)->median))
				break;
		if (k < cmp->nr_arms)
			tape->front[tape->nr_front++] = m;
	}
}

static bool complete(const struct comparison *cmp,
		     const struct comparison_tape *tape, size_t arm)
{
	size_t i;

	if (tape->arms[arm].failed)
		return false;
	for (i = 0; i < tape->nr_front; i++)
		if (!isfinite(comparison_cell(cmp, tape, tape->front[i], arm)
				      ->median))
			return false;
	return tape->nr_front > 1;
}

static bool dominates(const struct comparison *cmp,
		      const struct comparison_tape *tape, size_t a, size_t b)
{
	bool better = false;
	size_t k;

	for (k = 0; k < tape->nr_front; k++) {
		enum stats_verdict verdict =
			comparison_pair(cmp, tape, a, b, k)->verdict;

		if (verdict == STATS_BETTER)
			better = true;
		else if (verdict != STATS_SAME)
			return false;
	}
	return better;
}

int comparison_find_front(const struct comparison *cmp,
			  struct comparison_tape *tape, struct err *err)
{
	size_t a, b, nr_complete = 0;
	int rc;

	find_metrics(cmp, tape);
	rc = comparison_find_pairs(cmp, tape, err);
	if (rc)
		return rc;
	for (a = 0; a < cmp->nr_arms; a++) {
		tape->arms[a].dominated_by = a;
		tape->arms[a].in_front = complete(cmp, tape, a);
		nr_complete += tape->arms[a].in_front;
	}
	tape->front_known =
		nr_complete > 1 && tape->tape->nr_rounds >= STATS_MIN_ROUNDS;
	for (b = 0; b < cmp->nr_arms; b++) {
		for (a = 0; a < cmp->nr_arms && tape->arms[b].in_front; a++) {
			if (a == b || !complete(cmp, tape, a) ||
			    !dominates(cmp, tape, a, b))
				continue;
			tape->arms[b].in_front = false;
			tape->arms[b].dominated_by = a;
		}
	}
	return 0;
}
