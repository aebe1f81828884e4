// SPDX-License-Identifier: MIT
/*
 * A campaign: all result documents of a folder, or of several that measured
 * the same, grouped by tape and sorted by round. Loading makes sure that they
 * belong together.
 */
#ifndef RESULTS_CAMPAIGN_H
#define RESULTS_CAMPAIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "results/result.h"

struct err;

/* One tape's documents; it borrows them from the campaign. */
struct campaign_tape {
	const char *name;
	const struct result_doc **rounds; /* by number */
	size_t nr_rounds;
};

struct campaign {
	struct result_doc *docs;
	size_t nr_docs;
	struct campaign_tape *tapes; /* by name */
	size_t nr_tapes;
	const char **arms; /* in the order of the first document */
	size_t nr_arms;
};

/*
 * Read every *.json of the folder. -ERR_ARG: no such folder; -ERR_COMPARE: no
 * documents, or of several campaigns; else what result_read says.
 */
int campaign_load(struct campaign *campaign, const char *dir, struct err *err);
/*
 * The same of several folders: sessions of one campaign. A document's folder
 * is its place among them, and the rounds of each are counted on from those of
 * the ones before.
 */
int campaign_load_all(struct campaign *campaign, const char *const *dirs,
		      size_t nr, struct err *err);
/* Safe on a zeroed struct. */
void campaign_release(struct campaign *campaign);

/*
 * Whether one command measured both: the same folder, host and seed. Noise
 * that the rounds of a session share is not averaged away among them.
 */
bool campaign_same_session(const struct result_doc *a,
			   const struct result_doc *b);
/* How many sessions the rounds of the tape are of. */
size_t campaign_sessions(const struct campaign_tape *tape);

/* The arm's run of that pass, or NULL; there is one at most. */
const struct result_run *campaign_run(const struct result_doc *doc,
				      const char *arm, const char *pass);
/*
 * Whether that pass of the arm failed in any round of the tape: then nothing
 * of it is to be averaged or drawn.
 */
bool campaign_failed(const struct campaign_tape *tape, const char *arm,
		     const char *pass);
/* The value of a configuration or environment entry, or NULL. */
const char *campaign_config(const struct result_doc *doc, const char *key);
const char *campaign_environment(const struct result_doc *doc, const char *key);

#endif
