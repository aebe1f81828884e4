// SPDX-License-Identifier: MIT
/*
 * The distribution of Wilcoxon's signed-rank statistic W+, the sum of the
 * ranks of the positive values: exact by counting up to 50 values, with ties
 * too (ranks are doubled, so that midranks are integers); normal above.
 */
#include <math.h>
#include <stdlib.h>

#include "results/stats.h"

#define MAX_EXACT 50
#define MAX_SUM   (MAX_EXACT * (MAX_EXACT + 1)) /* of doubled ranks */

/* P(sum of a random half of the ranks = k) for every k, into p[]. */
static void null_distribution(const unsigned int *ranks, size_t n, double *p)
{
	size_t total = 0, i, k;

	p[0] = 1;
	for (k = 1; k <= MAX_SUM; k++)
		p[k] = 0;
	for (i = 0; i < n; i++) {
		total += ranks[i];
		for (k = total + 1; k-- > 0;)
			p[k] = (p[k] + (k >= ranks[i] ? p[k - ranks[i]] : 0)) /
			       2;
	}
}

/* By bisection. */
double stats_normal_quantile(double alpha)
{
	double low = -40, high = 40;
	int i;

	for (i = 0; i < 80; i++) {
		double z = (low + high) / 2;

		if (erfc(z / sqrt(2)) / 2 > alpha)
			low = z;
		else
			high = z;
	}
	return low;
}

long stats_signed_rank_critical(size_t n, double alpha)
{
	double p[MAX_SUM + 1], sum = 0, m = (double)n;
	unsigned int ranks[MAX_EXACT];
	long c = 0;
	size_t i;

	if (n > MAX_EXACT)
		return (long)floor(
			m * (m + 1) / 4 -
			stats_normal_quantile(alpha) *
				sqrt(m * (m + 1) * (2 * m + 1) / 24) -
			0.5);
	for (i = 0; i < n; i++)
		ranks[i] = (unsigned int)i + 1;
	null_distribution(ranks, n, p);
	while (c <= MAX_SUM && (sum += p[c]) <= alpha * (1 + 1e-12))
		c++;
	return c - 1;
}

static int by_magnitude(const void *a, const void *b)
{
	double x = fabs(*(const double *)a), y = fabs(*(const double *)b);

	return (x > y) - (x < y);
}

/*
 * Doubled midranks of sorted values. Differences of a rounding error count as
 * ties. Returns the doubled W+.
 */
static double rank(const double *sorted, size_t n, unsigned int *ranks)
{
	double w = 0;
	size_t i, j, k;

	for (i = 0; i < n; i = j) {
		double size = fabs(sorted[i]);

		for (j = i + 1; j < n; j++)
			if (fabs(sorted[j]) > size * (1 + 1e-12))
				break;
		for (k = i; k < j; k++) {
			ranks[k] = (unsigned int)(i + 1 + j);
			w += sorted[k] > 0 ? ranks[k] : 0;
		}
	}
	return w;
}

static double p_exact(const unsigned int *ranks, size_t n, double w)
{
	double p[MAX_SUM + 1], sum = 0;
	size_t k;

	null_distribution(ranks, n, p);
	for (k = (size_t)w; k <= n * (n + 1); k++)
		sum += p[k];
	return sum;
}

/* The variance of the doubled W+ is the sum of the squared ranks / 4. */
static double p_normal(const unsigned int *ranks, size_t n, double w)
{
	double mean = (double)n * (double)(n + 1) / 2, variance = 0;
	size_t i;

	for (i = 0; i < n; i++)
		variance += (double)ranks[i] * ranks[i] / 4;
	return erfc((w - 1 - mean) / sqrt(2 * variance)) / 2;
}

double stats_signed_rank_p(const double *values, size_t n)
{
	double *sorted = malloc((n ? n : 1) * sizeof(*sorted));
	unsigned int *ranks = malloc((n ? n : 1) * sizeof(*ranks));
	double p = 1, w;
	size_t i, nr = 0;

	if (!sorted || !ranks)
		goto out;
	for (i = 0; i < n; i++)
		if (values[i] != 0)
			sorted[nr++] = values[i];
	if (!nr)
		goto out;
	qsort(sorted, nr, sizeof(*sorted), by_magnitude);
	w = rank(sorted, nr, ranks);
	p = nr <= MAX_EXACT ? p_exact(ranks, nr, w) : p_normal(ranks, nr, w);
out:
	free(sorted);
	free(ranks);
	return p;
}
