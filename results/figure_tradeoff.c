// SPDX-License-Identifier: MIT
/*
 * Time against memory, each arm at its medians, with their intervals and a
 * label where there is room for one. The arms of the Pareto front have a ring.
 */
#include <math.h>
#include <stdbool.h>

#include "results/figure.h"
#include "results/report.h"
#include "results/term_text.h"

#define MAX_LABELS PLOT_MAX_NAMES

/* The plot area that tradeoff.gp sets, in px. */
#define TRADEOFF_WIDTH  640
#define TRADEOFF_HEIGHT 400
#define AREA_WIDTH      (TRADEOFF_WIDTH * 0.87)
#define AREA_HEIGHT     (TRADEOFF_HEIGHT * 0.80)

struct tradeoff {
	const struct comparison *cmp;
	const struct comparison_tape *tape;
	size_t wall, rss; /* metrics */
	struct range x[MAX_LABELS], y[MAX_LABELS];
};

static void find_points(struct tradeoff *t, const struct report *report,
			struct figure *figure)
{
	size_t i;

	for (i = 0; i < t->cmp->nr_arms && figure->nr < MAX_LABELS; i++) {
		struct range x = figure_interval(
			comparison_cell(t->cmp, t->tape, t->wall, i),
			t->tape->tape->nr_rounds);
		struct range y = figure_interval(
			comparison_cell(t->cmp, t->tape, t->rss, i),
			t->tape->tape->nr_rounds);

		if (!isfinite(x.median) || !isfinite(y.median))
			continue;
		t->x[figure->nr] = x;
		t->y[figure->nr] = y;
		figure_add(figure, report, i);
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

/* A label in px of the plot area, from its upper left corner. */
struct box {
	double x, y, width, height;
};

static bool overlap(const struct box *a, const struct box *b)
{
	return a->x < b->x + b->width && b->x < a->x + a->width &&
	       a->y < b->y + b->height && b->y < a->y + a->height;
}

/*
 * Find room for a label near its point: beside, above, below, then further
 * off. False when there is none; the legend names the point, too.
 */
static bool place_label(struct box *boxes, size_t nr_boxes, double x, double y,
			size_t columns, struct box *found)
{
	static const struct {
		double right, down;
	} places[] = {
		{ 1, -1 }, { 1, 1 },   { -1, -1 }, { -1, 1 }, { 1, -2 },
		{ 1, 2 },  { -1, -2 }, { -1, 2 },  { 1, -3 }, { -1, -3 }
	};
	size_t i, k;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct box box = { .width = 7.0 * (double)columns,
				   .height = 15 };

		box.x = places[i].right > 0 ? x + 10 : x - 10 - box.width;
		box.y = y + 15 * places[i].down - 7;
		if (box.x < 0 || box.x + box.width > AREA_WIDTH || box.y < 0 ||
		    box.y + box.height > AREA_HEIGHT)
			continue;
		for (k = 0; k < nr_boxes; k++)
			if (overlap(&box, &boxes[k]))
				break;
		if (k < nr_boxes)
			continue;
		*found = box;
		return true;
	}
	return false;
}

/* One index per arm: where its label begins, or nothing. */
static void put_labels(const struct tradeoff *t, const struct figure *figure,
		       struct range x, struct range y)
{
	FILE *out = figure->plot.script;
	struct axis ns = axis_ns(x.high), bytes = axis_bytes(y.high);
	double wide = (x.high - x.low) / AREA_WIDTH;
	double tall = (y.high - y.low) / AREA_HEIGHT;
	struct box boxes[2 * MAX_LABELS];
	size_t nr = figure->nr, i;

	for (i = 0; i < figure->nr; i++)
		boxes[i] = (struct box){ (t->x[i].median - x.low) / wide - 7,
					 (y.high - t->y[i].median) / tall - 7,
					 14, 14 };
	fputs("$labels << EOD\n", out);
	for (i = 0; i < figure->nr; i++) {
		const char *label = t->cmp->labels[figure->arms[i]];
		struct box *box = &boxes[nr];

		if (place_label(boxes, nr, boxes[i].x + 7, boxes[i].y + 7,
				term_width(label), box)) {
			fprintf(out, "%.6g %.6g\n",
				(x.low + box->x * wide) / ns.scale,
				(y.high - (box->y + 7) * tall) / bytes.scale);
			nr++;
		} else {
			fputs("NaN NaN\n", out);
		}
		fputs("\n\n", out);
	}
	fputs("EOD\n", out);
}

/* Rings; returns how many. */
static size_t put_front(const struct tradeoff *t, const struct figure *figure,
			struct axis ns, struct axis bytes)
{
	FILE *out = figure->plot.script;
	size_t nr = 0, i;

	fputs("$front << EOD\n", out);
	for (i = 0; i < figure->nr && t->tape->front_known; i++) {
		if (!t->tape->arms[figure->arms[i]].in_front)
			continue;
		fprintf(out, "%.6g %.6g\n", t->x[i].median / ns.scale,
			t->y[i].median / bytes.scale);
		nr++;
	}
	fprintf(out, "EOD\nFRONT = %d\n", nr > 0);
	return nr;
}

/* Returns how many arms are in front. */
static size_t put_tradeoff(const struct tradeoff *t, struct figure *figure)
{
	FILE *out = figure->plot.script;
	struct range x = figure_limits(hull(t->x, figure->nr));
	struct range y = figure_limits(hull(t->y, figure->nr));
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
		fprintf(out, "%.6g %.6g %.6g %.6g %.6g %.6g\n\n\n",
			t->x[i].median / ns.scale, t->y[i].median / bytes.scale,
			t->x[i].low / ns.scale, t->x[i].high / ns.scale,
			t->y[i].low / bytes.scale, t->y[i].high / bytes.scale);
	fputs("EOD\n", out);
	put_labels(t, figure, x, y);
	return put_front(t, figure, ns, bytes);
}

static void name_parts(const struct report *report, struct figure *figure)
{
	size_t i, k;

	for (i = 0; i < figure->nr; i++)
		figure->plot.labels[i] = report->cmp->labels[figure->arms[i]];
	figure->plot.nr_labels = figure->nr;
	for (k = 0; k < 3; k++)
		for (i = 0; i < figure->nr; i++)
			plot_part(&figure->plot, figure->plot.labels[i],
				  figure->arms[i] + 1);
}

void figure_tradeoff(struct report *report, const struct comparison_tape *tape)
{
	struct tradeoff t = { .cmp = report->cmp, .tape = tape };
	struct figure figure;

	t.wall = comparison_find_metric(t.cmp, "wall_ns");
	t.rss = comparison_find_metric(t.cmp, "rss_peak_bytes");
	if (figure_begin(report, &figure, "tradeoff", TRADEOFF_WIDTH,
			 TRADEOFF_HEIGHT))
		return;
	find_points(&t, report, &figure);
	if (!figure.nr) {
		figure_drop(&figure);
		return;
	}
	if (put_tradeoff(&t, &figure))
		figure.plot.mark = "on the Pareto front";
	name_parts(report, &figure);
	figure_set_title(&figure, tape, "Time against memory");
	figure_end(report, &figure, "tradeoff.gp",
		   tape->tape->nr_rounds < STATS_MIN_ROUNDS
			   ? "Each arm at its median; bars: the range over all "
			     "rounds. Nearer to the lower left corner is "
			     "better."
			   : "Each arm at its median; bars: its 95 % interval. "
			     "Nearer to the lower left corner is better.");
}
