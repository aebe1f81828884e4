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

static double uniform(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return ((double)(*seed >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(uint64_t *seed)
{
	return sqrt(-2 * log(uniform(seed))) *
	       cos(2 * acos(-1) * uniform(seed));
}

struct simulated {
	double covered, worse, better;
};

/* n = 10 rounds with 3 % noise around a true ratio, many times. */
static struct simulated simulate(double ratio, bool heavy)
{
	struct simulated s = { 0 };
	uint64_t seed = 88172645463325252;
	const int trials = 1500;
	int t, i;

	for (t = 0; t < trials; t++) {
		double base[10], arm[10];
		struct stats_outcome out;

		for (i = 0; i < 10; i++) {
			double e = normal(&seed);

			if (heavy && uniform(&seed) < 0.1)
				e *= 5;
			base[i] = 100;
			arm[i] = 100 * ratio * exp(0.03 * e);
		}
		stats_compare(base, arm, 10, &noisy, &out, NULL);
		s.covered += out.ratio_low <= ratio && out.ratio_high >= ratio;
		s.worse += out.verdict == STATS_WORSE;
		s.better += out.verdict == STATS_BETTER;
	}
	s.covered /= trials;
	s.worse /= trials;
	s.better /= trials;
	return s;
}

static void test_simulation(void **state)
{
	int heavy;

	(void)state;
	for (heavy = 0; heavy < 2; heavy++) {
		struct simulated none = simulate(1, heavy);
		struct simulated edge = simulate(1.05, heavy);
		struct simulated clear = simulate(1.13, heavy);

		assert_true(none.covered > 0.93 && none.covered < 0.975);
		assert_true(edge.covered > 0.93 && edge.covered < 0.975);
		assert_true(none.worse <= 0.003 && none.better <= 0.003);
		assert_true(edge.worse < 0.06);
		assert_true(clear.worse > 0.95 && clear.better == 0);
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
		cmocka_unit_test(test_simulation),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
