// SPDX-License-Identifier: MIT
/*
 * Percentile curves per kind of call, all rounds of an arm together. A
 * percentile is drawn only as far as 100 calls lie beyond it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/figure.h"
#include "results/report.h"

#define MAX_OPS   12
#define MIN_CALLS 1000
#define BEYOND    100

/* Histograms of one kind of call, poured together. */
struct pool {
	struct result_bucket *buckets;
	size_t nr;
	double calls;
};

static bool ok(const struct result_run *run)
{
	return !strcmp(run->status, "ok") && run->nr_histograms;
}

/* Kinds of calls on that tape, in the order they appear. */
static size_t find_ops(const struct campaign_tape *tape, const char **ops)
{
	size_t nr = 0, i, k, h, known;

	for (i = 0; i < tape->nr_rounds; i++)
		for (k = 0; k < tape->rounds[i]->nr_runs; k++) {
			const struct result_run *run =
				&tape->rounds[i]->runs[k];

			for (h = 0; ok(run) && h < run->nr_histograms; h++) {
				const char *op = run->histograms[h].op;

				for (known = 0; known < nr; known++)
					if (!strcmp(ops[known], op))
						break;
				if (known == nr && nr < MAX_OPS)
					ops[nr++] = op;
			}
		}
	return nr;
}

/* Whether the run counts all sizes together; else its groups are summed. */
static bool has_all(const struct result_run *run, const char *op)
{
	size_t h;

	for (h = 0; h < run->nr_histograms; h++)
		if (!strcmp(run->histograms[h].op, op) &&
		    !strcmp(run->histograms[h].size_group, "all"))
			return true;
	return false;
}

static int pour(struct pool *pool, const struct result_run *run, const char *op)
{
	bool all = has_all(run, op);
	size_t h, i;

	for (h = 0; h < run->nr_histograms; h++) {
		const struct result_histogram *from = &run->histograms[h];
		struct result_bucket *grown;

		if (strcmp(from->op, op) != 0 ||
		    (all && strcmp(from->size_group, "all") != 0))
			continue;
		grown = reallocarray(pool->buckets, pool->nr + from->nr + 1,
				     sizeof(*grown));
		if (!grown)
			return -1;
		pool->buckets = grown;
		for (i = 0; i < from->nr; i++) {
			grown[pool->nr++] = from->buckets[i];
			pool->calls += (double)from->buckets[i].count;
		}
	}
	return 0;
}

static int by_upper(const void *a, const void *b)
{
	const struct result_bucket *x = a, *y = b;

	return (x->upper_ns > y->upper_ns) - (x->upper_ns < y->upper_ns);
}

static struct pool collect(const struct campaign_tape *tape, const char *arm,
			   const char *op)
{
	struct pool pool = { 0 };
	size_t i;

	if (campaign_failed(tape, arm, "latency"))
		return pool;
	for (i = 0; i < tape->nr_rounds; i++) {
		const struct result_run *run =
			campaign_run(tape->rounds[i], arm, "latency");

		if (run && ok(run) && pour(&pool, run, op))
			break;
	}
	if (pool.nr)
		qsort(pool.buckets, pool.nr, sizeof(*pool.buckets), by_upper);
	return pool;
}

/* Powers of ten around all points that are drawn. */
struct extent {
	double calls, low, high;
};

/* Points of 1/(1-p) and time, where one of them has changed by that factor. */
static void put_curve(FILE *out, const struct pool *pool, double step,
		      struct extent *extent)
{
	double below = 0, last_x = 0, last_y = 0;
	size_t i;

	for (i = 0; i < pool->nr; i++) {
		double y = (double)pool->buckets[i].upper_ns;
		double beyond = pool->calls - below;
		double x = pool->calls / beyond;

		below += (double)pool->buckets[i].count;
		if (beyond < BEYOND)
			break;
		extent->low = fmin(extent->low, y);
		extent->high = fmax(extent->high, y);
		if (x < last_x * step && y < last_y * step)
			continue;
		fprintf(out, "%.6g %.6g\n", x, y);
		last_x = x;
		last_y = y;
	}
}

static double timer_floor(const struct campaign_tape *tape)
{
	const char *text = campaign_config(tape->rounds[0], "timer_floor_ns");
	size_t k;

	for (k = 0; k < tape->rounds[0]->nr_runs; k++) {
		double value = result_metric(&tape->rounds[0]->runs[k],
					     "timer_floor_ns");

		if (value > 0)
			return value;
	}
	return text ? strtod(text, NULL) : 0;
}

/* Whether it has any curve to show. */
static bool put_op(struct report *report, struct figure *figure,
		   const struct campaign_tape *tape, const char *op)
{
	FILE *out = figure->plot.script;
	struct extent extent = { 0, INFINITY, 1 };
	double floor_ns = timer_floor(tape);
	double step = 1 + 0.04 * figure_coarseness(report);
	size_t i;

	fputs("$line << EOD\n", out);
	for (i = 0; i < report->cmp->nr_arms; i++) {
		struct pool pool = collect(tape, report->cmp->arms[i], op);

		if (pool.calls >= MIN_CALLS && figure_add(figure, report, i)) {
			put_curve(out, &pool, step, &extent);
			fputs("\n\n", out);
			extent.calls = fmax(extent.calls, pool.calls);
		}
		free(pool.buckets);
	}
	fputs("EOD\n", out);
	figure_put_series(figure);
	if (floor_ns > 0)
		extent.low = fmin(extent.low, floor_ns);
	fprintf(out, "FLOOR = %.6g\nXMAX = %.6g\nYMIN = %.6g\nYMAX = %.6g\n",
		floor_ns, fmax(extent.calls / BEYOND, 10),
		pow(10, floor(log10(fmax(extent.low, 1)))),
		pow(10, ceil(log10(extent.high))));
	if (floor_ns > 0)
		plot_part(&figure->plot, "cost of reading the clock", 0);
	for (i = 0; i < figure->nr; i++)
		plot_part(&figure->plot, report->cmp->labels[figure->arms[i]],
			  figure->arms[i] + 1);
	return figure->nr > 0;
}

char *figure_latency_title(const char *op, char *buf, size_t len)
{
	size_t n = strlen(op);

	if (n > 4 && !strcmp(op + n - 4, "_lag"))
		snprintf(buf, len, "Lag of %.*s behind the schedule",
			 n > 24 ? 20 : (int)n - 4, op);
	else
		snprintf(buf, len, "Service time of %.20s", op);
	return buf;
}

static void draw(struct report *report, const struct comparison_tape *tape,
		 const char *op)
{
	char kind[32], what[64];
	struct figure figure;

	snprintf(kind, sizeof(kind), "latency-%.15s", op);
	if (figure_begin(report, &figure, kind, 560, 360))
		return;
	if (!put_op(report, &figure, tape->tape, op)) {
		figure_drop(&figure);
		return;
	}
	figure_latency_title(op, what, sizeof(what));
	figure_set_title(&figure, tape, what);
	figure.heading = what;
	if (timer_floor(tape->tape) > 0)
		figure.plot.quiet = "cost of reading the clock";
	figure_end(report, &figure, "latency.gp",
		   "Time of one call by percentile, all rounds together; both "
		   "axes are logarithmic.");
}

void figure_latency(struct report *report, const struct comparison_tape *tape,
		    const char *op)
{
	const char *ops[MAX_OPS];
	size_t nr = find_ops(tape->tape, ops), i;

	for (i = 0; i < nr; i++)
		if (!strcmp(ops[i], op))
			draw(report, tape, op);
}

void figure_latencies(struct report *report, const struct comparison_tape *tape)
{
	const char *ops[MAX_OPS];
	size_t nr = find_ops(tape->tape, ops), i;

	for (i = 0; i < nr; i++)
		draw(report, tape, ops[i]);
}
