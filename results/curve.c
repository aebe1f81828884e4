// SPDX-License-Identifier: MIT
/*
 * The line of an arm is the round with the median peak, the band is the range
 * over all rounds.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/curve.h"
#include "results/figure.h"
#include "results/report.h"

#define LINE_BUCKETS 300  /* at most; fewer where there are many arms */
#define ALL_BUCKETS  2000 /* of a figure */
#define LITTLE_LIVE  0.1  /* of the peak: RSS/live says nothing below */

struct bucket {
	double low, high, low_x, high_x;
	bool used;
};

const struct result_run *curve_run(const struct result_doc *doc,
				   const char *arm)
{
	const struct result_run *run = campaign_run(doc, arm, "memory");

	return run && !strcmp(run->status, "ok") && run->nr_curve > 1 ? run
								      : NULL;
}

static double place(const struct curve_scale *scale,
		    const struct result_point *point)
{
	return scale->timed ? (double)point->time_ns : (double)point->op;
}

/* NAN where there is nothing to show. */
static double height(const struct curve_scale *scale,
		     const struct result_point *point, enum curve_field field)
{
	double live = (double)point->live_bytes;

	if (field == CURVE_LIVE)
		return live;
	if (field == CURVE_RSS)
		return (double)point->rss_bytes;
	return live < scale->live_peak * LITTLE_LIVE || live <= 0
		       ? NAN
		       : (double)point->rss_bytes / live;
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

static void fill(const struct curve_scale *scale,
		 const struct result_point *curve, size_t nr,
		 enum curve_field field, struct bucket *buckets,
		 size_t nr_buckets)
{
	double width = scale->max / (double)nr_buckets, last_x = 0;
	double last_y = NAN;
	size_t last = 0, i;

	for (i = 0; i < nr; i++) {
		double x = place(scale, &curve[i]);
		double y = height(scale, &curve[i], field);
		size_t k = (size_t)fmin(x / width, (double)nr_buckets - 1);

		if (isfinite(y))
			add(&buckets[k], x, y);
		if (isfinite(y) && isfinite(last_y))
			add_between(buckets, width, last, k, last_x, last_y, x,
				    y);
		last = k;
		last_x = x;
		last_y = y;
	}
}

static double put_point(FILE *out, const struct curve_scale *scale, double x,
			double y, enum curve_field field)
{
	if (field != CURVE_RATIO)
		y /= scale->y.scale;
	fprintf(out, "%.6g %.6g\n", x / scale->x.scale, y);
	return y;
}

double curve_put_line(FILE *out, const struct curve_scale *scale,
		      const struct result_point *curve, size_t nr,
		      enum curve_field field)
{
	struct bucket buckets[LINE_BUCKETS] = { 0 };
	double most = 0;
	size_t i;

	fill(scale, curve, nr, field, buckets, scale->nr_buckets);
	for (i = 0; i < scale->nr_buckets; i++) {
		const struct bucket *b = &buckets[i];
		bool low_first = b->low_x < b->high_x;

		if (!b->used) {
			/* An empty row ends the line there. */
			if (i && buckets[i - 1].used)
				fputc('\n', out);
			continue;
		}
		most = fmax(most,
			    put_point(out, scale,
				      low_first ? b->low_x : b->high_x,
				      low_first ? b->low : b->high, field));
		if (b->low_x != b->high_x)
			most = fmax(most,
				    put_point(out, scale,
					      low_first ? b->high_x : b->low_x,
					      low_first ? b->high : b->low,
					      field));
	}
	return most;
}

void curve_put_band(FILE *out, const struct curve_scale *scale,
		    const struct campaign_tape *tape, const char *arm)
{
	struct bucket buckets[LINE_BUCKETS] = { 0 };
	size_t nr_buckets = scale->nr_buckets / 2, i;

	for (i = 0; i < tape->nr_rounds; i++) {
		const struct result_run *run = curve_run(tape->rounds[i], arm);

		if (run)
			fill(scale, run->curve, run->nr_curve, CURVE_RSS,
			     buckets, nr_buckets);
	}
	for (i = 0; i < nr_buckets; i++)
		if (buckets[i].used)
			fprintf(out, "%.6g %.6g %.6g\n",
				((double)i + 0.5) / (double)nr_buckets *
					scale->max / scale->x.scale,
				buckets[i].low / scale->y.scale,
				buckets[i].high / scale->y.scale);
}

void curve_put_x(FILE *out, const struct curve_scale *scale)
{
	fprintf(out, "XLABEL = '%s (%s)'\nXMAX = %.6g\n",
		scale->timed ? "time on the tape" : "operations", scale->x.unit,
		scale->max / scale->x.scale);
}

/* The round whose peak is nearest to the median of all. */
const struct result_run *curve_typical(const struct campaign_tape *tape,
				       const char *arm)
{
	const struct result_run *best = NULL;
	double distance = INFINITY, median, *peaks;
	size_t i;

	if (campaign_failed(tape, arm, "memory"))
		return NULL;
	peaks = calloc(tape->nr_rounds, sizeof(*peaks));
	if (!peaks)
		return NULL;
	for (i = 0; i < tape->nr_rounds; i++) {
		const struct result_run *run = curve_run(tape->rounds[i], arm);

		peaks[i] = run ? result_metric(run, "rss_peak_bytes") : NAN;
		if (run && !best)
			best = run;
	}
	median = stats_median(peaks, tape->nr_rounds);
	for (i = 0; i < tape->nr_rounds; i++) {
		if (!(fabs(peaks[i] - median) < distance))
			continue;
		distance = fabs(peaks[i] - median);
		best = curve_run(tape->rounds[i], arm);
	}
	free(peaks);
	return best;
}

/* How far the points reach. */
struct extent {
	double time_ns, ops, bytes, live;
};

static void stretch(struct extent *e, const struct result_point *curve,
		    size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		e->time_ns = fmax(e->time_ns, (double)curve[i].time_ns);
		e->ops = fmax(e->ops, (double)curve[i].op);
		e->live = fmax(e->live, (double)curve[i].live_bytes);
		e->bytes = fmax(e->bytes, (double)curve[i].rss_bytes);
		e->bytes = fmax(e->bytes, e->live);
	}
}

static size_t nr_buckets(const struct report *report)
{
	double all = ALL_BUCKETS / figure_coarseness(report);
	size_t nr = (size_t)all / report->cmp->nr_arms;

	if (nr < 40)
		return 40;
	return nr < LINE_BUCKETS ? nr : LINE_BUCKETS;
}

struct curve_scale curve_scale(const struct report *report,
			       const struct campaign_tape *tape)
{
	struct extent e = { .ops = 1 };
	struct curve_scale scale = { 0 };
	const struct result_doc *doc = tape->rounds[0];
	size_t i;

	for (i = 0; i < report->cmp->nr_arms; i++) {
		const struct result_run *run =
			curve_typical(tape, report->cmp->arms[i]);

		if (run)
			stretch(&e, run->curve, run->nr_curve);
	}
	scale.live_peak = e.live;
	if (doc->nr_recorded)
		stretch(&e, doc->recorded, doc->nr_recorded);
	scale.nr_buckets = nr_buckets(report);
	scale.timed = e.time_ns > 0;
	scale.max = scale.timed ? e.time_ns : e.ops;
	scale.x = scale.timed ? axis_ns(e.time_ns) : (struct axis){ 1e6, "M" };
	scale.y = axis_bytes(e.bytes);
	return scale;
}
