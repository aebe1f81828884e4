// SPDX-License-Identifier: MIT
/* gate_check.c: one check by itself. Internal to the gate. */
#ifndef RESULTS_GATE_PARTS_H
#define RESULTS_GATE_PARTS_H

#include "results/gate.h"

/*
 * Look at what was measured: the check's p, which takes part in the family, or
 * its bound. What cannot be tested has its state afterwards.
 */
void gate_check_measure(struct gate_check *check);
/* With the p adjusted for a family of so many: state and message. */
void gate_check_judge(struct gate_check *check, size_t nr_family);
/* A failure stands only when another session finds the same. */
void gate_check_confirm(struct gate_check *check,
			const struct comparison *second);

#endif
