// SPDX-License-Identifier: MIT
/* Percentiles against those of the sorted durations. */
#include <stdlib.h>

#include "traces/tests/tape_testing.h"
/* The tool is no library; this part of it stands alone. */
#include "traces/tool/latency_hist.c"

#define NR 20000

static int compare(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return a < b ? -1 : a > b;
}

static void test_bins(void **state)
{
	uint64_t ns, seed = 1;
	unsigned i;

	(void)state;
	for (i = 0; i < LATENCY_BINS - 1; i++) {
		assert_int_equal(bin_of(upper_end(i)), i);
		assert_int_equal(bin_of(upper_end(i) + 1), i + 1);
	}
	for (i = 0; i < 100000; i++) {
		ns = testing_wild(&seed) >> (64 - LATENCY_MAX_BITS);
		assert_in_range(ns, 0, upper_end(bin_of(ns)));
		assert_true(upper_end(bin_of(ns)) - ns <= ns / 32);
	}
	assert_int_equal(bin_of(UINT64_MAX), LATENCY_BINS - 1);
}

static void test_percentiles(void **state)
{
	static const double shares[] = { 0, 0.5, 0.9, 0.99, 0.9999, 1 };
	static uint64_t all[NR];
	static struct latency_hist h;
	uint64_t seed = 9;
	size_t i;

	(void)state;
	assert_int_equal(latency_hist_percentile(&h, 0.5), 0);
	for (i = 0; i < NR; i++) {
		all[i] = testing_random(&seed) >> (34 + i % 20);
		latency_hist_add(&h, all[i]);
	}
	qsort(all, NR, sizeof(all[0]), compare);
	for (i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		uint64_t got = latency_hist_percentile(&h, shares[i]);
		double rank = shares[i] * NR;
		uint64_t want = all[rank > 1 ? (size_t)(rank + 0.999) - 1 : 0];

		assert_in_range(got, want, want + want / 32);
	}
	assert_int_equal(h.nr, NR);
	assert_int_equal(h.max_ns, all[NR - 1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bins),
		cmocka_unit_test(test_percentiles),
	};

	return cmocka_run_group_tests_name("latency_hist", tests, NULL, NULL);
}
