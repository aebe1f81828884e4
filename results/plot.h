// SPDX-License-Identifier: MIT
/*
 * One figure: data and settings go to a script, gnuplot turns it into SVG,
 * and the SVG is made fit to stand in an HTML page of two themes. No text of
 * the user ever reaches gnuplot: names are put in afterwards, escaped.
 */
#ifndef RESULTS_PLOT_H
#define RESULTS_PLOT_H

#include <stddef.h>
#include <stdio.h>

struct err;

#define PLOT_STYLES   8 /* colours, dashes and markers before they repeat */
#define PLOT_MAX_PART 160

/* One plotted element, in the order of the plot command. */
struct plot_part {
	const char *title; /* shown when pointed at, or NULL */
	size_t series;     /* number from 1, 0: belongs to no arm */
};

struct plot {
	FILE *script; /* write settings and datablocks here */
	char *text;   /* what was written */
	size_t len;
	char id[48]; /* unique in the page; letters, digits, '-' */
	struct plot_part parts[PLOT_MAX_PART];
	size_t nr_parts;
	/* Texts for the labels "@0@", "@1@", ... of the figure. */
	const char *const *labels;
	size_t nr_labels;
};

/* How series n (from 1) looks, in CSS and SVG terms. */
struct plot_style {
	const char *dash;   /* stroke-dasharray, "" for a solid line */
	const char *marker; /* SVG path around 0,0 */
	int point_type;     /* gnuplot's */
};
const struct plot_style *plot_style(size_t series);

/* Begin a figure of that size in px for nr_series arms. */
int plot_begin(struct plot *plot, const char *id, unsigned width,
	       unsigned height, size_t nr_series, struct err *err);
/* Announce the next element; silently drops more than PLOT_MAX_PART. */
void plot_part(struct plot *plot, const char *title, size_t series);
/*
 * Draw with the plot script of that name, such as "memory.gp". *svg is the
 * caller's to free. -ERR_MISSING: no gnuplot or no script. Ends the figure.
 */
int plot_finish(struct plot *plot, const char *script, const char *title,
		const char *description, char **svg, struct err *err);

/* The second half of plot_finish: gnuplot's SVG to ours. For tests as well. */
int plot_clean_svg(const struct plot *plot, const char *raw, const char *title,
		   const char *description, char **svg, struct err *err);

#endif
