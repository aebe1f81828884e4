// SPDX-License-Identifier: MIT
/*
 * Figures of single numbers: every round as a dot, and what stays resident
 * when the work is over.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/figure.h"
#include "results/report.h"

#define ROUNDS_WIDTH 560 /* px */

/* Dots from left to right by round, so that a drift can be seen. */
static void put_dots(FILE *out, const struct comparison_cell *cell, size_t nr,
		     size_t place, double scale)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		double shift =
			nr < 2 ? 0 : 0.5 * (double)i / (double)(nr - 1) - 0.25;

		if (isfinite(cell->values[i]))
			fprintf(out, "%.6g %.6g\n", (double)place + shift,
				cell->values[i] / scale);
	}
	fputs("\n\n", out);
}

/* Names below the dots where there is room for them, else in a legend. */
static void put_names(struct report *report, struct figure *figure)
{
	double room = ROUNDS_WIDTH * 0.86 / (double)figure->nr - 8;
	size_t i;

	figure->no_legend = true;
	for (i = 0; i < figure->nr; i++) {
		const char *label = report->cmp->labels[figure->arms[i]];

		if (figure_text_px(label) > room)
			figure->no_legend = false;
		plot_part(&figure->plot, label, figure->arms[i] + 1);
	}
	for (i = 0; i < figure->nr; i++)
		plot_part(&figure->plot, NULL, figure->arms[i] + 1);
	for (i = 0; i < figure->nr; i++)
		figure->plot.labels[i] =
			figure->no_legend ? figure->plot.names[i] : "";
	figure->plot.nr_labels = figure->nr;
}

static struct axis axis_of(enum metric_unit unit, double max)
{
	if (unit == METRIC_NS)
		return axis_ns(max);
	if (unit == METRIC_BYTES)
		return axis_bytes(max);
	return (struct axis){ 1, unit == METRIC_FACTOR ? "times" : "" };
}

static void put_rounds(struct report *report, struct figure *figure,
		       const struct comparison_tape *tape, size_t metric)
{
	FILE *out = figure->plot.script;
	struct range all = { 0, INFINITY, -INFINITY };
	size_t nr = tape->tape->nr_rounds, i;
	struct axis axis;

	for (i = 0; i < figure->nr; i++) {
		struct range seen =
			figure_range(comparison_cell(report->cmp, tape, metric,
						     figure->arms[i]),
				     nr);

		all.low = fmin(all.low, seen.low);
		all.high = fmax(all.high, seen.high);
	}
	all = figure_limits(all);
	axis = axis_of(report->cmp->metrics[metric].unit, all.high);
	fprintf(out, "YLABEL = '%s'\nYMIN = %.6g\nYMAX = %.6g\n", axis.unit,
		all.low / axis.scale, all.high / axis.scale);
	fputs("$dots << EOD\n", out);
	for (i = 0; i < figure->nr; i++)
		put_dots(out,
			 comparison_cell(report->cmp, tape, metric,
					 figure->arms[i]),
			 nr, i + 1, axis.scale);
	fputs("EOD\n$middle << EOD\n", out);
	for (i = 0; i < figure->nr; i++) {
		double median = comparison_cell(report->cmp, tape, metric,
						figure->arms[i])
					->median;

		fprintf(out, "%.6g %.6g\n%.6g %.6g\n\n\n", (double)i + 0.7,
			median / axis.scale, (double)i + 1.3,
			median / axis.scale);
	}
	fputs("EOD\n", out);
}

static void draw_rounds(struct report *report,
			const struct comparison_tape *tape, const char *name,
			const char *kind)
{
	char what[64];
	size_t metric = comparison_find_metric(report->cmp, name), i;
	struct figure figure;

	if (metric == report->cmp->nr_metrics ||
	    figure_begin(report, &figure, kind, ROUNDS_WIDTH, 320))
		return;
	for (i = 0; i < report->cmp->nr_arms; i++)
		if (isfinite(comparison_cell(report->cmp, tape, metric, i)
				     ->median))
			figure_add(&figure, report, i);
	if (!figure.nr) {
		figure_drop(&figure);
		return;
	}
	figure_put_series(&figure);
	put_rounds(report, &figure, tape, metric);
	put_names(report, &figure);
	snprintf(what, sizeof(what), "%s by round",
		 report->cmp->metrics[metric].title);
	figure_set_title(&figure, tape, what);
	figure.heading = report->cmp->metrics[metric].title;
	figure_end(report, &figure, "rounds.gp",
		   "Every round as a dot, the first at the left; the line is "
		   "the median. The axis does not begin at 0.");
}

void figure_rounds_time(struct report *report,
			const struct comparison_tape *tape)
{
	draw_rounds(report, tape, "wall_ns", "rounds-time");
}

void figure_rounds_memory(struct report *report,
			  const struct comparison_tape *tape)
{
	draw_rounds(report, tape, "rss_peak_bytes", "rounds-memory");
}

void figure_contention(struct report *report,
		       const struct comparison_tape *tape)
{
	draw_rounds(report, tape, "contention_ratio", "contention");
}

void figure_returned(struct report *report, const struct comparison_tape *tape)
{
	static const char *const names[] = { "rss_peak_bytes", "rss_end_bytes",
					     "rss_idle_bytes",
					     "rss_freed_bytes" };
	const struct comparison *cmp = report->cmp;
	struct axis axis = axis_bytes(0);
	struct figure figure;
	size_t metrics[4], i, k;

	if (figure_begin(report, &figure, "returned", 640, 320))
		return;
	for (k = 0; k < 4; k++)
		metrics[k] = comparison_find_metric(cmp, names[k]);
	for (i = 0; i < cmp->nr_arms; i++) {
		double peak = comparison_cell(cmp, tape, metrics[0], i)->median;

		if (!isfinite(peak) || !figure_add(&figure, report, i))
			continue;
		if (axis_bytes(peak).scale > axis.scale)
			axis = axis_bytes(peak);
		plot_part(&figure.plot, cmp->labels[i], i + 1);
	}
	if (!figure.nr) {
		figure_drop(&figure);
		return;
	}
	figure_put_series(&figure);
	fprintf(figure.plot.script, "YLABEL = 'RSS (%s)'\n$line << EOD\n",
		axis.unit);
	for (i = 0; i < figure.nr; i++) {
		for (k = 0; k < 4; k++) {
			double rss = comparison_cell(cmp, tape, metrics[k],
						     figure.arms[i])
					     ->median;

			if (isfinite(rss))
				fprintf(figure.plot.script, "%zu %.6g\n", k,
					rss / axis.scale);
		}
		fputs("\n\n", figure.plot.script);
	}
	fputs("EOD\n", figure.plot.script);
	figure_set_title(&figure, tape, "Memory that stays resident");
	figure.heading = "Memory that stays resident";
	figure_end(report, &figure, "returned.gp",
		   "Resident heap memory at its peak, at the end of the tape, "
		   "after an idle time, and after all was freed (medians).");
}
