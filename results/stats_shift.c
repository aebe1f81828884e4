// SPDX-License-Identifier: MIT
/*
 * Two samples that were not measured together: the shift between them
 * (Hodges-Lehmann-Sen), its interval, and the tests of Mann and Whitney.
 * Exact by counting for up to 20 values a side, with ties too (ranks are
 * doubled, so that midranks are integers); normal above.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/stats.h"
#include "traces/base/err.h"

#define MAX_EXACT  20
#define MAX_SUM    (2 * MAX_EXACT * (2 * MAX_EXACT + 1)) /* doubled ranks */
#define PARTS      ((MAX_EXACT + 1) * (MAX_SUM + 1))
#define SAME_VALUE 1e-12 /* differences of a rounding error are ties */

struct member {
	double value;
	bool first; /* of the sample that is tested to be the greater one */
	unsigned int rank; /* doubled */
};

static int by_member(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Doubled midranks of the sorted members; the sum of t^3 - t over the ties. */
static double rank(struct member *all, size_t nr)
{
	double ties = 0;
	size_t i, j, k;

	for (i = 0; i < nr; i = j) {
		double value = all[i].value;

		for (j = i + 1; j < nr; j++)
			if (all[j].value >
			    value + SAME_VALUE * (1 + fabs(value)))
				break;
		for (k = i; k < j; k++)
			all[k].rank = (unsigned int)(i + 1 + j);
		ties += pow((double)(j - i), 3) - (double)(j - i);
	}
	return ties;
}

/*
 * P(the ranks of a random choice of n members sum to w or more): ways[k][s]
 * counts the choices of k of the members so far whose doubled ranks sum to s.
 */
static double p_exact(const struct member *all, size_t nr, size_t n, size_t w)
{
	double *ways = calloc(PARTS, sizeof(*ways)), hits = 0, total = 0;
	size_t i, k, s;

	if (!ways)
		return 1;
	ways[0] = 1;
	for (i = 0; i < nr; i++)
		for (k = i + 1 < n ? i + 1 : n; k > 0; k--)
			for (s = all[i].rank; s <= MAX_SUM; s++)
				ways[k * (MAX_SUM + 1) + s] +=
					ways[(k - 1) * (MAX_SUM + 1) + s -
					     all[i].rank];
	for (s = 0; s <= MAX_SUM; s++) {
		total += ways[n * (MAX_SUM + 1) + s];
		hits += s >= w ? ways[n * (MAX_SUM + 1) + s] : 0;
	}
	free(ways);
	return hits / total;
}

/* With the correction for continuity; w is doubled. */
static double p_normal(size_t n, size_t m, double w, double ties)
{
	double all = (double)(n + m), pairs = (double)n * (double)m;
	double u = w / 2 - (double)n * (double)(n + 1) / 2;
	double variance = pairs / 12 * (all + 1 - ties / (all * (all - 1)));

	if (!(variance > 0))
		return 1;
	return erfc((u - pairs / 2 - 0.5) / sqrt(2 * variance)) / 2;
}

double stats_mann_whitney_p(const double *first, size_t n, const double *second,
			    size_t m, double shift)
{
	struct member *all = calloc(n + m + 1, sizeof(*all));
	double p = 1, ties, w = 0;
	size_t i;

	if (!all || !n || !m)
		goto out;
	for (i = 0; i < n; i++)
		all[i] = (struct member){ first[i], true, 0 };
	for (i = 0; i < m; i++)
		all[n + i] = (struct member){ second[i] + shift, false, 0 };
	qsort(all, n + m, sizeof(*all), by_member);
	ties = rank(all, n + m);
	for (i = 0; i < n + m; i++)
		w += all[i].first ? all[i].rank : 0;
	if (n <= MAX_EXACT && m <= MAX_EXACT)
		p = p_exact(all, n + m, n, (size_t)w);
	else
		p = p_normal(n, m, w, ties);
out:
	free(all);
	return p;
}

/* All differences now - base, sorted; NULL when memory is out. */
static double *differences(const double *base, size_t m, const double *now,
			   size_t n)
{
	double *all = malloc(n * m * sizeof(*all));
	size_t i, j, k = 0;

	for (i = 0; all && i < n; i++)
		for (j = 0; j < m; j++)
			all[k++] = now[i] - base[j];
	if (all)
		qsort(all, k, sizeof(*all), by_value);
	return all;
}

/* The k-th lowest and k-th highest difference; all of them for small n, m. */
static struct stats_interval interval_of(const double *sorted, size_t n,
					 size_t m, double alpha)
{
	double pairs = (double)n * (double)m;
	double k = floor(pairs / 2 -
			 stats_normal_quantile(alpha / 2) *
				 sqrt(pairs * (double)(n + m + 1) / 12));
	size_t skip = k > 1 ? (size_t)k - 1 : 0;

	return (struct stats_interval){ sorted[skip],
					sorted[n * m - 1 - skip] };
}

/* How many of now lie beyond all of base by more than delta, either way. */
static void count_beyond(const double *base, size_t m, const double *now,
			 size_t n, struct stats_outcome *out)
{
	double low = base[0], high = base[0];
	size_t i;

	for (i = 1; i < m; i++) {
		low = fmin(low, base[i]);
		high = fmax(high, base[i]);
	}
	for (i = 0; i < n; i++) {
		out->beyond_worse += now[i] > high + out->delta;
		out->beyond_better += now[i] < low - out->delta;
	}
}

static int shift(const double *base, size_t m, const double *now, size_t n,
		 double sign, struct stats_outcome *out, struct err *err)
{
	double *sorted = differences(base, m, now, n);
	double nows = stats_spread(now, n), bases = stats_spread(base, m);
	size_t nr = n * m;

	if (!sorted)
		return err_set(err, ERR_NOMEM, 0,
			       "out of memory for a comparison");
	out->estimate = (sorted[(nr - 1) / 2] + sorted[nr / 2]) / 2;
	out->i95 = interval_of(sorted, n, m, STATS_ALPHA);
	out->i90 = interval_of(sorted, n, m, 2 * STATS_ALPHA);
	free(sorted);
	out->ratio = exp(sign * out->estimate);
	out->ratio_low = exp(sign * (sign > 0 ? out->i95.low : out->i95.high));
	out->ratio_high = exp(sign * (sign > 0 ? out->i95.high : out->i95.low));
	out->p_worse = stats_mann_whitney_p(now, n, base, m, out->delta);
	/* -now > -base + delta is base > now + delta. */
	out->p_better = stats_mann_whitney_p(base, m, now, n, out->delta);
	/* Of one round now, when there are so many in the baseline for each. */
	out->spread = sqrt(nows * nows + bases * bases * (double)n / (double)m);
	count_beyond(base, m, now, n, out);
	return 0;
}

/* The finite ones, with the sign; *nr is how many. Owned, NULL: no memory. */
static double *known(const double *values, size_t n, double sign, size_t *nr)
{
	double *copy = malloc((n ? n : 1) * sizeof(*copy));
	size_t i;

	*nr = 0;
	for (i = 0; copy && i < n; i++)
		if (isfinite(values[i]))
			copy[(*nr)++] = sign * values[i];
	return copy;
}

int stats_compare_shift(const double *base, size_t m, const double *now,
			size_t n, const struct stats_rule *rule,
			struct stats_outcome *out, struct err *err)
{
	double sign = rule->high_is_better ? -1 : 1;
	size_t nr_base, nr_now;
	double *before = known(base, m, sign, &nr_base);
	double *after = known(now, n, sign, &nr_now);
	int rc = 0;

	memset(out, 0, sizeof(*out));
	out->ratio = out->ratio_low = out->ratio_high = NAN;
	out->p_worse = out->p_better = 1;
	out->class = rule->class;
	out->delta = log1p(rule->threshold);
	if (!before || !after)
		rc = err_set(err, ERR_NOMEM, 0,
			     "out of memory for a comparison");
	if (!rc && nr_base && nr_now) {
		out->n = nr_now;
		out->nr_base = nr_base;
		rc = shift(before, nr_base, after, nr_now, sign, out, err);
	}
	free(before);
	free(after);
	return rc ? rc : stats_decide(&out, 1, STATS_ALPHA, err);
}
