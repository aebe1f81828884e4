// SPDX-License-Identifier: MIT
/*
 * The plan compiler on the first threads of a tape that has more, and on
 * threads that have nothing to do with each other.
 */
#include "replayer/tests/plan_reading.h"

static void begin_partial(struct history *y, uint32_t threads)
{
	const struct plan_source source = { .events = 100,
					    .threads = threads,
					    .partial = true };

	begin_source(y, &source);
}

static void test_left_out_threads_have_no_ops(void **state)
{
	struct history y;
	struct reading r;

	(void)state;
	begin_partial(&y, 1);
	step(&y, 0, TAPE_MALLOC, 0x1000, 100);
	step(&y, 3, TAPE_THREAD_START, 0, 0);
	step(&y, 3, TAPE_MALLOC, 0x2000, 5000);
	step(&y, 0, TAPE_FREE, 0x2000, 0); /* unknown */
	step(&y, 3, TAPE_FREE_NULL, 0, 7);
	step(&y, 3, TAPE_THREAD_END, 0, 0);
	step(&y, 0, TAPE_FREE, 0x1000, 0);
	finish(&y);
	assert_int_equal(y.h.nr_threads, 1);
	assert_int_equal(y.h.steps, 3);
	assert_int_equal(y.h.waits, 0);
	assert_int_equal(y.h.live_peak_bytes, 100);
	assert_int_equal(y.h.ops[PLAN_OP_MALLOC], 1);
	assert_int_equal(y.h.ops[PLAN_OP_FREE], 1);
	assert_int_equal(y.h.repairs.unknown_frees, 1);
	open_stream(&r, &y, 0);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_int_equal(read_op(&r), PLAN_FREE);
	assert_int_equal(read_op(&r), PLAN_STOP);
	end(&y);
}

/* Its place is given out again meanwhile: that is no overlap. */
static void test_what_they_would_free_stays(void **state)
{
	struct history y;
	struct reading r;
	uint32_t first;

	(void)state;
	begin_partial(&y, 1);
	step(&y, 0, TAPE_MALLOC, 0x1000, 100);
	step(&y, 1, TAPE_FREE, 0x1000, 0);
	step(&y, 0, TAPE_MALLOC, 0x1000, 30);
	move(&y, 1, 0x1000, 0x2000, 9000, 0);
	step(&y, 0, TAPE_MALLOC, 0x1000, 7);
	step(&y, 0, TAPE_FREE, 0x1000, 0);
	finish(&y);
	assert_int_equal(y.h.repairs.overlaps, 0);
	assert_int_equal(y.h.nr_slots, 3);
	assert_int_equal(y.h.nr_live, 2);
	assert_int_equal(y.h.live_end_bytes, 130);
	assert_int_equal(y.h.live_peak_bytes, 137);
	open_stream(&r, &y, 0);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	first = r.slot;
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_int_equal(r.arg, 7);
	assert_int_not_equal(r.slot, first);
	first = r.slot;
	assert_int_equal(read_op(&r), PLAN_FREE);
	assert_int_equal(r.slot, first);
	assert_int_equal(read_op(&r), PLAN_STOP);
	end(&y);
}

static void test_their_failed_calls_change_nothing(void **state)
{
	struct history y;

	(void)state;
	begin_partial(&y, 1);
	step(&y, 0, TAPE_MALLOC, 0x1000, 100);
	move(&y, 1, 0x1000, 0, 1 << 30, TAPE_FAILED);
	step(&y, 0, TAPE_FREE, 0x1000, 0);
	finish(&y);
	assert_int_equal(y.h.repairs.unknown_frees, 0);
	assert_int_equal(y.h.nr_live, 0);
	end(&y);
}

/* The maker is one that is there, though another acted last. */
static void test_births_and_ends(void **state)
{
	struct history y;
	struct reading r;

	(void)state;
	begin_partial(&y, 3);
	step(&y, 0, TAPE_MALLOC, 0x1000, 8);
	step(&y, 5, TAPE_THREAD_START, 0, 0);
	step(&y, 5, TAPE_MALLOC, 0x5000, 8);
	step(&y, 1, TAPE_THREAD_START, 0, 0);
	step(&y, 1, TAPE_FREE, 0x1000, 0);
	step(&y, 5, TAPE_THREAD_END, 0, 0);
	step(&y, 1, TAPE_THREAD_END, 0, 0);
	step(&y, 5, TAPE_MALLOC, 0x6000, 8);
	step(&y, 2, TAPE_THREAD_START, 0, 0);
	finish(&y);
	assert_int_equal(y.h.nr_threads, 3);
	assert_int_equal(y.h.nr_stacks, 1);
	assert_int_equal(y.h.waits, 1);
	assert_int_equal(y.h.repairs.unborn_threads, 0);
	open_stream(&r, &y, 0);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_int_equal(read_op(&r), PLAN_SPAWN);
	assert_int_equal(r.slot, 1);
	assert_int_equal(read_op(&r), PLAN_JOIN);
	assert_int_equal(r.slot, 1);
	assert_int_equal(read_op(&r), PLAN_SPAWN);
	assert_int_equal(r.slot, 2);
	assert_int_equal(read_op(&r), PLAN_STOP);
	open_stream(&r, &y, 1);
	assert_int_equal(read_op(&r), PLAN_WAIT);
	assert_int_equal(read_op(&r), PLAN_FREE);
	assert_int_equal(read_op(&r), PLAN_EXIT);
	end(&y);
}

/* A block of known size may be one of the threads that are left out. */
static void test_no_block_is_from_before(void **state)
{
	const struct tape_notes notes = { .has = TAPE_NOTE_USABLE,
					  .usable_bytes = 24 };
	struct tape_step s = {
		.ev = { .kind = TAPE_FREE, .addr = 0x1000, .notes = &notes }
	};
	struct history y;

	(void)state;
	begin_partial(&y, 1);
	assert_int_equal(plan_compiler_add(y.c, &s, NULL), 0);
	finish(&y);
	assert_int_equal(y.h.nr_born, 0);
	assert_int_equal(y.h.repairs.unknown_frees, 1);
	end(&y);
}

/* Pointers of two threads that share no object lie in no common line. */
static void test_threads_share_no_line(void **state)
{
	uint32_t lines[2][100];
	struct history y;
	struct reading r;
	uint32_t i, k;

	(void)state;
	begin(&y, 2, 200);
	step(&y, 1, TAPE_THREAD_START, 0, 0);
	for (i = 0; i < 200; i++)
		step(&y, i % 2, TAPE_MALLOC, 0x1000 + i * 64, 8);
	finish(&y);
	for (k = 0; k < 2; k++) {
		open_stream(&r, &y, k);
		for (i = 0; i < 100;)
			if (read_op(&r) == PLAN_MALLOC)
				lines[k][i++] = r.slot * sizeof(void *) / 64;
	}
	for (i = 0; i < 100; i++)
		for (k = 0; k < 100; k++)
			assert_int_not_equal(lines[0][i], lines[1][k]);
	end(&y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_left_out_threads_have_no_ops),
		cmocka_unit_test(test_what_they_would_free_stays),
		cmocka_unit_test(test_their_failed_calls_change_nothing),
		cmocka_unit_test(test_births_and_ends),
		cmocka_unit_test(test_no_block_is_from_before),
		cmocka_unit_test(test_threads_share_no_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
