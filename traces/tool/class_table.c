// SPDX-License-Identifier: MIT
/*
 * The best table by dynamic programming: best[k][j] is what the best k classes
 * of which the last has j grains waste on all blocks up to j grains.
 */
#include <math.h>
#include <stdlib.h>

#include "traces/base/err.h"
#include "traces/tool/class_table.h"

/* What a class costs that is in use: its last page is never full. */
#define CLASS_COST_BYTES 4096

struct fit {
	double blocks[CLASS_GRAINS + 1]; /* sums up to here */
	double bytes[CLASS_GRAINS + 1];
	double best[CLASSES_MAX + 1][CLASS_GRAINS + 1];
	uint16_t before[CLASSES_MAX + 1][CLASS_GRAINS + 1];
};

static void add_up(const double *from, double *to)
{
	size_t i;

	to[0] = from[0];
	for (i = 1; i <= CLASS_GRAINS; i++)
		to[i] = to[i - 1] + from[i];
}

static double waste(const struct fit *f, size_t below, size_t grains)
{
	double blocks = f->blocks[grains] - f->blocks[below];

	return blocks * (double)(grains * CLASS_GRAIN_BYTES) -
	       (f->bytes[grains] - f->bytes[below]);
}

/* The largest class that may follow one of so many grains. */
static size_t farthest(size_t grains)
{
	size_t step = grains / 4 ? grains / 4 : 1, power = 1;

	while (power <= grains)
		power *= 2;
	return grains + step < power ? grains + step : power;
}

static void fit_classes(struct fit *f)
{
	size_t k, i, j;

	for (k = 0; k <= CLASSES_MAX; k++)
		for (j = 0; j <= CLASS_GRAINS; j++)
			f->best[k][j] = HUGE_VAL;
	f->best[0][0] = 0;
	for (k = 1; k <= CLASSES_MAX; k++) {
		for (i = k - 1; i < CLASS_GRAINS; i++) {
			if (f->best[k - 1][i] == HUGE_VAL)
				continue;
			for (j = i + 1; j <= farthest(i); j++) {
				double cost = waste(f, i, j);

				if (f->blocks[j] > f->blocks[i])
					cost += CLASS_COST_BYTES;
				cost += f->best[k - 1][i];
				if (cost >= f->best[k][j])
					continue;
				f->best[k][j] = cost;
				f->before[k][j] = (uint16_t)i;
			}
		}
	}
}

static void set_waste(struct class_table *t, const struct size_profile *p)
{
	size_t i, grains = 0;

	t->rounding_bytes = -p->bytes[0];
	t->page_bytes = 0;
	for (i = 0; i < t->nr; i++) {
		double blocks = i ? 0 : p->blocks[0];

		while (grains < t->sizes[i] / CLASS_GRAIN_BYTES) {
			blocks += p->blocks[++grains];
			t->rounding_bytes -= p->bytes[grains];
		}
		t->rounding_bytes += blocks * t->sizes[i];
		t->page_bytes += blocks > 0 ? CLASS_COST_BYTES : 0;
	}
}

void class_table_plain(struct class_table *t, const struct size_profile *p)
{
	uint32_t size = 0, step = CLASS_GRAIN_BYTES;

	/* By 16 to 128, then eight for each doubling. */
	for (t->nr = 0; size < CLASS_LAST_BYTES; t->nr++) {
		if (size >= 128 && !(size & (size - 1)))
			step = size / 8;
		size += step;
		t->sizes[t->nr] = size;
	}
	set_waste(t, p);
}

int class_table_fit(struct class_table *t, const struct size_profile *p,
		    struct err *err)
{
	struct fit *f = malloc(sizeof(*f));
	size_t k, best = 0, grains = CLASS_GRAINS;

	if (!f)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	add_up(p->blocks, f->blocks);
	add_up(p->bytes, f->bytes);
	fit_classes(f);
	for (k = 1; k <= CLASSES_MAX; k++)
		if (f->best[k][CLASS_GRAINS] < f->best[best][CLASS_GRAINS])
			best = k;
	t->nr = best;
	for (k = best; k; k--) {
		t->sizes[k - 1] = (uint32_t)(grains * CLASS_GRAIN_BYTES);
		grains = f->before[k][grains];
	}
	set_waste(t, p);
	free(f);
	return 0;
}
