// SPDX-License-Identifier: MIT
/*
 * Where the bytes are at the peak, as stacked areas, an arm below the other;
 * and how often the kernel was asked, as marks along a logarithmic axis.
 */
#include <math.h>

#include "results/figure.h"
#include "results/report.h"

#define WIDTH 640 /* px */

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/*
 * "ROWS", and "LEFT": the part of the figure left of the axis, since the
 * script does not know yet what will stand there.
 */
static void put_rows(struct figure *figure)
{
	double widest = 0;
	size_t i;

	for (i = 0; i < figure->plot.nr_labels; i++)
		widest = fmax(widest, figure_text_px(figure->plot.labels[i]));
	fprintf(figure->plot.script, "ROWS = %zu\nLEFT = %.4f\n",
		figure->plot.nr_labels, fmin((widest + 24) / WIDTH, 0.6));
}

/* The arms whose split is known; fills parts by their number. */
static size_t find_splits(const struct report *report,
			  const struct comparison_tape *tape, size_t *arms,
			  double (*parts)[SPLIT_PARTS])
{
	const struct comparison *cmp = report->cmp;
	size_t nr = 0, i;

	for (i = 0; i < cmp->nr_arms && nr < PLOT_MAX_NAMES; i++)
		if (comparison_split(tape, cmp->arms[i], parts[nr]))
			arms[nr++] = i;
	return nr;
}

/*
 * One index per part: row, from, to. Parts stand on each other; what is below
 * zero hangs from it.
 */
static void put_stacks(FILE *out, double (*parts)[SPLIT_PARTS], size_t nr,
		       double scale)
{
	double top[PLOT_MAX_NAMES] = { 0 };
	size_t i, k;

	fputs("$stack << EOD\n", out);
	for (k = SPLIT_REQUESTED; k < SPLIT_PARTS; k++) {
		for (i = 0; i < nr; i++) {
			double size = parts[i][k] / scale;
			double from = size < 0 ? 0 : top[i];

			if (!isfinite(size))
				size = 0;
			fprintf(out, "%zu %.6g %.6g\n", nr - i, from,
				from + size);
			if (size > 0)
				top[i] += size;
		}
		fputs("\n\n", out);
	}
	fputs("EOD\n$rss << EOD\n", out);
	for (i = 0; i < nr; i++)
		fprintf(out, "%zu %.6g\n", nr - i, parts[i][SPLIT_RSS] / scale);
	fputs("EOD\n", out);
}

void figure_split(struct report *report, const struct comparison_tape *tape)
{
	double parts[PLOT_MAX_NAMES][SPLIT_PARTS], most = 0;
	size_t arms[PLOT_MAX_NAMES], nr, i, k;
	struct figure figure;
	struct axis axis;

	nr = find_splits(report, tape, arms, parts);
	if (!nr || figure_begin(report, &figure, "split", WIDTH,
				84 + 36 * (unsigned)nr))
		return;
	for (i = 0; i < nr; i++) {
		most = fmax(most, parts[i][SPLIT_RSS]);
		/* The first one on top: rows count from below. */
		figure.plot.labels[nr - 1 - i] = report->cmp->labels[arms[i]];
	}
	figure.plot.nr_labels = nr;
	axis = axis_bytes(most);
	for (k = SPLIT_REQUESTED; k < SPLIT_PARTS; k++) {
		figure_add_series(&figure, result_split_name(k), k);
		plot_part(&figure.plot, result_split_name(k), k);
	}
	plot_part(&figure.plot, "RSS", 0);
	figure_put_series(&figure);
	put_rows(&figure);
	fprintf(figure.plot.script, "XLABEL = '%s'\n", axis.unit);
	put_stacks(figure.plot.script, parts, nr, axis.scale);
	figure.areas = true;
	figure.plot.quiet = "RSS";
	figure.solid = true;
	figure.heading = "Where the bytes are";
	figure_set_title(&figure, tape, "Where the bytes are at the peak");
	figure_end(report, &figure, "split.gp",
		   "Resident memory at the peak of live bytes by what the "
		   "allocators tell of it (medians). Below zero: counted by "
		   "the allocator, and never touched.");
}

static const char *const counts[] = {
	"minor_faults",   "major_faults",           "mmap_calls",
	"munmap_calls",   "mremap_calls",           "brk_calls",
	"mprotect_calls", "madvise_dontneed_calls", "madvise_free_calls",
	"futex_waits",    "voluntary_switches",
};

/* Rows of the figure from below: those that any arm has above zero. */
static size_t find_rows(const struct comparison *cmp,
			const struct comparison_tape *tape, size_t *rows)
{
	size_t nr = 0, k, i;

	for (k = NR(counts); k-- > 0;) {
		size_t metric = comparison_find_metric(cmp, counts[k]);

		for (i = 0; metric < cmp->nr_metrics && i < cmp->nr_arms; i++)
			if (comparison_cell(cmp, tape, metric, i)->median > 0)
				break;
		if (metric < cmp->nr_metrics && i < cmp->nr_arms)
			rows[nr++] = metric;
	}
	return nr;
}

/* Zero has no place on a logarithmic axis: it gets one left of 1. */
static void put_counts(const struct report *report, struct figure *figure,
		       const struct comparison_tape *tape, const size_t *rows,
		       size_t nr)
{
	FILE *out = figure->plot.script;
	double most = 1;
	size_t i, k;

	fputs("$counts << EOD\n", out);
	for (i = 0; i < figure->nr; i++) {
		double shift =
			figure->nr < 2
				? 0
				: 0.5 - (double)i / (double)(figure->nr - 1);

		/* A row of its own: an index without rows would not count. */
		fputs("NaN NaN\n", out);
		for (k = 0; k < nr; k++) {
			double value = comparison_cell(report->cmp, tape,
						       rows[k], figure->arms[i])
					       ->median;

			if (!isfinite(value))
				continue;
			most = fmax(most, value);
			fprintf(out, "%.6g %.6g\n", fmax(value, 0.3),
				(double)k + 1 + 0.5 * shift);
		}
		fputs("\n\n", out);
	}
	fprintf(out, "EOD\nXMAX = %.6g\n", most * 2);
	put_rows(figure);
}

void figure_counts(struct report *report, const struct comparison_tape *tape)
{
	const struct comparison *cmp = report->cmp;
	size_t rows[NR(counts)], nr = find_rows(cmp, tape, rows), i, k;
	struct figure figure;

	if (!nr || figure_begin(report, &figure, "counts", WIDTH,
				90 + (unsigned)(nr * (16 + 6 * cmp->nr_arms))))
		return;
	for (i = 0; i < cmp->nr_arms; i++)
		for (k = 0; k < nr; k++)
			if (isfinite(comparison_cell(cmp, tape, rows[k], i)
					     ->median)) {
				figure_add(&figure, report, i);
				break;
			}
	for (i = 0; i < figure.nr; i++)
		plot_part(&figure.plot, cmp->labels[figure.arms[i]],
			  figure.series[i]);
	for (k = 0; k < nr; k++)
		figure.plot.labels[k] = cmp->metrics[rows[k]].title;
	figure.plot.nr_labels = nr;
	figure_put_series(&figure);
	put_counts(report, &figure, tape, rows, nr);
	figure.heading = "Faults, system calls and switches";
	figure_set_title(&figure, tape, "Faults, system calls, switches");
	figure_end(report, &figure, "counts.gp",
		   "Counts per run (medians); the axis is logarithmic. What "
		   "no arm has ever done is left out.");
}
