// SPDX-License-Identifier: MIT
/*
 * Estimate, interval and tests of one paired comparison. The null distribution
 * is in signed_rank.c, the words are in stats_decide.c, comparisons with
 * what was measured before in stats_shift.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/stats.h"
#include "traces/base/err.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A sorted copy of the finite values, or NULL; *nr is how many. */
static double *sorted_finite(const double *values, size_t n, size_t *nr)
{
	double *copy = malloc((n ? n : 1) * sizeof(*copy));
	size_t i;

	*nr = 0;
	if (!copy)
		return NULL;
	for (i = 0; i < n; i++)
		if (isfinite(values[i]))
			copy[(*nr)++] = values[i];
	qsort(copy, *nr, sizeof(*copy), by_value);
	return copy;
}

static double middle(const double *sorted, size_t n)
{
	if (!n)
		return NAN;
	return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

double stats_median(const double *values, size_t n)
{
	size_t nr;
	double *sorted = sorted_finite(values, n, &nr);
	double median = sorted ? middle(sorted, nr) : NAN;

	free(sorted);
	return median;
}

double stats_mad(const double *values, size_t n)
{
	size_t nr, i;
	double *sorted = sorted_finite(values, n, &nr);
	double mad;

	if (!sorted)
		return NAN;
	mad = middle(sorted, nr);
	for (i = 0; i < nr; i++)
		sorted[i] = fabs(sorted[i] - mad);
	qsort(sorted, nr, sizeof(*sorted), by_value);
	mad = middle(sorted, nr);
	free(sorted);
	return mad;
}

double stats_spread(const double *d, size_t n)
{
	double sd = 1.4826 * stats_mad(d, n), mean = 0, sum = 0;
	size_t i;

	if (sd > 0 || n < 2)
		return sd;
	for (i = 0; i < n; i++)
		mean += d[i] / (double)n;
	for (i = 0; i < n; i++)
		sum += (d[i] - mean) * (d[i] - mean);
	return sqrt(sum / (double)(n - 1));
}

/* The averages of all pairs i <= j, sorted; NULL when memory is out. */
static double *walsh_averages(const double *d, size_t n, size_t *nr)
{
	double *averages = malloc(n * (n + 1) / 2 * sizeof(*averages));
	size_t i, j, k = 0;

	if (!averages)
		return NULL;
	for (i = 0; i < n; i++)
		for (j = i; j < n; j++)
			averages[k++] = (d[i] + d[j]) / 2;
	qsort(averages, k, sizeof(*averages), by_value);
	*nr = k;
	return averages;
}

/* The signed-rank interval of that level; all of the range for small n. */
static struct stats_interval interval_of(const double *averages, size_t nr,
					 size_t n, double alpha)
{
	long c = stats_signed_rank_critical(n, alpha / 2);
	size_t skip = c < 0 ? 0 : (size_t)c;

	return (struct stats_interval){ averages[skip],
					averages[nr - 1 - skip] };
}

/* P of "worse by more than delta" (sign 1) or "better" (sign -1). */
static double p_beyond(const double *d, size_t n, double sign, double delta)
{
	double *shifted = malloc(n * sizeof(*shifted));
	double p;
	size_t i;

	if (!shifted)
		return 1;
	for (i = 0; i < n; i++)
		shifted[i] = sign * d[i] - delta;
	p = stats_signed_rank_p(shifted, n);
	free(shifted);
	return p;
}

/* d: log-ratios, positive where the arm is worse. */
static int compare_ratios(const double *d, size_t n,
			  const struct stats_rule *rule,
			  struct stats_outcome *out, struct err *err)
{
	double sign = rule->high_is_better ? -1 : 1;
	size_t nr, i;
	double *averages = walsh_averages(d, n, &nr);

	if (!averages)
		return err_set(err, ERR_NOMEM, 0,
			       "out of memory for a comparison");
	out->estimate = middle(averages, nr);
	out->i95 = interval_of(averages, nr, n, STATS_ALPHA);
	out->i90 = interval_of(averages, nr, n, 2 * STATS_ALPHA);
	free(averages);
	out->ratio = exp(sign * out->estimate);
	out->ratio_low = exp(sign * (sign > 0 ? out->i95.low : out->i95.high));
	out->ratio_high = exp(sign * (sign > 0 ? out->i95.high : out->i95.low));
	out->p_worse = p_beyond(d, n, 1, out->delta);
	out->p_better = p_beyond(d, n, -1, out->delta);
	out->spread = stats_spread(d, n);
	for (i = 0; i < n; i++) {
		out->beyond_worse += d[i] > out->delta;
		out->beyond_better += d[i] < -out->delta;
	}
	return 0;
}

int stats_compare(const double *base, const double *arm, size_t n,
		  const struct stats_rule *rule, struct stats_outcome *out,
		  struct err *err)
{
	double sign = rule->high_is_better ? -1 : 1;
	double *d = malloc((n ? n : 1) * sizeof(*d));
	size_t i;
	int rc;

	memset(out, 0, sizeof(*out));
	out->ratio = out->ratio_low = out->ratio_high = NAN;
	out->p_worse = out->p_better = 1;
	out->class = rule->class;
	out->delta = log1p(rule->threshold);
	if (!d)
		return err_set(err, ERR_NOMEM, 0,
			       "out of memory for a comparison");
	for (i = 0; i < n; i++) {
		double ratio = (arm[i] + rule->grain) / (base[i] + rule->grain);

		if (arm[i] == base[i])
			d[out->n++] = 0;
		else if (isfinite(ratio) && ratio > 0)
			d[out->n++] = sign * log(ratio);
	}
	rc = out->n ? compare_ratios(d, out->n, rule, out, err) : 0;
	free(d);
	return rc ? rc : stats_decide(&out, 1, STATS_ALPHA, err);
}
