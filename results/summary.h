// SPDX-License-Identifier: MIT
/*
 * One arm against the base over all tapes, in a word and a sentence. Only the
 * metrics of the Pareto front count: the time, the memory, the tail.
 */
#ifndef RESULTS_SUMMARY_H
#define RESULTS_SUMMARY_H

#include <stddef.h>

struct comparison;

enum summary_kind {
	SUMMARY_FAILED,  /* on some tape */
	SUMMARY_BETTER,  /* somewhere, and nowhere worse */
	SUMMARY_TRADE,   /* better in one, worse in another */
	SUMMARY_WORSE,   /* somewhere, and nowhere better */
	SUMMARY_SAME,    /* everywhere */
	SUMMARY_UNCLEAR, /* neither better nor worse, and not all same */
};

enum summary_kind summary_kind(const struct comparison *cmp, size_t arm);
/* "BETTER", "TRADE-OFF", ...; static text. */
const char *summary_word(enum summary_kind kind);
/* "Better in wall time (-22 to -31 %) ...; worse in ..."; returns buf. */
char *summary_sentence(const struct comparison *cmp, size_t arm, char *buf,
		       size_t len);

#endif
