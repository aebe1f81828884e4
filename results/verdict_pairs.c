// SPDX-License-Identifier: MIT
/* Every arm of a tape against every other; each pair is a family of checks. */
#include <math.h>
#include <stdlib.h>

#include "results/comparison_parts.h"
#include "results/verdict_parts.h"
#include "traces/base/err.h"

static struct stats_outcome *outcome_of(const struct verdict_pairs *pairs,
					size_t a, size_t b, size_t k)
{
	return &pairs->outs[(a * pairs->nr + b) * COMPARISON_FRONT + k];
}

static int compare_pair(struct verdict_pairs *pairs, size_t a, size_t b,
			struct err *err)
{
	const struct comparison_tape *tape = pairs->tape;
	struct stats_outcome *family[COMPARISON_FRONT];
	size_t k;
	int rc = 0;

	for (k = 0; k < tape->nr_front && !rc; k++) {
		size_t m = tape->front[k];

		family[k] = outcome_of(pairs, a, b, k);
		rc = stats_compare(
			comparison_cell(pairs->cmp, tape, m, b)->values,
			comparison_cell(pairs->cmp, tape, m, a)->values,
			tape->tape->nr_rounds, &tape->rules[m], family[k], err);
	}
	return rc ? rc
		  : stats_decide(family, tape->nr_front, pairs->cmp->alpha,
				 err);
}

int verdict_pairs_build(struct verdict_pairs *pairs,
			const struct comparison *cmp,
			const struct comparison_tape *tape, struct err *err)
{
	size_t nr = cmp->nr_arms, a, b;
	int rc = 0;

	*pairs = (struct verdict_pairs){ .cmp = cmp, .tape = tape, .nr = nr };
	pairs->outs = calloc(nr * nr * COMPARISON_FRONT, sizeof(*pairs->outs));
	if (!pairs->outs)
		return comparison_no_memory(err);
	for (a = 0; a < nr && !rc; a++)
		for (b = 0; b < nr && !rc; b++)
			if (a != b)
				rc = compare_pair(pairs, a, b, err);
	return rc;
}

const struct stats_outcome *verdict_pair(const struct verdict_pairs *pairs,
					 size_t a, size_t b, size_t k)
{
	return outcome_of(pairs, a, b, k);
}

bool verdict_complete(const struct verdict_pairs *pairs, size_t a)
{
	const struct comparison_tape *tape = pairs->tape;
	size_t k;

	if (tape->arms[a].failed)
		return false;
	for (k = 0; k < tape->nr_front; k++)
		if (!isfinite(
			    comparison_cell(pairs->cmp, tape, tape->front[k], a)
				    ->median))
			return false;
	return tape->nr_front > 0;
}

enum verdict_rank verdict_rank(const struct verdict_pairs *pairs, size_t a,
			       size_t k)
{
	size_t better = 0, same = 0, b;

	for (b = 0; b < pairs->nr; b++) {
		if (b == a || !verdict_complete(pairs, b))
			continue;
		switch (verdict_pair(pairs, a, b, k)->verdict) {
		case STATS_BETTER:
			better++;
			break;
		case STATS_SAME:
			same++;
			break;
		default:
			return VERDICT_BEATEN;
		}
	}
	if (!better)
		return VERDICT_BEATEN;
	return same ? VERDICT_UNBEATEN : VERDICT_LEAST;
}
