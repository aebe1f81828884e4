// SPDX-License-Identifier: MIT
/* The parts of a baseline among themselves; nobody else calls them. */
#ifndef RESULTS_BASELINE_PARTS_H
#define RESULTS_BASELINE_PARTS_H

#include <stddef.h>

#include "results/baseline.h"

/* All: 0 or -ERR_NOMEM. Texts are copied. */
int baseline_no_memory(struct err *err);
int baseline_pair_add(struct result_pair **pairs, size_t *nr, const char *key,
		      const char *value, struct err *err);
int baseline_class_fill(struct baseline *b, const struct result_doc *doc,
			struct err *err);
int baseline_options_fill(struct baseline_tape *tape,
			  const struct result_doc *doc, struct err *err);
/* Each a new, zeroed one; it stays where it is until the next is added. */
int baseline_session_new(struct baseline_window *window,
			 struct baseline_session **session, struct err *err);
int baseline_tape_new(struct baseline *b, struct baseline_tape **tape,
		      struct err *err);
int baseline_arm_new(struct baseline_session *session,
		     struct baseline_arm **arm, struct err *err);
int baseline_knob_new(struct baseline_arm *arm, const char *knob,
		      struct err *err);
/* With room for so many values, all NAN. */
int baseline_row_new(struct baseline_session *session, size_t nr,
		     struct baseline_row **row, struct err *err);
void baseline_session_release(struct baseline_session *session);

#endif
