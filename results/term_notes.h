// SPDX-License-Identifier: MIT
/* What the parts of the terminal renderer share; nobody else includes it. */
#ifndef RESULTS_TERM_NOTES_H
#define RESULTS_TERM_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct comparison;
struct comparison_tape;
struct err;

struct terminal {
	const struct comparison *cmp;
	FILE *out;
	size_t columns;
	bool colour;
	bool bounds; /* intervals by their ends, not by half their width */
};

/* The tape, the machine, how much was measured. */
void term_print_head(const struct terminal *t,
		     const struct comparison_tape *tape);
/* Full names, failures, the Pareto front. */
void term_print_notes(const struct terminal *t,
		      const struct comparison_tape *tape);
/* term_split.c: where each arm's bytes are; nothing when none tells. */
void term_print_split(const struct terminal *t,
		      const struct comparison_tape *tape);
/* term_verdict.c: which arm fits, and why; 0 or -ERR_NOMEM. */
int term_print_verdict(const struct terminal *t,
		       const struct comparison_tape *tape, struct err *err);
/* calibration_print.c: what the rounds can find; nothing without one. */
void term_print_calibration(const struct terminal *t);
/* term_mean.c: all tapes together; 0 or -ERR_NOMEM. */
int term_print_means(const struct terminal *t, struct err *err);
/* One paragraph after a lead, broken at spaces, indented as the lead is. */
void term_print_wrapped(const struct terminal *t, const char *lead,
			const char *text);
/* What the signs mean, once below all tables. */
void term_print_legend(const struct terminal *t);

#endif
