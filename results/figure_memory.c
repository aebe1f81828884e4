// SPDX-License-Identifier: MIT
/*
 * Memory over the tape: live bytes, resident memory of every arm, and that of
 * the recorded program; and how many bytes are resident for each live one.
 */
#include <math.h>

#include "results/curve.h"
#include "results/report.h"

#define MOST_RATIO 8.0 /* of the axis; beyond it lines leave the figure */

/* The arms that have something to draw. */
static void add_arms(const struct report *report, struct figure *figure,
		     const struct campaign_tape *tape)
{
	size_t i;

	for (i = 0; i < report->cmp->nr_arms; i++)
		if (curve_typical(tape, report->cmp->arms[i]))
			figure_add(figure, report, i);
	figure_put_series(figure);
}

/* "$line"; returns the greatest y. */
static double put_lines(const struct report *report, struct figure *figure,
			const struct campaign_tape *tape,
			const struct curve_scale *scale, enum curve_field field)
{
	FILE *out = figure->plot.script;
	double most = 0;
	size_t i;

	fputs("$line << EOD\n", out);
	for (i = 0; i < figure->nr; i++) {
		const struct result_run *run =
			curve_typical(tape, report->cmp->arms[figure->arms[i]]);

		double top = curve_put_line(out, scale, run->curve,
					    run->nr_curve, field);

		/* An index without rows would not count as one. */
		fputs(top > 0 ? "\n\n" : "NaN NaN\n\n\n", out);
		most = fmax(most, top);
	}
	fputs("EOD\n", out);
	return most;
}

static void put_bands(const struct report *report, struct figure *figure,
		      const struct campaign_tape *tape,
		      const struct curve_scale *scale)
{
	FILE *out = figure->plot.script;
	size_t i;

	fputs("$band << EOD\n", out);
	for (i = 0; i < figure->nr; i++) {
		curve_put_band(out, scale, tape,
			       report->cmp->arms[figure->arms[i]]);
		fputs("\n\n", out);
	}
	fputs("EOD\n", out);
}

static void put_quiet(struct figure *figure, const struct campaign_tape *tape,
		      const struct curve_scale *scale,
		      const struct result_run *run)
{
	const struct result_doc *doc = tape->rounds[0];
	FILE *out = figure->plot.script;

	fprintf(out, "LIVE = %d\n$live << EOD\n", run != NULL);
	if (run)
		curve_put_line(out, scale, run->curve, run->nr_curve,
			       CURVE_LIVE);
	fprintf(out, "EOD\nRECORDED = %d\n$recorded << EOD\n",
		doc->nr_recorded > 1);
	if (doc->nr_recorded > 1)
		curve_put_line(out, scale, doc->recorded, doc->nr_recorded,
			       CURVE_RSS);
	fprintf(out, "EOD\nYLABEL = '%s'\n", scale->y.unit);
	curve_put_x(out, scale);
}

static void name_parts(const struct report *report, struct figure *figure,
		       const struct campaign_tape *tape, bool live)
{
	struct plot *plot = &figure->plot;
	size_t i;

	if (live)
		plot_part(plot, "live bytes", 0);
	for (i = 0; i < figure->nr; i++)
		plot_part(plot, NULL, figure->arms[i] + 1);
	if (tape->rounds[0]->nr_recorded > 1)
		plot_part(plot, "RSS of the recorded process", 0);
	for (i = 0; i < figure->nr; i++)
		plot_part(plot, report->cmp->labels[figure->arms[i]],
			  figure->arms[i] + 1);
}

void figure_memory(struct report *report, const struct comparison_tape *tape)
{
	struct curve_scale scale = curve_scale(report, tape->tape);
	const struct result_run *live;
	struct figure figure;
	bool recorded = tape->tape->rounds[0]->nr_recorded > 1;

	if (figure_begin(report, &figure, "memory", 1000, 400))
		return;
	add_arms(report, &figure, tape->tape);
	if (!figure.nr && !recorded) {
		figure_drop(&figure);
		return;
	}
	put_bands(report, &figure, tape->tape, &scale);
	put_lines(report, &figure, tape->tape, &scale, CURVE_RSS);
	live = figure.nr ? curve_typical(tape->tape,
					 report->cmp->arms[figure.arms[0]])
			 : NULL;
	put_quiet(&figure, tape->tape, &scale, live);
	name_parts(report, &figure, tape->tape, live != NULL);
	figure_set_title(&figure, tape, "Memory over the tape");
	figure.plot.area = live ? "live bytes" : NULL;
	figure.plot.quiet = recorded ? "RSS of the recorded process" : NULL;
	figure_end(report, &figure, "memory.gp",
		   "Lines: resident heap memory of each arm, in the round with "
		   "the median peak; bands: the range over all rounds.");
}

void figure_ratio(struct report *report, const struct comparison_tape *tape)
{
	struct curve_scale scale = curve_scale(report, tape->tape);
	struct figure figure;
	double most;
	size_t i;

	if (figure_begin(report, &figure, "ratio", 1000, 320))
		return;
	add_arms(report, &figure, tape->tape);
	if (!figure.nr || scale.live_peak <= 0) {
		figure_drop(&figure);
		return;
	}
	most = put_lines(report, &figure, tape->tape, &scale, CURVE_RATIO);
	curve_put_x(figure.plot.script, &scale);
	fprintf(figure.plot.script, "YMAX = %.6g\n",
		fmin(fmax(most * 1.05, 1.2), MOST_RATIO));
	for (i = 0; i < figure.nr; i++)
		plot_part(&figure.plot, report->cmp->labels[figure.arms[i]],
			  figure.arms[i] + 1);
	figure_set_title(&figure, tape, "Resident bytes for each live byte");
	figure.heading = "RSS/live over the tape";
	figure_end(report, &figure, "ratio.gp",
		   "How many bytes are resident for each live byte, in the "
		   "round with the median peak. Left out where less than a "
		   "tenth of the peak is live.");
}
