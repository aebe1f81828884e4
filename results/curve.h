// SPDX-License-Identifier: MIT
/*
 * Curves along a tape for figures: thousands of points become some hundred
 * buckets that keep the peaks.
 */
#ifndef RESULTS_CURVE_H
#define RESULTS_CURVE_H

#include <stdbool.h>
#include <stdio.h>

#include "results/figure.h"

struct report;

/* How tape positions become x: by time, or by operation without times. */
struct curve_scale {
	bool timed;
	double max;        /* of x, unscaled */
	double live_peak;  /* of live bytes, all arms */
	size_t nr_buckets; /* of a line; a band has half of them */
	struct axis x, y;  /* y: of bytes */
};

enum curve_field { CURVE_LIVE, CURVE_RSS, CURVE_RATIO };

/* The arm's memory pass in that document, if it is one to draw. */
const struct result_run *curve_run(const struct result_doc *doc,
				   const char *arm);
/* The round whose peak is nearest to the median of all; NULL: none. */
const struct result_run *curve_typical(const struct campaign_tape *tape,
				       const char *arm);
struct curve_scale curve_scale(const struct report *report,
			       const struct campaign_tape *tape);
/*
 * Rows "x y" of a gnuplot datablock. The ratio RSS/live has no points where
 * little is live: there it says nothing. Returns the greatest y, scaled.
 */
double curve_put_line(FILE *out, const struct curve_scale *scale,
		      const struct result_point *curve, size_t nr,
		      enum curve_field field);
/* Rows "x low high" of RSS over all rounds. */
void curve_put_band(FILE *out, const struct curve_scale *scale,
		    const struct campaign_tape *tape, const char *arm);
/* "XLABEL", "XMAX" of the script. */
void curve_put_x(FILE *out, const struct curve_scale *scale);

#endif
