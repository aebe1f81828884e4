// SPDX-License-Identifier: MIT
/* Errors and ranks of validate, against numbers worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replayer/validate_figures.h"

static void set(struct validate_figures *f, size_t arm, double a, double b,
		double c, double predicted)
{
	struct validate_values *v = &f->arms[arm].values[VALIDATE_PEAK];

	v->real[0] = a;
	v->real[1] = b;
	v->real[2] = c;
	v->predicted[0] = predicted;
}

static void errors_are_of_medians(void **state)
{
	struct validate_figures f;

	(void)state;
	assert_int_equal(validate_figures_init(&f, 3, 3, NULL), 0);
	set(&f, 0, 100, 90, 120, 101);
	set(&f, 1, 200, 200, 200, 190);
	set(&f, 2, NAN, 300, NAN, 300);
	validate_figures_judge(&f);
	assert_float_equal(f.arms[0].values[0].real_median, 100, 1e-9);
	assert_float_equal(f.arms[0].values[0].real_low, 90, 1e-9);
	assert_float_equal(f.arms[0].values[0].real_high, 120, 1e-9);
	assert_float_equal(f.arms[0].values[0].error, 0.01, 1e-9);
	assert_true(f.arms[0].values[0].within);
	assert_float_equal(f.arms[1].values[0].error, -0.05, 1e-9);
	assert_false(f.arms[1].values[0].within);
	assert_true(f.arms[2].values[0].within);
	assert_float_equal(f.summary[VALIDATE_PEAK].median_error, 0.01, 1e-9);
	assert_float_equal(f.summary[VALIDATE_PEAK].worst_error, 0.05, 1e-9);
	assert_int_equal(f.summary[VALIDATE_PEAK].worst_arm, 1);
	assert_true(isnan(f.summary[VALIDATE_END].worst_error));
	validate_figures_release(&f);
}

static void only_clear_differences_are_ranked(void **state)
{
	struct validate_figures f;

	(void)state;
	assert_int_equal(validate_figures_init(&f, 4, 3, NULL), 0);
	set(&f, 0, 100, 100, 100, 108);
	set(&f, 1, 102, 102, 102, 90);  /* no order with the first */
	set(&f, 2, 106, 106, 106, 107); /* more than it, predicted less */
	set(&f, 3, 150, 150, 150, NAN); /* not predicted */
	validate_figures_judge(&f);
	assert_int_equal(f.nr_pairs, 2);
	assert_int_equal(f.nr_wrong, 1);
	assert_int_equal(f.wrong[0].less, 0);
	assert_int_equal(f.wrong[0].more, 2);
	validate_figures_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_are_of_medians),
		cmocka_unit_test(only_clear_differences_are_ranked),
	};

	return cmocka_run_group_tests_name("validate", tests, NULL, NULL);
}
