// SPDX-License-Identifier: MIT
/*
 * Where the time of the tape does not reach an allocator: what the passes of a
 * round have found is noted in the document, and told with the first round.
 */
#include <stdio.h>
#include <string.h>

#include "replayer/replay_campaign.h"
#include "traces/base/err.h"
#include "traces/base/log.h"

static const struct doubt {
	const char *metric;
	bool at_asap; /* also told when time is not bent */
	const char *bent;
} doubts[] = {
	{ "raw_clock_reads", true,
	  "read clocks by system calls of its own: a filter has answered them "
	  "by the pace" },
	{ "foreign_threads", false,
	  "has threads of its own: they see the pace's time by the C "
	  "library's clocks, sleeps and timed waits, not by others" },
	{ "clock_calls_unseen", false,
	  "may read clocks by system calls: seccomp is forbidden here, so they "
	  "would be neither seen nor answered" },
};

#define NR_DOUBTS (sizeof(doubts) / sizeof(*doubts))

/* The highest of the arm's passes, and whether it stands in an earlier run. */
static double highest(const struct result_doc *doc, size_t run,
		      const char *metric, bool *before)
{
	double most = 0;
	size_t i;

	*before = false;
	for (i = 0; i < doc->nr_runs; i++) {
		double v = result_metric(&doc->runs[i], metric);

		if (strcmp(doc->runs[i].arm, doc->runs[run].arm) != 0)
			continue;
		*before |= i < run;
		if (v > most)
			most = v;
	}
	return most;
}

/* "arena: 12, jemalloc: 3"; empty when no arm has any. */
static void list_arms(const struct replay_state *s, struct result_doc *doc,
		      const struct doubt *doubt, char *text, size_t len)
{
	bool bent = s->config->order.pace != WORKER_ASAP;
	size_t used = 0, i;
	bool before;

	text[0] = '\0';
	for (i = 0; i < doc->nr_runs && used < len; i++) {
		double most = highest(doc, i, doubt->metric, &before);

		if (before || most <= 0)
			continue;
		used += (size_t)snprintf(text + used, len - used, "%s%s: %.0f",
					 used ? ", " : "", doc->runs[i].arm,
					 most);
		if (bent && doc->round == 1)
			log_warn("%.100s %s", doc->runs[i].arm, doubt->bent);
	}
}

int replay_note_clocks(const struct replay_state *s, struct result_doc *doc,
		       struct err *err)
{
	bool bent = s->config->order.pace != WORKER_ASAP;
	char text[1024];
	size_t i;
	int rc = 0;

	for (i = 0; i < NR_DOUBTS && !rc; i++) {
		if (!bent && !doubts[i].at_asap)
			continue;
		list_arms(s, doc, &doubts[i], text, sizeof(text));
		if (text[0])
			rc = result_add_config(doc, doubts[i].metric, text,
					       err);
	}
	return rc;
}
