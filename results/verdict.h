// SPDX-License-Identifier: MIT
/*
 * Which allocator fits a tape, and why: plain sentences, each with the figures
 * that it rests on, and aids against the classic mistakes of reading them.
 * Renderers print these and decide nothing; names in the texts are labels of
 * the comparison, fit for a terminal, and to be escaped for anything else.
 */
#ifndef RESULTS_VERDICT_H
#define RESULTS_VERDICT_H

#include <stddef.h>

struct comparison;
struct comparison_tape;
struct err;

enum verdict_kind {
	VERDICT_CHOICE,    /* which arm to take; the first sentence */
	VERDICT_ONLY,      /* another arm, and what alone speaks for it */
	VERDICT_AGAINST,   /* an arm that there is no reason to take */
	VERDICT_SAME,      /* an arm that makes no difference to the base */
	VERDICT_UNDECIDED, /* more rounds are needed */
	VERDICT_FAILED,    /* an arm that crashed, hung, or was not there */
	VERDICT_READING,   /* not about an arm: how to read what is there */
};

struct verdict_sentence {
	enum verdict_kind kind;
	size_t arm; /* nr_arms where it is about none */
	char *text; /* one sentence, or two */
	/*
	 * The figures under it, one line each: "RSS peak: 1.98 GiB -> 1.69 GiB,
	 * -14.9 % [-15.5, -14.3], BETTER". Owned, as text is.
	 */
	char **figures;
	size_t nr_figures;
};

struct verdict {
	struct verdict_sentence *sentences; /* in the order of telling */
	size_t nr;
};

/*
 * The verdict of one tape. Arms are judged in the metrics of the Pareto front
 * (time, memory, tail latency) by the words of their cells; an estimate alone
 * never makes a choice. 0 or -ERR_NOMEM; verdict_release in any case.
 */
int verdict_of_tape(const struct comparison *cmp,
		    const struct comparison_tape *tape, struct verdict *verdict,
		    struct err *err);
/* Safe on a zeroed struct. */
void verdict_release(struct verdict *verdict);

/* "choice", "only-if", "against", "same", "undecided", "failed", "reading". */
const char *verdict_kind_name(enum verdict_kind kind);

#endif
