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
#include "results/plotter.h"
#include "traces/base/err.h"

struct figure;

struct report {
	const struct comparison *cmp;
	FILE *out;
	const char *title;
	const char *theme; /* "light" or "dark"; NULL: as the reader has it */
	bool no_figures;   /* tables only */
	struct plotter plotter; /* plotter_release ends it */
	size_t figures;         /* begun so far */
	size_t figure_bytes;    /* written so far */
	struct err plot_err;    /* why a figure is missing, if one is */
	/* Takes finished figures; NULL: they go into the page. */
	void (*take_figure)(struct report *report, struct figure *figure,
			    const char *script);
	void *taker; /* of take_figure */
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
void html_knobs(struct report *report);
void html_noise(struct report *report);
void html_recorded(struct report *report);
void html_environment(struct report *report);
void html_method(struct report *report);

/* What the page's script makes files of: numbers of every cell, as JSON. */
int html_data(struct report *report, struct err *err);

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
/* The same of a class: "sortable" by its columns, "filtered" by words. */
void html_table_of(FILE *out, const char *class, const char *caption);
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
/* Only the arms whose entry is true. */
void html_medians_of(struct report *report, const struct comparison_tape *tape,
		     const char *caption, const char *const *metrics, size_t nr,
		     const bool *arms);

#endif
