// SPDX-License-Identifier: MIT
/*
 * The statistics: published tables, values computed by hand, and a seeded
 * simulation of coverage, false labels and power.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "results/stats.h"
#include "results/tests/simulating_gates.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static const struct stats_rule noisy = { .class = STATS_NOISY,
					 .threshold = 0.05 };
static const struct stats_rule near_exact = { .class = STATS_NEAR_EXACT,
					      .threshold = 0.05 };

static void close_to(double value, double expected)
{
	if (!(fabs(value - expected) <= 1e-9 * (1 + fabs(expected))))
		fail_msg("%.12g, expected %.12g", value, expected);
}

static void test_median(void **state)
{
	const double odd[] = { 5, 1, 3 }, even[] = { 4, 1, 3, 2 },
		     holes[] = { NAN, 7, INFINITY, 9 };

	(void)state;
	close_to(stats_median(odd, 3), 3);
	close_to(stats_median(even, 4), 2.5);
	close_to(stats_median(holes, 4), 8);
	close_to(stats_mad(odd, 3), 2);
	close_to(stats_mad(even, 4), 1);
	assert_true(isnan(stats_median(odd, 0)));
}

/* The usual tables of Wilcoxon's test, 5 % two-sided and 5 % one-sided. */
static void test_critical_values(void **state)
{
	static const struct {
		size_t n;
		long two_sided, one_sided;
	} table[] = {
		{ 4, -1, -1 },    { 5, -1, 0 },     { 6, 0, 2 },
		{ 7, 2, 3 },      { 8, 3, 5 },      { 9, 5, 8 },
		{ 10, 8, 10 },    { 11, 10, 13 },   { 12, 13, 17 },
		{ 13, 17, 21 },   { 14, 21, 25 },   { 15, 25, 30 },
		{ 16, 29, 35 },   { 17, 34, 41 },   { 18, 40, 47 },
		{ 19, 46, 53 },   { 20, 52, 60 },   { 25, 89, 100 },
		{ 30, 137, 151 }, { 40, 264, 286 }, { 50, 434, 466 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NR(table); i++) {
		assert_int_equal(stats_signed_rank_critical(table[i].n, 0.025),
				 table[i].two_sided);
		assert_int_equal(stats_signed_rank_critical(table[i].n, 0.05),
				 table[i].one_sided);
	}
}

static void test_p_values(void **state)
{
	const double all[] = { 1, 2, 3, 4, 5, 6 };
	const double one_off[] = { -1, 2, 3, 4, 5, 6 };
	const double zero[] = { 0, 1, 2 };
	const double tied[] = { 1, 1, -1 };

	(void)state;
	close_to(stats_signed_rank_p(all, 6), 1.0 / 64);
	close_to(stats_signed_rank_p(one_off, 6), 2.0 / 64);
	close_to(stats_signed_rank_p(zero, 3), 1.0 / 4);
	/* midranks 2 2 2, W+ = 4: two or three of three are positive */
	close_to(stats_signed_rank_p(tied, 3), 4.0 / 8);
	assert_true(stats_signed_rank_p(zero, 0) == 1);
}

static void test_normal_agrees(void **state)
{
	double values[51];
	double exact, normal;
	int i;

	(void)state;
	for (i = 0; i < 51; i++)
		values[i] = (i % 3 ? 1 : -1) * (i + 1.0);
	exact = stats_signed_rank_p(values, 50);
	normal = stats_signed_rank_p(values, 51);
	assert_true(fabs(exact - normal) < 0.01);
	assert_true(stats_signed_rank_critical(51, 0.025) > 434);
	assert_true(stats_signed_rank_critical(51, 0.025) < 470);
}

static void test_estimate(void **state)
{
	const double base[] = { 1, 1, 1 };
	const double arm[] = { exp(0.1), exp(0.2), exp(0.6) };
	struct stats_outcome out;

	(void)state;
	/* Walsh averages .1 .15 .2 .35 .4 .6: the median is .275 */
	assert_int_equal(stats_compare(base, arm, 3, &noisy, &out, NULL), 0);
	close_to(out.ratio, exp(0.275));
	close_to(out.ratio_low, exp(0.1));
	close_to(out.ratio_high, exp(0.6));
	assert_int_equal(out.n, 3);
	assert_int_equal(out.verdict, STATS_UNCLEAR);
	assert_true(out.rounds_needed >= 6);
}

static void expect(const double *arm, size_t n, const struct stats_rule *rule,
		   enum stats_verdict verdict)
{
	static const double base[] = { 100, 100, 100, 100, 100,
				       100, 100, 100, 100, 100 };
	struct stats_outcome out;

	assert_int_equal(stats_compare(base, arm, n, rule, &out, NULL), 0);
	if (out.verdict != verdict)
		fail_msg("%s, expected %s", stats_verdict_name(out.verdict),
			 stats_verdict_name(verdict));
}

static void test_labels(void **state)
{
	const double worse[] = { 110, 112, 109, 111, 113, 108 };
	const double better[] = { 90, 91, 89, 92, 88, 87 };
	const double same[] = { 100, 101, 99, 100.5, 99.5, 100.2 };
	const double slightly_worse[] = { 102, 106, 103, 107, 102, 105 };
	const double slightly_better[] = { 98, 94, 97, 93, 98, 95 };
	const double unclear[] = { 90, 110, 95, 105, 120, 85 };
	struct stats_rule high = noisy;

	(void)state;
	expect(worse, 6, &noisy, STATS_WORSE);
	expect(better, 6, &noisy, STATS_BETTER);
	expect(same, 6, &noisy, STATS_SAME);
	expect(slightly_worse, 6, &noisy, STATS_SLIGHTLY_WORSE);
	expect(slightly_better, 6, &noisy, STATS_SLIGHTLY_BETTER);
	expect(unclear, 6, &noisy, STATS_UNCLEAR);
	high.high_is_better = true;
	expect(worse, 6, &high, STATS_BETTER);
	expect(better, 6, &high, STATS_WORSE);
}

/* Fewer than 6 rounds: only what varies little is judged, if all agree. */
static void test_few_rounds(void **state)
{
	const double worse[] = { 110, 112, 109 };
	const double same[] = { 100, 101, 99 };
	const double mixed[] = { 110, 100, 110 };
	struct stats_rule exact = { .class = STATS_EXACT };

	(void)state;
	expect(worse, 3, &noisy, STATS_UNCLEAR);
	expect(worse, 3, &near_exact, STATS_WORSE);
	expect(worse, 2, &near_exact, STATS_UNCLEAR);
	expect(same, 3, &near_exact, STATS_SAME);
	expect(mixed, 3, &near_exact, STATS_UNCLEAR);
	expect(worse, 1, &exact, STATS_WORSE);
	expect(same, 1, &exact, STATS_SAME);
	expect(same, 3, &exact, STATS_UNCLEAR);
	expect(same, 0, &noisy, STATS_MISSING);
}

static void test_grain_and_holes(void **state)
{
	const double zero[] = { 0, 0, 0, NAN }, some[] = { 9, 9, 9, 9 };
	const struct stats_rule rule = { .class = STATS_NEAR_EXACT,
					 .grain = 1,
					 .threshold = 0.1 };
	const struct stats_rule bare = { .class = STATS_EXACT };
	struct stats_outcome out;

	(void)state;
	assert_int_equal(stats_compare(zero, some, 4, &rule, &out, NULL), 0);
	assert_int_equal(out.n, 3);
	close_to(out.ratio, 10);
	assert_int_equal(out.verdict, STATS_WORSE);
	/* without a grain there is no ratio to zero, but zeros are equal */
	assert_int_equal(stats_compare(zero, some, 4, &bare, &out, NULL), 0);
	assert_int_equal(out.verdict, STATS_MISSING);
	assert_int_equal(stats_compare(zero, zero, 4, &bare, &out, NULL), 0);
	assert_int_equal(out.verdict, STATS_SAME);
}

/* Hollander and Wolfe, "Nonparametric Statistical Methods", table 3.1: V = 40,
   P = 0.01953, as R's ?wilcox.test has it. */
static void test_published(void **state)
{
	const double x[] = { 1.83, 0.50, 1.62, 2.48, 1.68,
			     1.88, 1.55, 3.06, 1.30 };
	const double y[] = { 0.878, 0.647, 0.598, 2.05, 1.06,
			     1.29,  1.06,  3.14,  1.29 };
	const struct stats_rule rule = { .class = STATS_NOISY };
	double arm[9], base[9];
	struct stats_outcome out;
	int i;

	(void)state;
	for (i = 0; i < 9; i++) {
		arm[i] = exp(x[i]);
		base[i] = exp(y[i]);
	}
	assert_int_equal(stats_compare(base, arm, 9, &rule, &out, NULL), 0);
	close_to(out.p_worse, 10.0 / 512);
	close_to(out.estimate, 0.46);
}

/* The worked example of R's p.adjust and of textbooks. */
static void test_holm(void **state)
{
	const double p[] = { 0.03, 0.01, 0.05, 0.02, 0.04 };
	const double expected[] = { 0.09, 0.05, 0.09, 0.08, 0.09 };
	const double large[] = { 0.9, 0.6 };
	double adjusted[5];
	int i;

	(void)state;
	assert_int_equal(stats_holm(p, 5, adjusted, NULL), 0);
	for (i = 0; i < 5; i++)
		close_to(adjusted[i], expected[i]);
	assert_int_equal(stats_holm(large, 2, adjusted, NULL), 0);
	close_to(adjusted[0], 1);
	close_to(adjusted[1], 1);
}

/* statistics.md's list, and by hand. */
static void test_min_rounds(void **state)
{
	(void)state;
	assert_int_equal(stats_min_rounds(1, 0.05), 6);
	assert_int_equal(stats_min_rounds(8, 0.05), 8);
	assert_int_equal(stats_min_rounds(24, 0.05), 9);
	assert_int_equal(stats_min_rounds(24, 0.05 / 3), 11);
	assert_int_equal(stats_min_rounds(100, 0.05 / 3), 13);
	assert_int_equal(stats_min_rounds(0, 0.05), 6);
	/* 1 sd: n = 10 .80, 20 .57, 40 .40 */
	assert_true(fabs(stats_smallest_effect(1, 10, 0.05) - 0.80) < 0.01);
	assert_true(fabs(stats_smallest_effect(1, 20, 0.05) - 0.57) < 0.01);
	assert_true(fabs(stats_smallest_effect(1, 40, 0.05) - 0.40) < 0.01);
	assert_int_equal(stats_rounds_for(1, 0.8, 0.05), 11);
	assert_int_equal(stats_rounds_for(1, 0, 0.05), 9999);
}

/* One arm of 24 cannot be WORSE with 8 rounds, but is not the same either. */
static void test_family(void **state)
{
	const double base[] = { 100, 100, 100, 100, 100, 100, 100, 100 };
	const double arm[] = { 130, 132, 129, 131, 133, 128, 130, 131 };
	struct stats_outcome outs[24], *family[24];
	size_t i;

	(void)state;
	for (i = 0; i < 24; i++) {
		family[i] = &outs[i];
		stats_compare(base, i ? base : arm, 8,
			      i == 1 || i == 0 ? &noisy : &near_exact, &outs[i],
			      NULL);
	}
	assert_int_equal(outs[0].verdict, STATS_WORSE);
	assert_int_equal(stats_decide(family, 24, STATS_ALPHA, NULL), 0);
	assert_int_equal(outs[0].verdict, STATS_UNCLEAR);
	assert_int_equal(outs[0].rounds_needed, 9);
	close_to(outs[0].adjusted_worse, 24.0 / 256);
	assert_int_equal(outs[1].verdict, STATS_SAME);
	/* what varies little is judged when all agree */
	outs[0].class = STATS_NEAR_EXACT;
	assert_int_equal(stats_decide(family, 24, STATS_ALPHA, NULL), 0);
	assert_int_equal(outs[0].verdict, STATS_WORSE);
	/* and in a smaller family both are */
	outs[0].class = STATS_NOISY;
	assert_int_equal(stats_decide(family, 10, STATS_ALPHA, NULL), 0);
	assert_int_equal(outs[0].verdict, STATS_WORSE);
}

static void test_simulation(void **state)
{
	int noise;

	(void)state;
	for (noise = 0; noise < NOISES; noise++) {
		struct sim_rates none = sim_checks(noise, 0.03, 1, 10, 1500);
		struct sim_rates edge = sim_checks(noise, 0.03, 1.05, 10, 1500);

		assert_true(none.covered >= 0.93 && none.covered <= 0.97);
		assert_true(edge.covered >= 0.93 && edge.covered <= 0.97);
		assert_true(none.worse <= 0.003 && none.better <= 0.003);
		assert_true(edge.worse < 0.065);
	}
}

/* What a gate promises; stats_bench prints the same for larger families. */
static void test_gates(void **state)
{
	int noise;

	(void)state;
	for (noise = 0; noise < NOISES; noise++) {
		assert_true(sim_gates(noise, 0.03, 1, 8, 200).failed <= 0.05);
		assert_true(sim_gates(noise, 0.03, 1.2, 8, 200).worse >= 1);
		assert_true(sim_gates(noise, 0.03, 1.03, 1, 1000).failed <=
			    0.02);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_median),
		cmocka_unit_test(test_critical_values),
		cmocka_unit_test(test_p_values),
		cmocka_unit_test(test_normal_agrees),
		cmocka_unit_test(test_estimate),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_few_rounds),
		cmocka_unit_test(test_grain_and_holes),
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_holm),
		cmocka_unit_test(test_min_rounds),
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_simulation),
		cmocka_unit_test(test_gates),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
