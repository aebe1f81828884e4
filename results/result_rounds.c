// SPDX-License-Identifier: MIT
/* The sequential rule of a campaign's rounds. */
#include <stdio.h>
#include <string.h>

#include "results/comparison.h"
#include "results/result_rounds.h"

#define LEAST 10

uint64_t result_rounds_first(const char *passes)
{
	size_t nr, checks = 0, i;
	const struct metric *all = metrics_all(&nr);
	uint64_t rounds;

	for (i = 0; i < nr; i++) {
		size_t first = strcspn(all[i].passes, " ");
		char pass[32];

		snprintf(pass, sizeof(pass), "%.*s", (int)first, all[i].passes);
		checks += all[i].role == METRIC_MAIN && strstr(passes, pass);
	}
	rounds = stats_min_rounds(checks, STATS_ALPHA / RESULT_LOOKS);
	return rounds < LEAST ? LEAST : rounds;
}

/* The first cell of the front that is unclear. */
static int is_decided(const struct comparison *cmp,
		      const struct comparison_tape *tape, char *why, size_t len)
{
	size_t i, k;

	for (k = 0; k < tape->nr_front; k++)
		for (i = 1; i < cmp->nr_arms; i++) {
			const struct stats_outcome *out =
				&comparison_cell(cmp, tape, tape->front[k], i)
					 ->outcome;

			if (out->verdict != STATS_UNCLEAR)
				continue;
			snprintf(why, len, "%s of %s is unclear",
				 cmp->metrics[tape->front[k]].title,
				 cmp->labels[i]);
			return 0;
		}
	return 1;
}

int result_rounds_decided(const char *dir, const char *tape, char *why,
			  size_t len, struct err *err)
{
	const struct comparison_options none = { 0 };
	struct comparison cmp = { 0 };
	struct campaign campaign;
	int rc = campaign_load(&campaign, dir, err), decided = 1;
	size_t i;

	*why = '\0';
	if (rc)
		return rc;
	rc = comparison_build(&cmp, &campaign, &none, err);
	for (i = 0; i < cmp.nr_tapes && !rc; i++)
		if (!strcmp(cmp.tapes[i].tape->name, tape))
			decided = is_decided(&cmp, &cmp.tapes[i], why, len);
	comparison_release(&cmp);
	campaign_release(&campaign);
	return rc ? rc : decided;
}
