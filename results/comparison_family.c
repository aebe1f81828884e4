// SPDX-License-Identifier: MIT
/*
 * Which checks are judged together. Each arm on each tape answers a question
 * of its own, "what changes with this allocator here?"; its main metrics are
 * one family, those that are looked at on demand another, so that looking
 * closer does not change the words of the first. A gate, which says one word
 * for all of it, takes all its checks as one family.
 */
#include <stdlib.h>

#include "results/comparison.h"
#include "results/comparison_parts.h"
#include "traces/base/err.h"

/* More looks than one at growing numbers of rounds share the error. */
static unsigned looks_of(const struct comparison *cmp)
{
	unsigned most = 1;
	size_t i;

	for (i = 0; i < cmp->nr_tapes; i++) {
		const char *text =
			campaign_config(cmp->tapes[i].tape->rounds[0], "looks");
		unsigned long looks = text ? strtoul(text, NULL, 10) : 1;

		if (looks > most && looks <= 100)
			most = (unsigned)looks;
	}
	return most;
}

/* The cells of that role, which have a value to judge. */
static size_t gather(const struct comparison *cmp, struct comparison_tape *tape,
		     size_t arm, enum metric_role role,
		     struct stats_outcome **family)
{
	size_t nr = 0, m;

	for (m = 0; m < cmp->nr_metrics; m++) {
		struct comparison_cell *cell =
			&tape->cells[m * cmp->nr_arms + arm];

		if (cmp->metrics[m].role == role && cell->outcome.n)
			family[nr++] = &cell->outcome;
	}
	return nr;
}

static int decide(const struct comparison *cmp, struct comparison_tape *tape,
		  struct stats_outcome **family, struct err *err)
{
	size_t nr, i, k;
	int rc = 0;

	tape->min_rounds = STATS_MIN_ROUNDS;
	for (i = 1; i < cmp->nr_arms; i++)
		for (k = METRIC_MAIN; k <= METRIC_MORE && !rc; k++) {
			nr = gather(cmp, tape, i, (enum metric_role)k, family);
			rc = stats_decide(family, nr, cmp->alpha, err);
			nr = stats_min_rounds(nr, cmp->alpha);
			if (k == METRIC_MAIN && nr > tape->min_rounds)
				tape->min_rounds = nr;
		}
	return rc;
}

int comparison_decide(struct comparison *cmp, struct err *err)
{
	struct stats_outcome **family =
		calloc(cmp->nr_metrics + 1, sizeof(struct stats_outcome *));
	size_t i;
	int rc = 0;

	if (!family)
		return comparison_no_memory(err);
	cmp->looks = looks_of(cmp);
	cmp->alpha = STATS_ALPHA / cmp->looks;
	for (i = 0; i < cmp->nr_tapes && !rc; i++)
		rc = decide(cmp, &cmp->tapes[i], family, err);
	free(family);
	return rc;
}
