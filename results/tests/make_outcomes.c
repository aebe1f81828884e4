// SPDX-License-Identifier: MIT
/*
 * Runs the statistics on data from stdin, for implementations of others to
 * compare with. A line is: threshold grain high_is_better n, then n values of
 * the base and n of the arm. Prints n ratio ratio_low ratio_high p_worse
 * p_better, and with "holm" before p-values theirs by Holm. "shift" has two
 * numbers, then log-ratios of before and of now; the same is printed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "results/stats.h"

enum { MOST = 200 };

static int compare_one(void)
{
	struct stats_rule rule = { .class = STATS_NOISY };
	double base[MOST], arm[MOST];
	struct stats_outcome out;
	int high;
	size_t n, i;

	if (scanf("%lf %lf %d %zu", &rule.threshold, &rule.grain, &high, &n) !=
		    4 ||
	    n > MOST)
		return -1;
	rule.high_is_better = high;
	for (i = 0; i < 2 * n; i++)
		if (scanf("%lf", i < n ? &base[i] : &arm[i - n]) != 1)
			return -1;
	if (stats_compare(base, arm, n, &rule, &out, NULL))
		return -1;
	printf("%zu %.17g %.17g %.17g %.17g %.17g\n", out.n, out.ratio,
	       out.ratio_low, out.ratio_high, out.p_worse, out.p_better);
	return 0;
}

static int shift_one(void)
{
	struct stats_rule rule = { .class = STATS_NOISY };
	double base[MOST], now[MOST];
	struct stats_outcome out;
	int high;
	size_t m, n, i;

	if (scanf("%lf %d %zu %zu", &rule.threshold, &high, &m, &n) != 4 ||
	    m > MOST || n > MOST)
		return -1;
	rule.high_is_better = high;
	for (i = 0; i < m + n; i++)
		if (scanf("%lf", i < m ? &base[i] : &now[i - m]) != 1)
			return -1;
	if (stats_compare_shift(base, m, now, n, &rule, &out, NULL))
		return -1;
	printf("%zu %.17g %.17g %.17g %.17g %.17g\n", out.n, out.ratio,
	       out.ratio_low, out.ratio_high, out.p_worse, out.p_better);
	return 0;
}

static int adjust_one(void)
{
	double p[MOST], adjusted[MOST];
	size_t n, i;

	if (scanf("%zu", &n) != 1 || n > MOST)
		return -1;
	for (i = 0; i < n; i++)
		if (scanf("%lf", &p[i]) != 1)
			return -1;
	if (stats_holm(p, n, adjusted, NULL))
		return -1;
	for (i = 0; i < n; i++)
		printf("%.17g%c", adjusted[i], i + 1 < n ? ' ' : '\n');
	return 0;
}

int main(void)
{
	char word[16];

	while (scanf("%15s", word) == 1)
		if (word[0] == 'h'   ? adjust_one()
		    : word[0] == 's' ? shift_one()
				     : compare_one())
			return 2;
	return 0;
}
