// SPDX-License-Identifier: MIT
/*
 * What sites hold at the peak against a copy that is made at each new peak,
 * and estimates against what they estimate.
 */
#include "traces/tests/tape_testing.h"
/* The tool is no library; this part of it stands alone. */
#include "traces/tool/site_table.c"

#define STACKS 20
#define BLOCKS 500

struct block {
	uint32_t stack;
	uint64_t size;
};

static void test_peak(void **state)
{
	static struct block blocks[BLOCKS];
	uint64_t held[STACKS + 1] = { 0 }, at_peak[STACKS + 1] = { 0 };
	uint64_t seed = 4, live = 0, peak = 0;
	struct site_table t;
	size_t i;

	(void)state;
	assert_int_equal(site_table_init(&t, STACKS, "all", NULL), 0);
	for (i = 0; i < 20000; i++) {
		struct block *b = &blocks[testing_random(&seed) % BLOCKS];

		if (b->size) {
			site_table_give(&t, b->stack, b->size);
			held[b->stack] -= b->size;
			live -= b->size;
			b->size = 0;
			continue;
		}
		b->size = 1 + testing_random(&seed) % 1000;
		b->stack = (uint32_t)(testing_random(&seed) % (STACKS + 1));
		assert_int_equal(site_table_take(&t, b->stack, b->size), 0);
		held[b->stack] += b->size;
		live += b->size;
		if (live > peak) {
			peak = live;
			site_table_peak(&t);
			memcpy(at_peak, held, sizeof(held));
		}
	}
	site_table_finish(&t);
	assert_int_equal(t.nr, STACKS + 1);
	for (i = 0; i < t.nr; i++) {
		const struct site *s = &t.sites[i];

		assert_true(s->values[SITE_PEAK].sum ==
			    (double)at_peak[s->stack]);
		assert_true(s->values[SITE_LEAKED].sum ==
			    (double)held[s->stack]);
		assert_true(s->values[SITE_BYTES].variance == 0);
	}
	site_table_release(&t);
}

/* Sizes of 1 to 4000; each is taken with its chance. */
static double sample_once(const char *how, uint64_t *seed, double *variance,
			  double *exact)
{
	struct site_table t;
	struct site_value v = { 0, 0 };
	size_t i;

	assert_int_equal(site_table_init(&t, 1, how, NULL), 0);
	*exact = 0;
	for (i = 0; i < 2000; i++) {
		uint64_t size = 1 + i * 7919 % 4000;
		double p = 1 / weight(&t, size);
		double r = (double)(testing_random(seed) >> 11) * 0x1p-53;

		*exact += (double)size;
		assert_int_equal(site_table_take(&t, r < p ? 1 : 0, size), 0);
	}
	site_table_finish(&t);
	if (t.nr)
		v = t.sites[0].values[SITE_BYTES];
	*variance = v.variance;
	site_table_release(&t);
	return v.sum;
}

/* The mean comes true, and the variance is that of the estimates. */
static void check_sampling(const char *how)
{
	double sum = 0, squares = 0, variances = 0, variance, exact = 0;
	uint64_t seed = 12;
	int i, runs = 400;

	for (i = 0; i < runs; i++) {
		double got = sample_once(how, &seed, &variance, &exact);

		sum += got;
		squares += (got - exact) * (got - exact);
		variances += variance;
	}
	assert_true(fabs(sum / runs / exact - 1) < 0.01);
	assert_true(fabs(variances / squares - 1) < 0.25);
}

static void test_sampling(void **state)
{
	(void)state;
	check_sampling("1/10");
	check_sampling("bytes/8192");
}

static void test_edges(void **state)
{
	struct site_table t;

	(void)state;
	/* A tape without stacks, and stacks that are not there. */
	assert_int_equal(site_table_init(&t, 0, NULL, NULL), 0);
	assert_int_equal(site_table_take(&t, 0, 8), 0);
	assert_int_equal(t.nr, 0);
	site_table_release(&t);
	assert_int_equal(site_table_init(&t, 2, "1/0", NULL), 0);
	assert_int_equal(t.sampling, SITE_ALL);
	assert_int_equal(site_table_take(&t, 3, 8), 0);
	site_table_give(&t, 1, 8);
	assert_int_equal(t.nr, 0);
	site_table_release(&t);
	assert_int_equal(site_metric_parse("peak"), SITE_PEAK);
	assert_int_equal(site_metric_parse("size"), -1);
	assert_string_equal(site_metric_name(SITE_LEAKED), "leaked");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peak),
		cmocka_unit_test(test_sampling),
		cmocka_unit_test(test_edges),
	};

	return cmocka_run_group_tests_name("site_table", tests, NULL, NULL);
}
