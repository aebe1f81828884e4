// SPDX-License-Identifier: MIT
/* The parts of a gate; nobody else calls them. */
#ifndef RESULTS_GATE_PARTS_H
#define RESULTS_GATE_PARTS_H

#include "results/gate.h"

/* Set state and message of a check. */
void gate_check_say(struct gate_check *check, enum gate_state state,
		    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Remember a line for the reader; more than GATE_NOTES are lost. */
void gate_note(struct gate *gate, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Look at what was measured. What cannot be judged has its state afterwards;
 * of the others, state is GATE_STATES, and those against the base want their
 * outcome decided.
 */
void gate_check_measure(struct gate_check *check);
/* With the outcome decided in a family of so many: state and message. */
void gate_check_judge(struct gate_check *check, size_t nr_family);
/* A failure stands only when another session finds the same. */
int gate_check_confirm(const struct gate *gate, struct gate_check *check,
		       const struct comparison *second, struct err *err);

/*
 * gate_baseline.c: whether the baseline fits the campaign at all, with notes;
 * -ERR_COMPARE.
 */
int gate_baseline_open(struct gate *gate, const struct gate_policy *policy,
		       struct err *err);
/* Whether a session of the window has values of that. */
bool gate_baseline_has(const struct baseline *b,
		       const struct baseline_window *window,
		       const struct campaign_tape *tape, const char *arm,
		       const char *metric);
bool gate_baseline_has_arm(const struct baseline *b, const char *arm);
/*
 * The outcome of a check against its window; where it cannot be judged, its
 * state and message. 0 or -ERR_NOMEM.
 */
int gate_baseline_measure(const struct gate *gate, struct gate_check *check,
			  size_t min_sessions, struct err *err);

#endif
