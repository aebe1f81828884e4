// SPDX-License-Identifier: MIT
/*
 * Figures of single numbers: every round as a dot, and what stays resident
 * when the work is over.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report.h"
#include "results/term_text.h"

#define MAX_LABELS 32

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

/* Names below the dots, cut to the room that each has. */
static void put_names(struct report *report, struct figure *figure,
		      char (*names)[COMPARISON_LABEL], const char **labels)
{
	FILE *out = figure->plot.script;
	size_t i, room = 70 / figure->nr;

	figure->no_legend = true;
	fputs("set xtics (", out);
	for (i = 0; i < figure->nr; i++) {
		if (term_width(report->cmp->labels[figure->arms[i]]) > room)
			figure->no_legend = false;
		fprintf(out, "%s'@%zu@' %zu", i ? ", " : "", i, i + 1);
		labels[i] = term_clean(report->cmp->labels[figure->arms[i]],
				       room > 3 ? room : 3, names[i],
				       sizeof(names[i]));
		plot_part(&figure->plot, report->cmp->labels[figure->arms[i]],
			  figure->arms[i] + 1);
	}
	for (i = 0; i < figure->nr; i++)
		plot_part(&figure->plot, NULL, figure->arms[i] + 1);
	fputs(")\n", out);
	figure->plot.labels = labels;
	figure->plot.nr_labels = figure->nr;
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
	axis = report->cmp->metrics[metric].unit == METRIC_NS
		       ? axis_ns(all.high)
		       : axis_bytes(all.high);
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

void figure_rounds(struct report *report, const struct comparison_tape *tape,
		   const char *name)
{
	char names[MAX_LABELS][COMPARISON_LABEL];
	const char *labels[MAX_LABELS];
	size_t metric = comparison_find_metric(report->cmp, name), i;
	struct figure figure;

	if (figure_begin(report, &figure, "rounds", 560, 320))
		return;
	for (i = 0; i < report->cmp->nr_arms && figure.nr < MAX_LABELS; i++)
		if (isfinite(comparison_cell(report->cmp, tape, metric, i)
				     ->median))
			figure_add(&figure, i);
	if (!figure.nr) {
		figure_drop(&figure);
		return;
	}
	figure_put_series(&figure);
	put_rounds(report, &figure, tape, metric);
	put_names(report, &figure, names, labels);
	snprintf(figure.title, sizeof(figure.title), "%s by round on %.100s",
		 report->cmp->metrics[metric].title, tape->tape->name);
	figure.heading = report->cmp->metrics[metric].title;
	figure_end(report, &figure, "rounds.gp",
		   "Every round as a dot, the first at the left; the line is "
		   "the median. The axis does not begin at 0.");
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

		if (!isfinite(peak) || !figure_add(&figure, i))
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
	snprintf(figure.title, sizeof(figure.title),
		 "Memory that stays resident on %.100s", tape->tape->name);
	figure_end(report, &figure, "returned.gp",
		   "Resident heap memory at its peak, at the end of the tape, "
		   "after an idle time, and after all was freed (medians).");
}
