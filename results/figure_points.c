// SPDX-License-Identifier: MIT
/*
 * Figures of single numbers: time against memory, every round as a dot, and
 * what stays resident when the work is over.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report.h"
#include "results/term_text.h"

#define MAX_LABELS 32

/* Values of one metric of one arm, in order. */
struct range {
	double median, low, high;
};

static struct range range_of(const struct comparison_cell *cell, size_t nr)
{
	struct range range = { cell->median, NAN, NAN };
	size_t i;

	for (i = 0; i < nr; i++) {
		range.low = fmin(range.low, cell->values[i]);
		range.high = fmax(range.high, cell->values[i]);
	}
	return range;
}

/* Limits of an axis with some air on both sides; wide enough to be calm. */
static struct range limits(struct range seen)
{
	double air = fmax((seen.high - seen.low) * 0.15, seen.high * 0.02);

	return (struct range){ 0, fmax(seen.low - air, 0), seen.high + air };
}

struct tradeoff {
	const struct comparison *cmp;
	const struct comparison_tape *tape;
	size_t wall, rss; /* metrics */
	struct range x[MAX_LABELS], y[MAX_LABELS];
};

static void find_points(struct tradeoff *t, struct figure *figure)
{
	size_t i;

	for (i = 0; i < t->cmp->nr_arms && figure->nr < MAX_LABELS; i++) {
		struct range x =
			range_of(comparison_cell(t->cmp, t->tape, t->wall, i),
				 t->tape->tape->nr_rounds);
		struct range y =
			range_of(comparison_cell(t->cmp, t->tape, t->rss, i),
				 t->tape->tape->nr_rounds);

		if (!isfinite(x.median) || !isfinite(y.median))
			continue;
		t->x[figure->nr] = x;
		t->y[figure->nr] = y;
		figure_add(figure, i);
	}
}

static struct range hull(const struct range *ranges, size_t nr)
{
	struct range all = { 0, INFINITY, -INFINITY };
	size_t i;

	for (i = 0; i < nr; i++) {
		all.low = fmin(all.low, ranges[i].low);
		all.high = fmax(all.high, ranges[i].high);
	}
	return all;
}

static void put_tradeoff(const struct tradeoff *t, struct figure *figure)
{
	FILE *out = figure->plot.script;
	struct range x = limits(hull(t->x, figure->nr));
	struct range y = limits(hull(t->y, figure->nr));
	struct axis ns = axis_ns(x.high), bytes = axis_bytes(y.high);
	size_t i;

	figure_put_series(figure);
	fprintf(out, "XLABEL = 'wall time (%s)'\nYLABEL = 'RSS peak (%s)'\n",
		ns.unit, bytes.unit);
	fprintf(out, "XMIN = %.6g\nXMAX = %.6g\nYMIN = %.6g\nYMAX = %.6g\n",
		x.low / ns.scale, x.high / ns.scale, y.low / bytes.scale,
		y.high / bytes.scale);
	fputs("$points << EOD\n", out);
	for (i = 0; i < figure->nr; i++)
		fprintf(out, "%.6g %.6g %.6g %.6g %.6g %.6g @%zu@\n\n\n",
			t->x[i].median / ns.scale, t->y[i].median / bytes.scale,
			t->x[i].low / ns.scale, t->x[i].high / ns.scale,
			t->y[i].low / bytes.scale, t->y[i].high / bytes.scale,
			i);
	fputs("EOD\n", out);
}

void figure_tradeoff(struct report *report, const struct comparison_tape *tape)
{
	const char *labels[MAX_LABELS];
	struct tradeoff t = { .cmp = report->cmp, .tape = tape };
	struct figure figure;
	size_t i, k;

	t.wall = comparison_find_metric(t.cmp, "wall_ns");
	t.rss = comparison_find_metric(t.cmp, "rss_peak_bytes");
	if (figure_begin(report, &figure, "tradeoff", 760, 440))
		return;
	find_points(&t, &figure);
	if (!figure.nr) {
		figure_drop(&figure);
		return;
	}
	put_tradeoff(&t, &figure);
	for (k = 0; k < 3; k++)
		for (i = 0; i < figure.nr; i++) {
			labels[i] = report->cmp->labels[figure.arms[i]];
			plot_part(&figure.plot, labels[i], figure.arms[i] + 1);
		}
	figure.plot.labels = labels;
	figure.plot.nr_labels = figure.nr;
	snprintf(figure.title, sizeof(figure.title),
		 "Time against memory on %.100s", tape->tape->name);
	figure_end(report, &figure, "tradeoff.gp",
		   "Each arm at its median; bars: the range over all rounds. "
		   "Nearer to the lower left corner is better.");
}

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

	fputs("set xtics (", out);
	for (i = 0; i < figure->nr; i++) {
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
			range_of(comparison_cell(report->cmp, tape, metric,
						 figure->arms[i]),
				 nr);

		all.low = fmin(all.low, seen.low);
		all.high = fmax(all.high, seen.high);
	}
	all = limits(all);
	axis = report->cmp->metrics[metric].unit == METRIC_NS
		       ? axis_ns(all.high)
		       : axis_bytes(all.high);
	fprintf(out, "YLABEL = '%s (%s)'\nYMIN = %.6g\nYMAX = %.6g\n",
		report->cmp->metrics[metric].title, axis.unit,
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
	char caption[160];

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
	snprintf(caption, sizeof(caption),
		 "%s: every round as a dot, the first at the left; the line is "
		 "the median. The axis does not begin at 0.",
		 report->cmp->metrics[metric].title);
	figure_end(report, &figure, "rounds.gp", caption);
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

	if (figure_begin(report, &figure, "returned", 760, 340))
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
