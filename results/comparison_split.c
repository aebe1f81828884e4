// SPDX-License-Identifier: MIT
/* Where the bytes are, over the rounds of a tape. */
#include <math.h>
#include <stdlib.h>

#include "results/comparison.h"

bool comparison_split(const struct comparison_tape *tape, const char *arm,
		      double parts[SPLIT_PARTS])
{
	size_t nr = tape->tape->nr_rounds, i;
	double *values = calloc(nr, sizeof(*values));
	bool any = false;
	int part;

	for (part = 0; part < SPLIT_PARTS && values; part++) {
		size_t got = 0;

		for (i = 0; i < nr; i++) {
			const struct result_run *run = campaign_run(
				tape->tape->rounds[i], arm, "memory");
			double value =
				run ? result_metric(run,
						    result_split_metric(part))
				    : NAN;

			if (isfinite(value))
				values[got++] = value;
		}
		/* Where a round failed, nothing is averaged over the others. */
		parts[part] = got && got == nr ? stats_median(values, nr) : NAN;
		any |= part >= SPLIT_ROUNDING && isfinite(parts[part]);
	}
	free(values);
	return any;
}
