// SPDX-License-Identifier: MIT
/* The frame of every figure: drawing, legend, caption, and its absence. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/figure.h"
#include "results/report.h"

#define MAX_FIGURE_BYTES 3900000 /* a page stays below 5 MB */
#define FULL_TAPES       4       /* of a page; with more, curves are coarser */

double figure_coarseness(const struct report *report)
{
	size_t nr = report->cmp->nr_tapes;

	/* A file has all the room it wants. */
	return nr > FULL_TAPES && !report->take_figure ? (double)nr / FULL_TAPES
						       : 1;
}

double figure_text_px(const char *text)
{
	double px = 0;

	for (; *text; text++) {
		if (*text >= 'A' && *text <= 'Z')
			px += 9.4;
		else if (!(*text & 0x80))
			px += 7.8;
		/* One byte of each letter that has several; it may be wide. */
		else if ((*text & 0xc0) != 0x80)
			px += 13;
	}
	return px;
}

struct axis axis_bytes(double max)
{
	if (max >= 1073741824.0)
		return (struct axis){ 1073741824.0, "GiB" };
	if (max >= 1048576.0)
		return (struct axis){ 1048576.0, "MiB" };
	return (struct axis){ 1024.0, "KiB" };
}

struct axis axis_ns(double max)
{
	if (max >= 180e9)
		return (struct axis){ 60e9, "min" };
	if (max >= 1e9)
		return (struct axis){ 1e9, "s" };
	if (max >= 1e6)
		return (struct axis){ 1e6, "ms" };
	if (max >= 1e3)
		return (struct axis){ 1e3, "us" };
	return (struct axis){ 1, "ns" };
}

struct range figure_range(const struct comparison_cell *cell, size_t nr)
{
	struct range range = { cell->median, NAN, NAN };
	size_t i;

	for (i = 0; i < nr; i++) {
		range.low = fmin(range.low, cell->values[i]);
		range.high = fmax(range.high, cell->values[i]);
	}
	return range;
}

/* P(at most k of n fall below the median) when each does at even chances. */
static double below_median(size_t k, size_t n)
{
	double term = pow(0.5, (double)n), sum = term;
	size_t i;

	for (i = 1; i <= k; i++) {
		term *= (double)(n - i + 1) / (double)i;
		sum += term;
	}
	return sum;
}

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct range figure_interval(const struct comparison_cell *cell, size_t nr)
{
	struct range range = figure_range(cell, nr);
	double *sorted = calloc(nr ? nr : 1, sizeof(*sorted));
	size_t n = 0, k = 0, i;

	for (i = 0; sorted && i < nr; i++)
		if (isfinite(cell->values[i]))
			sorted[n++] = cell->values[i];
	if (n >= STATS_MIN_ROUNDS && n <= 1000) {
		qsort(sorted, n, sizeof(*sorted), ascending);
		while (below_median(k + 1, n) <= STATS_ALPHA / 2)
			k++;
		range.low = sorted[k];
		range.high = sorted[n - 1 - k];
	}
	free(sorted);
	return range;
}

struct range figure_limits(struct range seen)
{
	double air = fmax((seen.high - seen.low) * 0.15, seen.high * 0.02);
	struct range limits = { 0, fmax(seen.low - air, 0), seen.high + air };

	/* No axis can be empty, not even when all values are 0. */
	if (!(limits.high > limits.low))
		limits.high = limits.low + 1;
	return limits;
}

int figure_begin(struct report *report, struct figure *figure, const char *kind,
		 unsigned width, unsigned height)
{
	char id[48];

	memset(figure, 0, sizeof(*figure));
	if (report->no_figures)
		return -1;
	figure->kind = kind;
	snprintf(id, sizeof(id), "%.20s-%zu", kind, ++report->figures);
	return plot_begin(&figure->plot, id, width, height,
			  report->cmp->nr_arms, &report->plot_err);
}

bool figure_add(struct figure *figure, const struct report *report, size_t arm)
{
	size_t nr = figure->nr;

	if (!figure_add_series(figure, report->cmp->labels[arm], arm + 1))
		return false;
	figure->arms[nr] = arm;
	return true;
}

bool figure_add_series(struct figure *figure, const char *name, size_t series)
{
	if (figure->nr == PLOT_MAX_NAMES)
		return false;
	figure->plot.names[figure->plot.nr_names++] = name;
	figure->series[figure->nr++] = series;
	return true;
}

void figure_set_title(struct figure *figure, const struct comparison_tape *tape,
		      const char *what)
{
	const char *name = tape->tape->name, *slash = strrchr(name, '/');

	figure->tape = tape;
	snprintf(figure->title, sizeof(figure->title), "%s: %.100s", what,
		 slash ? slash + 1 : name);
}

void figure_drop(struct figure *figure)
{
	plot_release(&figure->plot);
}

void figure_put_series(struct figure *figure)
{
	FILE *out = figure->plot.script;
	size_t i;

	fprintf(out, "N = %zu\narray SERIES[%zu]\n", figure->nr,
		figure->nr ? figure->nr : 1);
	for (i = 0; i < figure->nr; i++)
		fprintf(out, "SERIES[%zu] = %zu\n", i + 1, figure->series[i]);
}

static const char sign[] = "<svg class=\"sign\" viewBox=\"0 0 40 12\" "
			   "aria-hidden=\"true\"";

/* The sign of a series: its line and its marker, as in the figure. */
static void put_sign(FILE *out, size_t series, bool area)
{
	const struct plot_style *style = plot_style(series);

	fprintf(out, "%s style=\"color:var(--s%zu)\">", sign,
		(series - 1) % PLOT_STYLES + 1);
	if (area)
		fputs("<rect x=\"12\" width=\"16\" height=\"12\" "
		      "fill=\"currentColor\"/></svg>",
		      out);
	else
		fprintf(out,
			"<path d=\"M1,6h38\" stroke=\"currentColor\" "
			"stroke-width=\"2\" stroke-dasharray=\"%s\" "
			"fill=\"none\"/><path transform=\"translate(20 6)\" "
			"d=\"%s\" fill=\"currentColor\" "
			"stroke=\"currentColor\"/></svg>",
			*style->dash ? style->dash : "none", style->marker);
}

static void put_series(struct report *report, const struct figure *figure)
{
	size_t i;

	for (i = 0; i < figure->nr; i++) {
		fprintf(report->out, "<li data-series=\"%zu\">",
			figure->series[i]);
		put_sign(report->out, figure->series[i], figure->areas);
		html_name(report->out, figure->plot.names[i]);
		fputs("</li>", report->out);
	}
}

static void put_legend(struct report *report, const struct figure *figure)
{
	const struct plot *plot = &figure->plot;
	FILE *out = report->out;

	if (figure->no_legend)
		return;
	fputs("<ul class=\"legend\">", out);
	put_series(report, figure);
	if (plot->area)
		fprintf(out,
			"<li>%s><rect width=\"40\" height=\"12\" "
			"fill=\"var(--area)\" fill-opacity=\"0.35\"/></svg>"
			"%s</li>",
			sign, plot->area);
	if (plot->quiet)
		fprintf(out,
			"<li>%s><path d=\"M1,6h38\" stroke=\"%s\" "
			"stroke-width=\"2\" stroke-dasharray=\"%s\"/></svg>"
			"%s</li>",
			sign, figure->solid ? "currentColor" : "var(--muted)",
			figure->solid ? "none" : "2,3", plot->quiet);
	if (plot->mark)
		fprintf(out,
			"<li>%s><circle cx=\"20\" cy=\"6\" r=\"5\" "
			"fill=\"none\" stroke=\"currentColor\" "
			"stroke-width=\"1.4\"/></svg>%s</li>",
			sign, plot->mark);
	fputs("</ul>\n", out);
}

static void put_missing(struct report *report, const struct err *why)
{
	if (!report->plot_err.code)
		report->plot_err = *why;
	fputs("<p class=\"note\">The figure is missing: ", report->out);
	html_text(report->out, why->text);
	fputs(". The table holds its numbers.</p>\n", report->out);
}

/* Arms that failed, and are not in the figure for that. */
static void put_failed(struct report *report, const struct figure *figure)
{
	size_t nr = 0, i, k;

	for (i = 0; !figure->areas && i < report->cmp->nr_arms; i++) {
		for (k = 0; k < figure->nr; k++)
			if (figure->arms[k] == i)
				break;
		if (k < figure->nr || !figure->tape->arms[i].failed)
			continue;
		fputs(nr++ ? ", " : " Not drawn, as they failed: ",
		      report->out);
		html_name(report->out, report->cmp->labels[i]);
	}
	fputs(nr ? "." : "", report->out);
}

/* "<figure>" with heading, legend and caption, or a note. */
static void put_figure(struct report *report, struct figure *figure,
		       const char *script)
{
	struct err err = { 0 };
	size_t len = 0;
	char *svg = NULL;
	int rc = plot_draw(&figure->plot, &report->plotter, PLOT_PAGE, script,
			   &svg, &len, &err);

	if (!rc && report->figure_bytes + len > MAX_FIGURE_BYTES)
		rc = err_set(&err, ERR_SYS, 0,
			     "the page would be too large; --tape selects");
	if (rc) {
		put_missing(report, &err);
		free(svg);
		return;
	}
	report->figure_bytes += len;
	fputs("<figure>\n", report->out);
	if (figure->heading) {
		fputs("<p class=\"heading\">", report->out);
		html_text(report->out, figure->heading);
		fputs("</p>\n", report->out);
	}
	put_legend(report, figure);
	fprintf(report->out, "<div class=\"scroll\">%s</div>\n<figcaption>",
		svg);
	html_text(report->out, figure->plot.description);
	put_failed(report, figure);
	fputs("</figcaption></figure>\n", report->out);
	free(svg);
}

void figure_end(struct report *report, struct figure *figure,
		const char *script, const char *caption)
{
	/* In a page the heading stands above; in a file the title does. */
	figure->plot.title = figure->title;
	figure->plot.description = caption;
	if (report->take_figure)
		report->take_figure(report, figure, script);
	else
		put_figure(report, figure, script);
	plot_release(&figure->plot);
}
