// SPDX-License-Identifier: MIT
/*
 * The figures of a report: what they share, and one function for each. They
 * go into the page, or where the report's take_figure puts them.
 */
#ifndef RESULTS_FIGURE_H
#define RESULTS_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include "results/comparison.h"
#include "results/plot.h"

struct report;

/* What a figure shows, as series 1.. of plot.h. */
struct figure {
	struct plot plot;
	const char *kind;                   /* "memory": names its file */
	const struct comparison_tape *tape; /* by figure_set_title */
	char title[160];                    /* for those who cannot see it */
	const char *heading;                /* above it in a page, or NULL */
	bool areas;     /* the series are areas, not lines */
	bool no_legend; /* the names stand in the figure */
	bool solid;     /* the quiet line is none: it has the text's colour */
	size_t series[PLOT_MAX_NAMES];
	size_t arms[PLOT_MAX_NAMES]; /* where the series are arms */
	size_t nr;
};

/*
 * Begin; -1 when none are wanted, or when that failed, which is noted in
 * report->plot_err.
 */
int figure_begin(struct report *report, struct figure *figure, const char *kind,
		 unsigned width, unsigned height);
/* Take in an arm, or another series; false when full. */
bool figure_add(struct figure *figure, const struct report *report, size_t arm);
bool figure_add_series(struct figure *figure, const char *name, size_t series);
/* "WHAT: TAPE", its name without folders. */
void figure_set_title(struct figure *figure, const struct comparison_tape *tape,
		      const char *what);
/* Draw and write <figure> with legend and caption, or a note; the end of it. */
void figure_end(struct report *report, struct figure *figure,
		const char *script, const char *caption);

/* End it unseen: there was nothing to show. */
void figure_drop(struct figure *figure);
/* "N = 3", "SERIES[1] = 1", ...: what the loops of the scripts run over. */
void figure_put_series(struct figure *figure);

/* About how many px a text takes in a figure. */
double figure_text_px(const char *text);

/*
 * 1, and more for a page of many tapes: by so much its curves are coarser, so
 * that it stays small.
 */
double figure_coarseness(const struct report *report);

/* A scale for an axis that reaches up to max. */
struct axis {
	double scale;
	const char *unit;
};
struct axis axis_bytes(double max);
struct axis axis_ns(double max);

/* Values over the rounds. */
struct range {
	double median, low, high;
};
struct range figure_range(const struct comparison_cell *cell, size_t nr);
/*
 * The median with its 95 % interval, from the order of the values; the whole
 * range where there are fewer than STATS_MIN_ROUNDS of them.
 */
struct range figure_interval(const struct comparison_cell *cell, size_t nr);
/* Limits of an axis: some air on both sides, wide enough to be calm. */
struct range figure_limits(struct range seen);

/* One figure each of that tape, or none where nobody measured what it shows. */
typedef void figure_fn(struct report *report,
		       const struct comparison_tape *tape);
figure_fn figure_tradeoff, figure_memory, figure_ratio, figure_split,
	figure_returned, figure_counts, figure_contention, figure_rounds_time,
	figure_rounds_memory;
/* One per arm whose allocator tells where its bytes are. */
figure_fn figure_parts;
/* One per kind of call that was timed; and that of one of them. */
figure_fn figure_latencies;
void figure_latency(struct report *report, const struct comparison_tape *tape,
		    const char *op);
/* "Service time of malloc", "Lag of malloc behind the schedule". */
char *figure_latency_title(const char *op, char *buf, size_t len);

#endif
