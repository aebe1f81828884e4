// SPDX-License-Identifier: MIT
/* How an arm of a tape stands among the others. */
#include <math.h>

#include "results/verdict_parts.h"

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
		switch (comparison_pair(pairs->cmp, pairs->tape, a, b, k)
				->verdict) {
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
