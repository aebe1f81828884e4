// SPDX-License-Identifier: MIT
/* gate_check.c: one check by itself. Internal to the gate. */
#ifndef RESULTS_GATE_PARTS_H
#define RESULTS_GATE_PARTS_H

#include "results/gate.h"

/*
 * Look at what was measured. What cannot be judged has its state afterwards;
 * of the others, state is GATE_STATES, and those against the base want their
 * outcome decided.
 */
void gate_check_measure(struct gate_check *check);
/* With the outcome decided in a family of so many: state and message. */
void gate_check_judge(struct gate_check *check, size_t nr_family);
/* A failure stands only when another session finds the same. */
int gate_check_confirm(struct gate_check *check,
		       const struct comparison *second, struct err *err);

#endif
