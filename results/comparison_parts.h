// SPDX-License-Identifier: MIT
/* The parts of comparison_build; nobody else calls them. */
#ifndef RESULTS_COMPARISON_PARTS_H
#define RESULTS_COMPARISON_PARTS_H

struct comparison;
struct comparison_options;
struct comparison_tape;
struct err;

int comparison_no_memory(struct err *err);

/* Arms (base first), metrics with thresholds, tapes; -ERR_ARG, -ERR_NOMEM. */
int comparison_select(struct comparison *cmp,
		      const struct comparison_options *options,
		      struct err *err);

/* The words of all cells, family by family; 0 or -ERR_NOMEM. */
int comparison_decide(struct comparison *cmp, struct err *err);

/* The outcomes of all pairs of arms, in tape->pairs; 0 or -ERR_NOMEM. */
int comparison_find_pairs(const struct comparison *cmp,
			  struct comparison_tape *tape, struct err *err);

/* Which arms of the tape are dominated by another; 0 or -ERR_NOMEM. */
int comparison_find_front(const struct comparison *cmp,
			  struct comparison_tape *tape, struct err *err);

#endif
