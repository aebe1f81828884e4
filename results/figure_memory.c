// SPDX-License-Identifier: MIT
/*
 * Memory over the tape: live bytes, resident memory of every arm, and that of
 * the recorded program. The line of an arm is the round with the median peak,
 * the band is the range over all rounds. Buckets keep the peaks.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report.h"

#define LINE_BUCKETS 300  /* at most; fewer where there are many arms */
#define ALL_BUCKETS  2000 /* of a figure */

struct bucket {
	double low, high, low_x, high_x;
	bool used;
};

/* How tape positions become x: by time, or by operation without times. */
struct scale {
	bool timed;
	double max;        /* of x, unscaled */
	size_t nr_buckets; /* of a line; a band has half of them */
	struct axis x, y;
};

enum field { LIVE, RSS };

static const struct result_run *memory_run(const struct result_doc *doc,
					   const char *arm)
{
	const struct result_run *run = campaign_run(doc, arm, "memory");

	return run && !strcmp(run->status, "ok") && run->nr_curve > 1 ? run
								      : NULL;
}

static double place(const struct scale *scale, const struct result_point *point)
{
	return scale->timed ? (double)point->time_ns : (double)point->op;
}

static double height(const struct result_point *point, enum field field)
{
	return field == LIVE ? (double)point->live_bytes
			     : (double)point->rss_bytes;
}

static void add(struct bucket *bucket, double x, double y)
{
	if (!bucket->used || y < bucket->low) {
		bucket->low = y;
		bucket->low_x = x;
	}
	if (!bucket->used || y > bucket->high) {
		bucket->high = y;
		bucket->high_x = x;
	}
	bucket->used = true;
}

/* The middles of the buckets between two points get what lies between. */
static void add_between(struct bucket *buckets, double width, size_t from,
			size_t to, double x1, double y1, double x2, double y2)
{
	size_t k;

	for (k = from + 1; k < to; k++) {
		double x = ((double)k + 0.5) * width;

		add(&buckets[k], x, y1 + (y2 - y1) * (x - x1) / (x2 - x1));
	}
}

static void fill(const struct scale *scale, const struct result_point *curve,
		 size_t nr, enum field field, struct bucket *buckets,
		 size_t nr_buckets)
{
	double width = scale->max / (double)nr_buckets, last_x = 0, last_y = 0;
	size_t last = 0, i;

	for (i = 0; i < nr; i++) {
		double x = place(scale, &curve[i]);
		double y = height(&curve[i], field);
		size_t k = (size_t)fmin(x / width, (double)nr_buckets - 1);

		add(&buckets[k], x, y);
		if (i)
			add_between(buckets, width, last, k, last_x, last_y, x,
				    y);
		last = k;
		last_x = x;
		last_y = y;
	}
}

static void put_point(FILE *out, const struct scale *scale, double x, double y)
{
	fprintf(out, "%.6g %.6g\n", x / scale->x.scale, y / scale->y.scale);
}

static void put_line(FILE *out, const struct scale *scale,
		     const struct result_point *curve, size_t nr,
		     enum field field)
{
	struct bucket buckets[LINE_BUCKETS] = { 0 };
	size_t i;

	fill(scale, curve, nr, field, buckets, scale->nr_buckets);
	for (i = 0; i < scale->nr_buckets; i++) {
		const struct bucket *b = &buckets[i];
		bool low_first = b->low_x < b->high_x;

		if (!b->used)
			continue;
		put_point(out, scale, low_first ? b->low_x : b->high_x,
			  low_first ? b->low : b->high);
		if (b->low_x != b->high_x)
			put_point(out, scale, low_first ? b->high_x : b->low_x,
				  low_first ? b->high : b->low);
	}
}

static void put_band(FILE *out, const struct scale *scale,
		     const struct campaign_tape *tape, const char *arm)
{
	struct bucket buckets[LINE_BUCKETS] = { 0 };
	size_t nr_buckets = scale->nr_buckets / 2, i;

	for (i = 0; i < tape->nr_rounds; i++) {
		const struct result_run *run = memory_run(tape->rounds[i], arm);

		if (run)
			fill(scale, run->curve, run->nr_curve, RSS, buckets,
			     nr_buckets);
	}
	for (i = 0; i < nr_buckets; i++)
		if (buckets[i].used)
			fprintf(out, "%.6g %.6g %.6g\n",
				((double)i + 0.5) / (double)nr_buckets *
					scale->max / scale->x.scale,
				buckets[i].low / scale->y.scale,
				buckets[i].high / scale->y.scale);
}

/* The round whose peak is nearest to the median of all. */
static const struct result_run *typical_run(const struct campaign_tape *tape,
					    const char *arm)
{
	const struct result_run *best = NULL;
	double *peaks = calloc(tape->nr_rounds, sizeof(*peaks)), median;
	double distance = INFINITY;
	size_t i;

	if (!peaks)
		return NULL;
	for (i = 0; i < tape->nr_rounds; i++) {
		const struct result_run *run = memory_run(tape->rounds[i], arm);

		peaks[i] = run ? result_metric(run, "rss_peak_bytes") : NAN;
		if (run && !best)
			best = run;
	}
	median = stats_median(peaks, tape->nr_rounds);
	for (i = 0; i < tape->nr_rounds; i++) {
		if (!(fabs(peaks[i] - median) < distance))
			continue;
		distance = fabs(peaks[i] - median);
		best = memory_run(tape->rounds[i], arm);
	}
	free(peaks);
	return best;
}

static void stretch(const struct result_point *curve, size_t nr, double *x_ns,
		    double *ops, double *bytes)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		*x_ns = fmax(*x_ns, (double)curve[i].time_ns);
		*ops = fmax(*ops, (double)curve[i].op);
		*bytes = fmax(*bytes, (double)curve[i].rss_bytes);
		*bytes = fmax(*bytes, (double)curve[i].live_bytes);
	}
}

static struct scale find_scale(const struct report *report,
			       const struct campaign_tape *tape)
{
	double x_ns = 0, ops = 1, bytes = 0;
	struct scale scale = { 0 };
	size_t i;

	for (i = 0; i < report->cmp->nr_arms; i++) {
		const struct result_run *run =
			typical_run(tape, report->cmp->arms[i]);

		if (run)
			stretch(run->curve, run->nr_curve, &x_ns, &ops, &bytes);
	}
	if (tape->rounds[0]->nr_recorded)
		stretch(tape->rounds[0]->recorded, tape->rounds[0]->nr_recorded,
			&x_ns, &ops, &bytes);
	scale.nr_buckets = ALL_BUCKETS / report->cmp->nr_arms;
	if (scale.nr_buckets > LINE_BUCKETS)
		scale.nr_buckets = LINE_BUCKETS;
	if (scale.nr_buckets < 40)
		scale.nr_buckets = 40;
	scale.timed = x_ns > 0;
	scale.max = scale.timed ? x_ns : ops;
	scale.x = scale.timed ? axis_ns(x_ns) : (struct axis){ 1e6, "M" };
	scale.y = axis_bytes(bytes);
	return scale;
}

/* The datablocks of the arms. */
static void put_arms(const struct report *report, struct figure *figure,
		     const struct campaign_tape *tape,
		     const struct scale *scale)
{
	FILE *out = figure->plot.script;
	size_t i;

	for (i = 0; i < report->cmp->nr_arms; i++)
		if (typical_run(tape, report->cmp->arms[i]))
			figure_add(figure, i);
	figure_put_series(figure);
	fputs("$band << EOD\n", out);
	for (i = 0; i < figure->nr; i++) {
		put_band(out, scale, tape, report->cmp->arms[figure->arms[i]]);
		fputs("\n\n", out);
	}
	fputs("EOD\n$line << EOD\n", out);
	for (i = 0; i < figure->nr; i++) {
		const struct result_run *run =
			typical_run(tape, report->cmp->arms[figure->arms[i]]);

		put_line(out, scale, run->curve, run->nr_curve, RSS);
		fputs("\n\n", out);
	}
	fputs("EOD\n", out);
}

static void put_quiet(struct figure *figure, const struct campaign_tape *tape,
		      const struct scale *scale, const struct result_run *run)
{
	const struct result_doc *doc = tape->rounds[0];
	FILE *out = figure->plot.script;

	fprintf(out, "LIVE = %d\n$live << EOD\n", run != NULL);
	if (run)
		put_line(out, scale, run->curve, run->nr_curve, LIVE);
	fprintf(out, "EOD\nRECORDED = %d\n$recorded << EOD\n",
		doc->nr_recorded > 1);
	if (doc->nr_recorded > 1)
		put_line(out, scale, doc->recorded, doc->nr_recorded, RSS);
	fprintf(out, "EOD\nXLABEL = '%s (%s)'\nYLABEL = '%s'\nXMAX = %.6g\n",
		scale->timed ? "time on the tape" : "operations", scale->x.unit,
		scale->y.unit, scale->max / scale->x.scale);
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
	struct scale scale = find_scale(report, tape->tape);
	const struct result_run *live;
	struct figure figure;
	bool recorded = tape->tape->rounds[0]->nr_recorded > 1;

	if (figure_begin(report, &figure, "memory", 1000, 400))
		return;
	put_arms(report, &figure, tape->tape, &scale);
	if (!figure.nr && !recorded) {
		figure_drop(&figure);
		return;
	}
	live = figure.nr ? typical_run(tape->tape,
				       report->cmp->arms[figure.arms[0]])
			 : NULL;
	put_quiet(&figure, tape->tape, &scale, live);
	name_parts(report, &figure, tape->tape, live != NULL);
	snprintf(figure.title, sizeof(figure.title),
		 "Memory over the tape %.100s", tape->tape->name);
	figure.area = live ? "live bytes" : NULL;
	figure.quiet = recorded ? "RSS of the recorded process" : NULL;
	figure_end(report, &figure, "memory.gp",
		   "Lines: resident heap memory of each arm, in the round with "
		   "the median peak; bands: the range over all rounds.");
}
