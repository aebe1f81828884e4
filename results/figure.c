// SPDX-License-Identifier: MIT
/* The frame of every figure: drawing, legend, caption, and its absence. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report.h"

#define MAX_FIGURE_BYTES 3500000 /* a page of 20 tapes stays below 5 MB */

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

struct range figure_limits(struct range seen)
{
	double air = fmax((seen.high - seen.low) * 0.15, seen.high * 0.02);

	return (struct range){ 0, fmax(seen.low - air, 0), seen.high + air };
}

int figure_begin(struct report *report, struct figure *figure, const char *kind,
		 unsigned width, unsigned height)
{
	char id[48];

	memset(figure, 0, sizeof(*figure));
	snprintf(id, sizeof(id), "%.20s-%zu", kind, ++report->figures);
	return plot_begin(&figure->plot, id, width, height,
			  report->cmp->nr_arms, &report->plot_err);
}

size_t figure_add(struct figure *figure, size_t arm)
{
	if (figure->nr == sizeof(figure->arms) / sizeof(figure->arms[0]))
		return 0;
	figure->arms[figure->nr++] = arm;
	return figure->nr;
}

void figure_drop(struct figure *figure)
{
	fclose(figure->plot.script);
	free(figure->plot.text);
}

void figure_put_series(struct figure *figure)
{
	FILE *out = figure->plot.script;
	size_t i;

	fprintf(out, "N = %zu\narray SERIES[%zu]\n", figure->nr,
		figure->nr ? figure->nr : 1);
	for (i = 0; i < figure->nr; i++)
		fprintf(out, "SERIES[%zu] = %zu\n", i + 1, figure->arms[i] + 1);
}

/* The sign of a series: its line and its marker, as in the figure. */
static void put_sign(FILE *out, size_t series)
{
	const struct plot_style *style = plot_style(series);

	fprintf(out,
		"<svg class=\"sign\" viewBox=\"0 0 40 12\" aria-hidden=\"true\""
		" style=\"color:var(--s%zu)\"><path d=\"M1,6h38\" "
		"stroke=\"currentColor\" stroke-width=\"2\" "
		"stroke-dasharray=\"%s\" fill=\"none\"/>"
		"<path transform=\"translate(20 6)\" d=\"%s\" "
		"fill=\"currentColor\" stroke=\"currentColor\"/></svg>",
		(series - 1) % PLOT_STYLES + 1,
		*style->dash ? style->dash : "none", style->marker);
}

static void put_arms(struct report *report, const struct figure *figure)
{
	size_t i;

	for (i = 0; i < figure->nr; i++) {
		size_t series = figure->arms[i] + 1;

		fprintf(report->out, "<li data-series=\"%zu\">", series);
		put_sign(report->out, series);
		html_name(report->out, report->cmp->labels[figure->arms[i]]);
		fputs("</li>", report->out);
	}
}

static void put_legend(struct report *report, const struct figure *figure)
{
	FILE *out = report->out;

	if (figure->no_legend)
		return;
	fputs("<ul class=\"legend\">", out);
	put_arms(report, figure);
	if (figure->area)
		fprintf(out,
			"<li><svg class=\"sign\" viewBox=\"0 0 40 12\" "
			"aria-hidden=\"true\"><rect width=\"40\" "
			"height=\"12\" fill=\"var(--area)\" "
			"fill-opacity=\"0.35\"/></svg>%s</li>",
			figure->area);
	if (figure->quiet)
		fprintf(out,
			"<li><svg class=\"sign\" viewBox=\"0 0 40 12\" "
			"aria-hidden=\"true\"><path d=\"M1,6h38\" "
			"stroke=\"var(--muted)\" stroke-width=\"2\" "
			"stroke-dasharray=\"2,3\"/></svg>%s</li>",
			figure->quiet);
	fputs("</ul>\n", out);
}

void figure_end(struct report *report, struct figure *figure,
		const char *script, const char *caption)
{
	struct err err = { 0 };
	char *svg = NULL;
	int rc = plot_finish(&figure->plot, script, figure->title, caption,
			     &svg, &err);

	if (!rc && report->figure_bytes + strlen(svg) > MAX_FIGURE_BYTES)
		rc = err_set(&err, ERR_SYS, 0,
			     "the page would be too large; --tape selects");

	if (rc && !report->plot_err.code)
		report->plot_err = err;
	if (rc) {
		fputs("<p class=\"note\">The figure is missing: ", report->out);
		html_text(report->out, err.text);
		fputs(". The table holds its numbers.</p>\n", report->out);
		free(svg);
		return;
	}
	report->figure_bytes += strlen(svg);
	fputs("<figure>\n", report->out);
	if (figure->heading) {
		fputs("<p class=\"heading\">", report->out);
		html_text(report->out, figure->heading);
		fputs("</p>\n", report->out);
	}
	put_legend(report, figure);
	fprintf(report->out, "<div class=\"scroll\">%s</div>\n<figcaption>",
		svg);
	html_text(report->out, caption);
	fputs("</figcaption></figure>\n", report->out);
	free(svg);
}
