// SPDX-License-Identifier: MIT
/* The plan compiler on histories that cannot have been. */
#include "replayer/tests/plan_reading.h"

static void test_late_events(void **state)
{
	struct history y;

	(void)state;
	begin(&y, 3, 8);
	step(&y, 1, TAPE_THREAD_START, 0, 0);
	step(&y, 1, TAPE_THREAD_END, 0, 0);
	step(&y, 1, TAPE_MALLOC, 0x1000, 8); /* its destructors: accepted */
	step(&y, 1, TAPE_THREAD_END, 0, 0);
	step(&y, 2, TAPE_MALLOC, 0x2000, 8); /* no start; joins thread 1 */
	step(&y, 1, TAPE_MALLOC, 0x3000, 8); /* gone: skipped */
	finish(&y);
	assert_int_equal(y.h.repairs.unborn_threads, 1);
	assert_int_equal(y.h.repairs.late_events, 1);
	assert_int_equal(y.h.ops[PLAN_OP_MALLOC], 2);
	assert_int_equal(plan_skipped(&y.h), 1);
	assert_int_equal(plan_repaired(&y.h), 1);
	end(&y);
}

static void test_unknown_blocks(void **state)
{
	struct history y;
	struct reading r;

	(void)state;
	begin(&y, 1, 8);
	step(&y, 0, TAPE_FREE, 0x1000, 0);
	move(&y, 0, 0x2000, 0x3000, 10, 0);
	step(&y, 0, TAPE_FREE, 0x3000, 0);
	finish(&y);
	assert_int_equal(y.h.repairs.unknown_frees, 1);
	assert_int_equal(y.h.repairs.unknown_reallocs, 1);
	open_stream(&r, &y, 0);
	assert_int_equal(read_op(&r), PLAN_REALLOC_NEW);
	assert_int_equal(read_op(&r), PLAN_FREE);
	assert_int_equal(read_op(&r), PLAN_STOP);
	end(&y);
}

static void test_blocks_without_address(void **state)
{
	struct history y;

	(void)state;
	begin(&y, 1, 8);
	step(&y, 0, TAPE_MALLOC, 0, 40); /* failed, but does not say so */
	step(&y, 0, TAPE_MALLOC, 0x1000, 40);
	finish(&y);
	assert_int_equal(y.h.repairs.failed_calls, 1);
	assert_int_equal(y.h.nr_live, 1);
	assert_int_equal(y.h.live_peak_bytes, 40);
	end(&y);
}

static void test_reallocs_that_free_or_fail(void **state)
{
	struct history y;
	struct reading r;

	(void)state;
	begin(&y, 1, 8);
	step(&y, 0, TAPE_MALLOC, 0x1000, 40);
	move(&y, 0, 0x1000, 0, 1ULL << 50, TAPE_FAILED);
	move(&y, 0, 0x1000, 0x1000, 60, 0); /* still there */
	move(&y, 0, 0x1000, 0, 0, 0);
	step(&y, 0, TAPE_FREE, 0x1000, 0); /* gone */
	finish(&y);
	assert_int_equal(y.h.repairs.failed_calls, 1);
	assert_int_equal(y.h.repairs.unknown_frees, 1);
	assert_int_equal(y.h.live_end_bytes, 0);
	assert_int_equal(y.h.nr_live, 0);
	open_stream(&r, &y, 0);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_int_equal(read_op(&r), PLAN_REALLOC);
	assert_int_equal(plan_realloc_old(r.next), 40);
	assert_int_equal(read_op(&r), PLAN_REALLOC_FREE);
	assert_int_equal(read_op(&r), PLAN_STOP);
	end(&y);
}

/* The free of the old block comes just after its place was given again. */
static void test_inverted_free(void **state)
{
	struct history y;
	struct reading r;

	(void)state;
	begin(&y, 2, 8);
	step(&y, 0, TAPE_MALLOC, 0x1000, 40);
	step(&y, 1, TAPE_THREAD_START, 0, 0);
	step(&y, 1, TAPE_MALLOC, 0x1000, 30);
	step(&y, 0, TAPE_FREE, 0x1000, 0); /* means the first one */
	step(&y, 1, TAPE_FREE, 0x1000, 0);
	finish(&y);
	assert_int_equal(y.h.repairs.overlaps, 1);
	assert_int_equal(y.h.waits, 0);
	assert_int_equal(y.h.nr_live, 0);
	open_stream(&r, &y, 0);
	read_op(&r);
	read_op(&r);
	assert_int_equal(read_op(&r), PLAN_FREE);
	assert_int_equal(r.arg, 40);
	end(&y);
}

/* The free of the old block was lost: it is freed when its time is up. */
static void test_lost_free(void **state)
{
	struct history y;
	int i;

	(void)state;
	begin(&y, 1, 20000);
	for (i = 0; i < 10000; i++)
		step(&y, 0, TAPE_MALLOC, 0x1000, 40);
	finish(&y);
	assert_int_equal(y.h.repairs.overlaps, 9999);
	assert_int_equal(y.h.nr_live, 1);
	assert_int_equal(y.h.live_end_bytes, 40);
	assert_true(y.h.nr_slots < 200);
	end(&y);
}

static void test_bad_thread_is_refused(void **state)
{
	struct history y;
	struct err err = { 0 };
	struct tape_step s = {
		.ev = { .thread = 7, .kind = TAPE_MALLOC, .addr = 16 }
	};

	(void)state;
	begin(&y, 2, 8);
	assert_int_equal(plan_compiler_add(y.c, &s, &err), -ERR_FORMAT);
	plan_compiler_free(y.c);
	assert_int_not_equal(access(y.path, F_OK), 0); /* no half plans */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_late_events),
		cmocka_unit_test(test_unknown_blocks),
		cmocka_unit_test(test_blocks_without_address),
		cmocka_unit_test(test_reallocs_that_free_or_fail),
		cmocka_unit_test(test_inverted_free),
		cmocka_unit_test(test_lost_free),
		cmocka_unit_test(test_bad_thread_is_refused),
	};

	return cmocka_run_group_tests_name("plan_repair", tests, NULL, NULL);
}
