// SPDX-License-Identifier: MIT
/* The latency histogram: error bound, percentiles, merging. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "replayer/hist.h"

/* Every value is in a bucket whose end is at most 1 % above it. */
static void test_error_bound(void **state)
{
	uint64_t ns;

	(void)state;
	for (ns = 1; ns < HIST_MAX_NS; ns += 1 + ns / 1000) {
		uint64_t upper = hist_upper_ns(hist_index(ns));

		assert_true(upper >= ns);
		assert_true((upper - ns) * 100 <= ns);
	}
}

/* Buckets follow each other without a hole. */
static void test_buckets_are_adjacent(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i + 1 < HIST_BUCKETS; i++) {
		uint64_t upper = hist_upper_ns(i);

		assert_true(hist_upper_ns(i + 1) > upper);
		if (upper >= HIST_MAX_NS)
			break;
		assert_int_equal(hist_index(upper), i);
		assert_int_equal(hist_index(upper + 1), i + 1);
	}
}

static void test_beyond_the_range(void **state)
{
	static struct hist h;

	(void)state;
	memset(&h, 0, sizeof(h));
	hist_add(&h, 0);
	hist_add(&h, UINT64_MAX);
	assert_int_equal(h.count, 2);
	assert_int_equal(h.buckets[0], 1);
	assert_int_equal(h.max_ns, UINT64_MAX);
	assert_true(hist_index(UINT64_MAX) < HIST_BUCKETS);
	assert_int_equal(hist_index(UINT64_MAX), hist_index(HIST_MAX_NS));
}

static void test_percentiles(void **state)
{
	static struct hist h;
	uint64_t i;

	(void)state;
	memset(&h, 0, sizeof(h));
	assert_int_equal(hist_percentile(&h, 0.5), 0);
	for (i = 1; i <= 100000; i++)
		hist_add(&h, i);
	assert_in_range(hist_percentile(&h, 0.5), 50000, 50400);
	assert_in_range(hist_percentile(&h, 0.99), 99000, 99800);
	/* Never above the largest value seen. */
	assert_int_equal(hist_percentile(&h, 1), 100000);
}

static void test_merge(void **state)
{
	static struct hist a, b;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	hist_add(&a, 10);
	hist_add(&a, 1000);
	hist_add(&b, 10);
	hist_add(&b, 5000);
	hist_merge(&a, &b);
	assert_int_equal(a.count, 4);
	assert_int_equal(a.buckets[10], 2);
	assert_int_equal(a.max_ns, 5000);
	assert_int_equal(hist_percentile(&a, 0.5), 10);
}

static void test_mean(void **state)
{
	static struct hist h;
	uint64_t i;

	(void)state;
	memset(&h, 0, sizeof(h));
	assert_true(hist_mean(&h) == 0);
	for (i = 1; i <= 100000; i++)
		hist_add(&h, i);
	assert_true(hist_mean(&h) >= 50000.5 && hist_mean(&h) < 50400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error_bound),
		cmocka_unit_test(test_buckets_are_adjacent),
		cmocka_unit_test(test_beyond_the_range),
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_mean),
	};

	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
