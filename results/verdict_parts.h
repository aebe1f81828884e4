// SPDX-License-Identifier: MIT
/* The parts of verdict_of_tape; nobody else calls them. */
#ifndef RESULTS_VERDICT_PARTS_H
#define RESULTS_VERDICT_PARTS_H

#include "results/comparison.h"
#include "results/verdict.h"

struct err;

/* One tape of a comparison, whose pairs of arms are spoken of. */
struct verdict_pairs {
	const struct comparison *cmp;
	const struct comparison_tape *tape;
	size_t nr; /* arms */
};

/*
 * How the arm stands among those that have all values: BETTER than each of
 * them, or than some and the same as the rest.
 */
enum verdict_rank { VERDICT_BEATEN, VERDICT_UNBEATEN, VERDICT_LEAST };
enum verdict_rank verdict_rank(const struct verdict_pairs *pairs, size_t a,
			       size_t k);
/* Whether the arm has all values of the front, and never failed. */
bool verdict_complete(const struct verdict_pairs *pairs, size_t a);

/* Append a sentence, printf-like; NULL when memory is out. */
struct verdict_sentence *verdict_say(struct verdict *verdict,
				     enum verdict_kind kind, size_t arm,
				     const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Append a figure to a sentence; does nothing without one. 0, -ERR_NOMEM. */
int verdict_figure(struct verdict_sentence *sentence, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* How to read what is there: the tape's pattern, and the classic mistakes. */
int verdict_read(const struct comparison *cmp,
		 const struct comparison_tape *tape, size_t choice,
		 struct verdict *verdict, struct err *err);

#endif
