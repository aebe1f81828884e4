// SPDX-License-Identifier: MIT
/*
 * Two samples that were not measured together: values of R and scipy, tables,
 * and seeded simulations of gates against a baseline.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "results/stats.h"
#include "results/tests/simulating_baselines.h"

static const struct stats_rule noisy = { .class = STATS_NOISY,
					 .threshold = 0.05 };

static void close_to(double value, double expected)
{
	if (!(fabs(value - expected) <= 1e-9 * (1 + fabs(expected))))
		fail_msg("%.12g, expected %.12g", value, expected);
}

/* R 4.2.2: wilcox.test(a, b, alternative = "greater"); scipy 1.10 agrees. */
static void test_reference_values(void **state)
{
	const double a[] = { 0.11, 0.13, 0.17, 0.19, 0.23, 0.29 };
	const double b[] = { 0.02, 0.03, 0.05, 0.07, 0.12, 0.14, 0.16 };
	double x[25], y[24];
	int i;

	(void)state;
	close_to(stats_mann_whitney_p(a, 6, b, 7, 0), 0.011072261072261072);
	for (i = 0; i < 25; i++)
		x[i] = (i + 1) * (i + 1) / 100.0;
	for (i = 0; i < 22; i++)
		y[i] = (i + 1) * (i + 1) / 90.0;
	close_to(stats_mann_whitney_p(x, 25, y, 22, 0), 0.35453654284236014);
	/* many ties: the normal approximation corrects its variance */
	for (i = 0; i < 25; i++)
		x[i] = i % 5 + 1;
	for (i = 0; i < 24; i++)
		y[i] = (const double[]){ 1, 2, 2, 4 }[i % 4];
	close_to(stats_mann_whitney_p(x, 25, y, 24, 0), 0.03199237672484672);
}

/* All of one above all of the other: one of C(n + m, n) choices. */
static void test_smallest_p(void **state)
{
	static const struct {
		size_t n;
		double choices;
	} table[] = { { 4, 70 }, { 5, 252 }, { 6, 924 }, { 10, 184756 } };
	double low[10], high[10];
	size_t i;

	(void)state;
	for (i = 0; i < 10; i++) {
		low[i] = (double)i;
		high[i] = 20 + (double)i;
	}
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		size_t n = table[i].n;

		close_to(stats_mann_whitney_p(high, n, low, n, 0),
			 1 / table[i].choices);
		close_to(stats_mann_whitney_p(low, n, high, n, 0), 1);
		close_to(stats_mann_whitney_p(high, n, low, n, 50), 1);
	}
	assert_true(stats_mann_whitney_p(high, 0, low, 5, 0) == 1);
}

/* Ranks 1.5 1.5 3.5 3.5: the sum of two of them is 7, 5 (four times), 3. */
static void test_ties(void **state)
{
	const double first[] = { 1, 2 }, second[] = { 1, 2 };

	(void)state;
	close_to(stats_mann_whitney_p(first, 2, second, 2, 0), 5.0 / 6);
	/* a shift that brings 0.3 to 0.1 + 0.2 ties, too */
	close_to(stats_mann_whitney_p((const double[]){ 0.3 }, 1,
				      (const double[]){ 0.1 }, 1, 0.2),
		 1);
}

static void test_shift(void **state)
{
	const double base[] = { 0, 0.01, 0.02, 0.03, 0.04, NAN, 0.05 };
	const double now[] = { 0.2, 0.21, 0.22, 0.23, 0.24, 0.25 };
	const struct stats_rule high = { .class = STATS_NOISY,
					 .high_is_better = true,
					 .threshold = 0.05 };
	struct stats_outcome out;

	(void)state;
	assert_int_equal(
		stats_compare_shift(base, 7, now, 6, &noisy, &out, NULL), 0);
	assert_int_equal(out.n, 6);
	assert_int_equal(out.nr_base, 6);
	close_to(out.ratio, exp(0.2));
	/* floor(18 - 1.96 sqrt(39)) = 5: the fifth of 36 from either end */
	close_to(out.ratio_low, exp(0.17));
	close_to(out.ratio_high, exp(0.23));
	close_to(out.p_worse, 1.0 / 924);
	assert_int_equal(out.verdict, STATS_WORSE);
	assert_int_equal(
		stats_compare_shift(base, 7, now, 6, &high, &out, NULL), 0);
	close_to(out.ratio, exp(0.2));
	assert_int_equal(out.verdict, STATS_BETTER);
	assert_int_equal(
		stats_compare_shift(now, 6, base, 7, &noisy, &out, NULL), 0);
	assert_int_equal(out.verdict, STATS_BETTER);
	assert_int_equal(
		stats_compare_shift(base, 7, base, 7, &noisy, &out, NULL), 0);
	assert_int_equal(out.verdict, STATS_SAME);
	assert_int_equal(
		stats_compare_shift(base, 0, now, 6, &noisy, &out, NULL), 0);
	assert_int_equal(out.verdict, STATS_MISSING);
}

/* Too few values for the family: near-exact ones are judged all the same. */
static void test_near_exact(void **state)
{
	const struct stats_rule rule = { .class = STATS_NEAR_EXACT,
					 .threshold = 0.03 };
	const double base[] = { 0, 0.001, 0.001, 0, 0.002, 0.001 };
	double now[6];
	struct stats_outcome out[40], *family[40];
	size_t i;

	(void)state;
	for (i = 0; i < 6; i++)
		now[i] = base[i] + 0.1;
	for (i = 0; i < 40; i++) {
		family[i] = &out[i];
		stats_compare_shift(base, 6, i ? base : now, 6, &rule, &out[i],
				    NULL);
	}
	assert_int_equal(stats_decide(family, 40, STATS_ALPHA, NULL), 0);
	assert_int_equal(out[0].verdict, STATS_WORSE);
	assert_int_equal(out[1].verdict, STATS_SAME);
}

/* What a gate promises, against a baseline, too; stats_bench prints more. */
static void test_gates(void **state)
{
	int noise;

	(void)state;
	for (noise = 0; noise < NOISES; noise++) {
		struct sim_baseline family = { (enum noise)noise, 0.03, 0.01,
					       8 };
		struct sim_baseline one = { (enum noise)noise, 0.03, 0.01, 1 };

		assert_true(sim_baselines(&family, 1, 200).failed <= 0.05);
		assert_true(sim_baselines(&family, 1.2, 50).worse >= 1);
		assert_true(sim_baselines(&one, 1.03, 1000).failed <= 0.02);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference_values),
		cmocka_unit_test(test_smallest_p),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_shift),
		cmocka_unit_test(test_near_exact),
		cmocka_unit_test(test_gates),
	};

	return cmocka_run_group_tests_name("stats_shift", tests, NULL, NULL);
}
