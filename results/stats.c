// SPDX-License-Identifier: MIT
/*
 * Estimate, interval, tests and labels of one paired comparison. The null
 * distribution is in signed_rank.c; families of comparisons, confirmation and
 * baselines are the business of a gate, not of this file.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/stats.h"
#include "traces/base/err.h"

#define MIN_NEAR_EXACT 3
#define MAX_NEEDED     9999

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

/* Robust spread of the differences; the sample's when half of them agree. */
static double spread(const double *d, size_t n)
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

struct interval {
	double low, high;
};

/* The signed-rank interval of that level; all of the range for small n. */
static struct interval interval_of(const double *averages, size_t nr, size_t n,
				   double alpha)
{
	long c = stats_signed_rank_critical(n, alpha / 2);
	size_t skip = c < 0 ? 0 : (size_t)c;

	return (struct interval){ averages[skip], averages[nr - 1 - skip] };
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

static size_t rounds_needed(double sd, double estimate, double delta, size_t n)
{
	double room = fmax(fabs(delta - fabs(estimate)), delta / 2);
	double k = (1.645 + 0.842) * sd / room;
	double needed = room > 0 ? ceil(acos(-1) / 3 * k * k) : MAX_NEEDED;
	size_t least = n < STATS_MIN_ROUNDS ? STATS_MIN_ROUNDS : n + 1;

	if (!(needed < MAX_NEEDED))
		return MAX_NEEDED;
	return needed < (double)least ? least : (size_t)needed;
}

/* Where every pair agrees, no statistics are needed. */
static enum stats_verdict judge_unanimous(const double *d, size_t n,
					  double delta)
{
	size_t worse = 0, better = 0, i;

	for (i = 0; i < n; i++) {
		worse += d[i] > delta;
		better += d[i] < -delta;
	}
	if (worse == n)
		return STATS_WORSE;
	if (better == n)
		return STATS_BETTER;
	return worse || better ? STATS_UNCLEAR : STATS_SAME;
}

static enum stats_verdict judge(const struct stats_outcome *out,
				struct interval i95, struct interval i90,
				double delta)
{
	if (out->p_worse < STATS_ALPHA)
		return STATS_WORSE;
	if (out->p_better < STATS_ALPHA)
		return STATS_BETTER;
	if (i90.low > -delta && i90.high < delta)
		return STATS_SAME;
	if (i95.low > 0)
		return STATS_SLIGHTLY_WORSE;
	if (i95.high < 0)
		return STATS_SLIGHTLY_BETTER;
	return STATS_UNCLEAR;
}

/* d: log-ratios, positive where the arm is worse. */
static int compare_ratios(const double *d, size_t n,
			  const struct stats_rule *rule,
			  struct stats_outcome *out, struct err *err)
{
	double sign = rule->high_is_better ? -1 : 1;
	double delta = log1p(rule->threshold), estimate;
	struct interval i95, i90;
	size_t nr;
	double *averages = walsh_averages(d, n, &nr);

	if (!averages)
		return err_set(err, ERR_NOMEM, 0,
			       "out of memory for a comparison");
	estimate = middle(averages, nr);
	i95 = interval_of(averages, nr, n, STATS_ALPHA);
	i90 = interval_of(averages, nr, n, 2 * STATS_ALPHA);
	free(averages);
	out->ratio = exp(sign * estimate);
	out->ratio_low = exp(sign * (sign > 0 ? i95.low : i95.high));
	out->ratio_high = exp(sign * (sign > 0 ? i95.high : i95.low));
	out->p_worse = p_beyond(d, n, 1, delta);
	out->p_better = p_beyond(d, n, -1, delta);
	if (rule->class == STATS_EXACT ||
	    (rule->class == STATS_NEAR_EXACT && n < STATS_MIN_ROUNDS &&
	     n >= MIN_NEAR_EXACT))
		out->verdict = judge_unanimous(d, n, delta);
	else if (n < STATS_MIN_ROUNDS)
		out->verdict = STATS_UNCLEAR;
	else
		out->verdict = judge(out, i95, i90, delta);
	if (out->verdict == STATS_UNCLEAR)
		out->rounds_needed =
			rounds_needed(spread(d, n), estimate, delta, n);
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
	return rc;
}

const char *stats_verdict_name(enum stats_verdict verdict)
{
	static const char *const names[] = {
		[STATS_MISSING] = "missing",
		[STATS_WORSE] = "WORSE",
		[STATS_BETTER] = "BETTER",
		[STATS_SAME] = "same",
		[STATS_SLIGHTLY_WORSE] = "slightly worse",
		[STATS_SLIGHTLY_BETTER] = "slightly better",
		[STATS_UNCLEAR] = "unclear",
	};

	return names[verdict];
}
