// SPDX-License-Identifier: MIT
/*
 * One figure: data and settings go to a script, gnuplot draws it, as SVG that
 * is made fit to stand in an HTML page of two themes, or as an SVG or PNG file
 * of its own. Texts of the user never reach a page's gnuplot: names are put in
 * afterwards, escaped. A file's gnuplot gets them quoted, without any
 * character that means something to it.
 */
#ifndef RESULTS_PLOT_H
#define RESULTS_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct err;
struct plotter;

#define PLOT_STYLES    8 /* colours, dashes and markers before they repeat */
#define PLOT_MAX_PART  160
#define PLOT_MAX_NAMES 32

enum plot_format { PLOT_PAGE, PLOT_SVG, PLOT_PNG };

/* One plotted element, in the order of the plot command. */
struct plot_part {
	const char *title; /* shown when pointed at, or NULL */
	size_t series;     /* number from 1, 0: belongs to no arm */
};

/* Texts are borrowed until plot_release. */
struct plot {
	FILE *script; /* write settings and datablocks here */
	char *text;   /* what was written */
	size_t len;
	/* Unique in the page; what is no letter or digit becomes '-'. */
	char id[48];
	unsigned width, height;
	size_t nr_series;
	struct plot_part parts[PLOT_MAX_PART];
	size_t nr_parts;
	/* LABEL[1], ... of the script: texts inside the figure. */
	const char *labels[PLOT_MAX_NAMES];
	size_t nr_labels;
	/* NAME[1], ...: the key of a file; a page has its own legend. */
	const char *names[PLOT_MAX_NAMES];
	size_t nr_names;
	const char *area;  /* AREA_NAME: what the area is, or NULL */
	const char *quiet; /* QUIET_NAME: what the quiet line is, or NULL */
	const char *mark;  /* MARK_NAME: what the mark is, or NULL */
	const char *title; /* heading of a file; name for all */
	const char *description; /* what it shows */
};

/* How series n (from 1) looks, in CSS and SVG terms. */
struct plot_style {
	const char *dash;   /* stroke-dasharray, "" for a solid line */
	const char *marker; /* SVG path around 0,0 */
	int point_type;     /* gnuplot's */
};
const struct plot_style *plot_style(size_t series);

/* Begin a figure of that size in px for nr_series series. */
int plot_begin(struct plot *plot, const char *id, unsigned width,
	       unsigned height, size_t nr_series, struct err *err);
/* Announce the next element; silently drops more than PLOT_MAX_PART. */
void plot_part(struct plot *plot, const char *title, size_t series);
/*
 * Draw with the plot script of that name, such as "memory.gp"; as often as one
 * likes. *data, *len is the caller's to free. -ERR_MISSING: no gnuplot or no
 * script.
 */
int plot_draw(struct plot *plot, struct plotter *plotter,
	      enum plot_format format, const char *script, char **data,
	      size_t *len, struct err *err);
/* Safe on a zeroed struct. */
void plot_release(struct plot *plot);

/* The second half of plot_draw: gnuplot's SVG to ours. For tests as well. */
int plot_clean_svg(const struct plot *plot, enum plot_format format,
		   const char *raw, char **svg, struct err *err);

/* A colour of the page's light theme, "#1a1f26" for "text". Static text. */
const char *plot_colour(const char *name, char buf[8]);
/*
 * A text as a gnuplot string in single quotes. Quotes, backquotes, backslashes
 * and signs of percent become others that look so; controls become '?'. So do,
 * with common, letters that not every machine has a font for: gnuplot draws
 * those over a whole PNG.
 */
void plot_quote(FILE *out, const char *text, bool common);

#endif
