// SPDX-License-Identifier: MIT
/*
 * The HTML report: what its sections share. render_html.c puts them in order;
 * each section is a function of one of the html_*.c files.
 */
#ifndef RESULTS_REPORT_H
#define RESULTS_REPORT_H

#include <stdio.h>

#include "results/comparison.h"
#include "results/html.h"
#include "results/plot.h"
#include "traces/base/err.h"

struct report {
	const struct comparison *cmp;
	FILE *out;
	const char *title;
	size_t figures;      /* begun so far */
	size_t figure_bytes; /* written so far */
	struct err plot_err; /* why a figure is missing, if one is */
};

/*
 * Write the page; 0 or -ERR_NOMEM or -ERR_IO. Figures that could not be drawn
 * leave their tables and a note; report->plot_err says why.
 */
int render_html(struct report *report, struct err *err);

/* Sections, in their order. */
void html_verdict(struct report *report);
void html_summary(struct report *report);
void html_tradeoff(struct report *report);
void html_memory(struct report *report);
void html_fragmentation(struct report *report);
void html_latency(struct report *report);
void html_faults(struct report *report);
void html_noise(struct report *report);
void html_metrics(struct report *report);
void html_recorded(struct report *report);
void html_environment(struct report *report);
void html_method(struct report *report);

/* "<section id=...><h2>title</h2>", and its lead when there is one. */
void html_section(FILE *out, const char *id, const char *title,
		  const char *lead);
/* A heading with the tape's name, where there are several. */
void html_tape_heading(struct report *report,
		       const struct comparison_tape *tape);

/* Figure and table side by side where there is room; close with </div>. */
#define HTML_BESIDE "<div class=\"beside\">\n"

/* "<div class=scroll><table><caption>...", closed by html_table_end. */
void html_table(FILE *out, const char *caption);
void html_table_end(FILE *out);
/* A heading cell with the arm's label, its full name when pointed at. */
void html_arm(struct report *report, size_t arm, const char *scope);
/*
 * The cell of a comparison: change, half of the interval or its bounds,
 * verdict; or the base.
 */
void html_cell(struct report *report, const struct comparison_tape *tape,
	       size_t metric, size_t arm, bool bounds);
/*
 * A table of that tape with the arms as rows and the named metrics' medians
 * as columns; metrics that nobody measured are left out.
 */
void html_medians(struct report *report, const struct comparison_tape *tape,
		  const char *caption, const char *const *metrics, size_t nr);

/* Which arms a figure shows, as series 1.. of plot.h. */
struct figure {
	struct plot plot;
	char title[160];     /* for those who cannot see it */
	const char *heading; /* above it, or NULL */
	const char *area;    /* what the area is, for the legend, or NULL */
	const char *quiet;   /* what the quiet line is, or NULL */
	bool no_legend;      /* the names stand in the figure */
	size_t arms[32];
	size_t nr;
};

/* Begin; -1 when that failed, which is noted in report->plot_err. */
int figure_begin(struct report *report, struct figure *figure, const char *kind,
		 unsigned width, unsigned height);
/* Take in an arm: its number among the plotted from 1, 0 when full. */
size_t figure_add(struct figure *figure, size_t arm);
/* Draw and write <figure> with legend and caption, or a note. */
void figure_end(struct report *report, struct figure *figure,
		const char *script, const char *caption);

/* End it unseen: there was nothing to show. */
void figure_drop(struct figure *figure);
/* "N = 3", "SERIES[1] = 1", ...: what the loops of the scripts run over. */
void figure_put_series(struct figure *figure);

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
/* Limits of an axis: some air on both sides, wide enough to be calm. */
struct range figure_limits(struct range seen);

void figure_tradeoff(struct report *report, const struct comparison_tape *tape);
void figure_memory(struct report *report, const struct comparison_tape *tape);
void figure_returned(struct report *report, const struct comparison_tape *tape);
void figure_rounds(struct report *report, const struct comparison_tape *tape,
		   const char *metric);
/* One figure per kind of call that was timed. */
void figure_latencies(struct report *report,
		      const struct comparison_tape *tape);

#endif
