// SPDX-License-Identifier: MIT
/* Words and numbers of a comparison, the same in every renderer. */
#ifndef RESULTS_TEXT_H
#define RESULTS_TEXT_H

#include <stddef.h>

struct comparison;
struct comparison_arm;
struct comparison_cell;
struct comparison_tape;
struct metric;

/* All write into buf and return it. */

/* "-14.9 %" against the base; "" when there is no ratio. */
char *text_change(const struct comparison_cell *cell, char *buf, size_t len);
/* "+-0.6", half the interval in percentage points, or "". */
char *text_half_width(const struct comparison_cell *cell, char *buf,
		      size_t len);
/* "[-15.5, -14.3]", the interval in percent, or "". */
char *text_interval(const struct comparison_cell *cell, char *buf, size_t len);
/* "BETTER", "unclear(22)", "crashed", "n/a", "" for a mere number. */
char *text_verdict(const struct metric *metric,
		   const struct comparison_cell *cell, char *buf, size_t len);
/* "crashed in 9 of 30 runs, first in round 2, time pass: signal 11". */
char *text_failure(const struct comparison_arm *arm, char *buf, size_t len);
/* "of two builds, 61967 and 4711: measure it again", or "". */
char *text_builds(const struct comparison_arm *arm, char *buf, size_t len);
/* "jemalloc, arena; tcmalloc is dominated by arena", or "" if unknown. */
char *text_front(const struct comparison *cmp,
		 const struct comparison_tape *tape, char *buf, size_t len);
/* "wall time, RSS peak, malloc p99.9": the metrics of the front. */
char *text_front_metrics(const struct comparison *cmp,
			 const struct comparison_tape *tape, char *buf,
			 size_t len);

#endif
