// SPDX-License-Identifier: MIT
/*
 * Where the bytes are along the tape, a figure for each arm whose allocator
 * tells, from the checkpoints of the round with the median peak.
 */
#include <math.h>
#include <string.h>

#include "results/curve.h"
#include "results/figure.h"
#include "results/report.h"

#define MIN_PLACES 4 /* fewer make no curve */

/* Places along the tape that have a split; those after its end have none. */
static size_t count_places(const struct result_run *run)
{
	double parts[SPLIT_PARTS];
	size_t nr = 0, i;

	for (i = 0; i < run->nr_checkpoints; i++)
		nr += !strcmp(run->checkpoints[i].name, "mark") &&
		      result_split(&run->checkpoints[i], parts);
	return nr;
}

/*
 * One index per part: x, from, to. Parts stand on each other; what is below
 * zero is left out, as it is no memory.
 */
static void put_parts(FILE *out, const struct result_run *run,
		      const struct curve_scale *scale)
{
	double parts[SPLIT_PARTS];
	size_t i;
	int k, below;

	fputs("$part << EOD\n", out);
	for (k = SPLIT_REQUESTED; k < SPLIT_PARTS; k++) {
		for (i = 0; i < run->nr_checkpoints; i++) {
			const struct result_checkpoint *c =
				&run->checkpoints[i];
			double from = 0;

			if (strcmp(c->name, "mark") != 0 ||
			    !result_split(c, parts))
				continue;
			for (below = SPLIT_REQUESTED; below < k; below++)
				from += fmax(parts[below], 0);
			fprintf(out, "%.6g %.6g %.6g\n",
				(scale->timed ? (double)c->time_ns
					      : (double)c->op) /
					scale->x.scale,
				from / scale->y.scale,
				(from + fmax(parts[k], 0)) / scale->y.scale);
		}
		fputs("\n\n", out);
	}
	fputs("EOD\n", out);
}

/* Of the line, and of the parts on each other. */
static double highest(const struct result_run *run)
{
	double parts[SPLIT_PARTS], most = 0;
	size_t i;
	int k;

	for (i = 0; i < run->nr_curve; i++)
		most = fmax(most, (double)run->curve[i].rss_bytes);
	for (i = 0; i < run->nr_checkpoints; i++) {
		double sum = 0;

		if (strcmp(run->checkpoints[i].name, "mark") != 0 ||
		    !result_split(&run->checkpoints[i], parts))
			continue;
		for (k = SPLIT_REQUESTED; k < SPLIT_PARTS; k++)
			sum += fmax(parts[k], 0);
		most = fmax(most, sum);
	}
	return most;
}

static void draw(struct report *report, const struct comparison_tape *tape,
		 size_t arm, const struct result_run *run, double most)
{
	struct curve_scale scale = curve_scale(report, tape->tape);
	char kind[COMPARISON_LABEL + 8], what[64];
	const char *label = report->cmp->labels[arm];
	struct figure figure;
	int k;

	snprintf(kind, sizeof(kind), "split%zu-%s", arm + 1, label);
	if (figure_begin(report, &figure, kind, 560, 300))
		return;
	for (k = SPLIT_REQUESTED; k < SPLIT_PARTS; k++) {
		figure_add_series(&figure, result_split_name(k), (size_t)k);
		plot_part(&figure.plot, result_split_name(k), (size_t)k);
	}
	plot_part(&figure.plot, "RSS", 0);
	figure_put_series(&figure);
	put_parts(figure.plot.script, run, &scale);
	fputs("$line << EOD\n", figure.plot.script);
	curve_put_line(figure.plot.script, &scale, run->curve, run->nr_curve,
		       CURVE_RSS);
	fprintf(figure.plot.script, "EOD\nYLABEL = '%s'\nYMAX = %.6g\n",
		scale.y.unit, most * 1.05 / scale.y.scale);
	curve_put_x(figure.plot.script, &scale);
	figure.areas = true;
	figure.solid = true;
	figure.plot.quiet = "RSS";
	figure.heading = what;
	snprintf(what, sizeof(what), "Where the bytes of %.40s are", label);
	figure_set_title(&figure, tape, what);
	figure_end(report, &figure, "parts.gp",
		   "Where the bytes are along the tape, by what the allocator "
		   "tells of it. Areas above RSS were counted and never "
		   "touched.");
}

void figure_parts(struct report *report, const struct comparison_tape *tape)
{
	const struct comparison *cmp = report->cmp;
	const struct result_run *run;
	double most = 0;
	size_t i;

	/* One axis for all arms, so that they can be compared. */
	for (i = 0; i < cmp->nr_arms; i++) {
		run = curve_typical(tape->tape, cmp->arms[i]);
		if (run && count_places(run) >= MIN_PLACES)
			most = fmax(most, highest(run));
	}
	for (i = 0; i < cmp->nr_arms; i++) {
		run = curve_typical(tape->tape, cmp->arms[i]);
		if (run && count_places(run) >= MIN_PLACES)
			draw(report, tape, i, run, most);
	}
}
