// SPDX-License-Identifier: MIT
/* Size classes fitted to profiles: what each must have, and that no other
 * table near it wastes less. */
#include "traces/tests/tape_testing.h"
/* The tool is no library; this part of it stands alone. */
#include "traces/tool/class_table.c"

static struct size_profile profile;

static void put(size_t size, double blocks)
{
	size_t grains = (size + CLASS_GRAIN_BYTES - 1) / CLASS_GRAIN_BYTES;

	profile.blocks[grains] += blocks;
	profile.bytes[grains] += blocks * (double)size;
}

static int start(void **state)
{
	(void)state;
	memset(&profile, 0, sizeof(profile));
	return 0;
}

static bool has(const struct class_table *t, uint32_t size)
{
	size_t i;

	for (i = 0; i < t->nr; i++)
		if (t->sizes[i] == size)
			return true;
	return false;
}

/* Waste and the cost of classes in use, the plain way. HUGE_VAL: no table. */
static double cost_of(const struct class_table *t)
{
	double sum = 0;
	size_t i, grains, last = 0;

	for (i = 0; i < t->nr; i++) {
		size_t end = t->sizes[i] / CLASS_GRAIN_BYTES;
		double blocks = 0;

		if (end <= last || end > farthest(last))
			return HUGE_VAL;
		for (grains = last + 1; grains <= end; grains++) {
			blocks += profile.blocks[grains];
			sum += profile.blocks[grains] * t->sizes[i] -
			       profile.bytes[grains];
		}
		sum += blocks > 0 ? CLASS_COST_BYTES : 0;
		last = end;
	}
	return last == CLASS_GRAINS ? sum : HUGE_VAL;
}

static void fit(struct class_table *t)
{
	struct err err = { 0 };
	uint32_t power;

	assert_int_equal(class_table_fit(t, &profile, &err), 0);
	assert_in_range(t->nr, 1, CLASSES_MAX);
	assert_true(cost_of(t) < HUGE_VAL);
	for (power = 16; power <= CLASS_LAST_BYTES; power *= 2)
		assert_true(has(t, power));
}

static void test_plain(void **state)
{
	struct class_table t;

	(void)state;
	put(129, 10);
	put(16, 5);
	put(32768, 1);
	class_table_plain(&t, &profile);
	assert_int_equal(t.nr, 72);
	assert_int_equal(t.sizes[0], 16);
	assert_int_equal(t.sizes[8], 144);
	assert_int_equal(t.sizes[71], 32768);
	assert_true(t.rounding_bytes == 150);
}

static void test_nothing_lives(void **state)
{
	struct class_table t;

	(void)state;
	fit(&t);
	assert_true(t.rounding_bytes == 0 && t.page_bytes == 0);
}

static void test_few_sizes_get_their_classes(void **state)
{
	static const uint16_t sizes[] = { 1040, 2064, 4112, 16400, 30000 };
	struct class_table t, plain;
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++)
		put(sizes[i], 1000);
	fit(&t);
	for (i = 0; i < 5; i++)
		assert_true(has(&t, sizes[i]));
	assert_true(t.rounding_bytes == 0);
	class_table_plain(&plain, &profile);
	assert_true(plain.rounding_bytes > 1000 * 500);
}

static void test_a_rare_size_gets_none(void **state)
{
	struct class_table t;

	(void)state;
	put(1040, 1);
	put(1104, 1000);
	fit(&t);
	assert_true(has(&t, 1104));
	assert_false(has(&t, 1040));
}

/* No class moved, left out or added makes a table better. */
static void is_best_of_neighbours(const struct class_table *t)
{
	double best = cost_of(t) - 1e-3;
	struct class_table other;
	size_t i;
	int step;

	for (i = 0; i + 1 < t->nr; i++) {
		for (step = -8; step <= 8; step++) {
			other = *t;
			other.sizes[i] += (uint32_t)(step * CLASS_GRAIN_BYTES);
			assert_true(cost_of(&other) >= best);
		}
		other = *t;
		other.nr--;
		memmove(&other.sizes[i], &other.sizes[i + 1],
			(other.nr - i) * sizeof(*other.sizes));
		assert_true(cost_of(&other) >= best);
	}
}

static void test_against_neighbours(void **state)
{
	uint64_t seed = 11;
	struct class_table t, plain;
	int round, i;

	(void)state;
	for (round = 0; round < 3; round++) {
		start(NULL);
		for (i = 0; i < 1000; i++) {
			uint64_t r = testing_random(&seed);

			put(1 + (r >> 20) % ((uint64_t)16 << r % 12),
			    (double)(r % 97));
		}
		fit(&t);
		is_best_of_neighbours(&t);
		class_table_plain(&plain, &profile);
		assert_true(cost_of(&t) < cost_of(&plain));
		assert_float_equal(t.rounding_bytes + t.page_bytes, cost_of(&t),
				   1e-3 * cost_of(&t));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_plain, start),
		cmocka_unit_test_setup(test_nothing_lives, start),
		cmocka_unit_test_setup(test_few_sizes_get_their_classes, start),
		cmocka_unit_test_setup(test_a_rare_size_gets_none, start),
		cmocka_unit_test_setup(test_against_neighbours, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
