// SPDX-License-Identifier: MIT
/* The plan compiler on healthy histories: slots, waits, threads, marks. */
#include "replayer/tests/plan_reading.h"

static void test_slots_are_recycled(void **state)
{
	struct history y;
	struct reading r;
	uint32_t first;

	(void)state;
	begin(&y, 1, 6);
	step(&y, 0, TAPE_MALLOC, 0x1000, 100);
	step(&y, 0, TAPE_CALLOC, 0x2000, 50);
	step(&y, 0, TAPE_FREE, 0x1000, 0);
	step(&y, 0, TAPE_MALLOC, 0x3000, 70);
	step(&y, 0, TAPE_FREE_NULL, 0, 3);
	finish(&y);
	open_stream(&r, &y, 0);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_int_equal(r.arg, 100);
	first = r.slot;
	assert_int_equal(read_op(&r), PLAN_CALLOC);
	assert_int_not_equal(r.slot, first);
	assert_int_equal(read_op(&r), PLAN_FREE);
	assert_int_equal(r.slot, first);
	assert_int_equal(r.arg, 100); /* the block's size, for the groups */
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_int_equal(r.slot, first);
	assert_int_equal(read_op(&r), PLAN_FREE_NULL);
	assert_int_equal(r.arg, 3);
	assert_int_equal(read_op(&r), PLAN_STOP);
	assert_int_equal(y.h.nr_slots, 2);
	assert_int_equal(y.h.nr_live, 2);
	assert_int_equal(y.h.live_peak_bytes, 150);
	assert_int_equal(y.h.live_end_bytes, 120);
	assert_int_equal(y.h.ops[PLAN_OP_MALLOC], 2);
	assert_int_equal(y.h.ops[PLAN_OP_FREE], 4);
	assert_int_equal(y.h.waits, 0);
	end(&y);
}

static void test_sizes_and_alignments_are_exact(void **state)
{
	const uint64_t big = 5ULL << 30, old = 3ULL << 32;
	struct history y;
	struct reading r;
	struct tape_step s = { .ev = { .kind = TAPE_MEMALIGN,
				       .addr = 0x9000,
				       .size = 77,
				       .alignment = 4096 } };

	(void)state;
	begin(&y, 1, 6);
	step(&y, 0, TAPE_MALLOC, 0x1000, PLAN_ARG_MAX);
	step(&y, 0, TAPE_MALLOC, 0x2000, PLAN_ARG_MAX + 1ULL);
	step(&y, 0, TAPE_CALLOC, 0x3000, old);
	move(&y, 0, 0x3000, 0x4000, big + 7, 0);
	move(&y, 0, 0, 0x5000, 12, 0);
	assert_int_equal(plan_compiler_add(y.c, &s, NULL), 0);
	step(&y, 0, TAPE_FREE_SIZED, 0x5000, 12);
	finish(&y);
	open_stream(&r, &y, 0);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_int_equal(r.arg, PLAN_ARG_MAX);
	assert_int_equal(read_op(&r), PLAN_MALLOC_BIG);
	assert_int_equal(r.next, PLAN_ARG_MAX + 1ULL);
	assert_int_equal(read_op(&r), PLAN_CALLOC_BIG);
	assert_int_equal(r.next, old);
	assert_int_equal(read_op(&r), PLAN_REALLOC);
	assert_int_equal(plan_realloc_old(r.next), old);
	assert_int_equal(plan_realloc_new(r.word, r.next), big + 7);
	assert_int_equal(read_op(&r), PLAN_REALLOC_NEW);
	assert_int_equal(r.arg, 12);
	assert_int_equal(read_op(&r), PLAN_MEMALIGN);
	assert_int_equal(r.next, 77 | 12ULL << PLAN_ALIGN_SHIFT);
	assert_int_equal(read_op(&r), PLAN_FREE_SIZED);
	assert_int_equal(r.next, 12);
	end(&y);
}

static void test_only_foreign_ops_wait(void **state)
{
	struct history y;
	struct reading r;
	uint32_t slot;

	(void)state;
	begin(&y, 2, 8);
	step(&y, 0, TAPE_MALLOC, 0x1000, 8);
	step(&y, 0, TAPE_MALLOC, 0x2000, 8);
	step(&y, 1, TAPE_THREAD_START, 0, 0);
	step(&y, 1, TAPE_FREE, 0x1000, 0);
	step(&y, 0, TAPE_FREE, 0x2000, 0);
	finish(&y);
	assert_int_equal(y.h.waits, 1);
	open_stream(&r, &y, 0);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_true(r.word & PLAN_PUBLISH);
	slot = r.slot;
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_false(r.word & PLAN_PUBLISH);
	assert_int_equal(read_op(&r), PLAN_SPAWN);
	assert_int_equal(r.slot, 1);
	assert_int_equal(read_op(&r), PLAN_FREE);
	assert_int_equal(read_op(&r), PLAN_STOP);
	open_stream(&r, &y, 1);
	assert_int_equal(read_op(&r), PLAN_WAIT);
	assert_int_equal(r.slot, slot);
	assert_int_equal(r.arg, 1);
	assert_int_equal(read_op(&r), PLAN_FREE);
	assert_int_equal(r.slot, slot);
	end(&y);
}

static void test_old_ops_need_no_wait(void **state)
{
	struct history y;
	int i;

	(void)state;
	begin(&y, 2, 2 * PLAN_DONE);
	step(&y, 0, TAPE_MALLOC, 0x1000, 8);
	step(&y, 1, TAPE_THREAD_START, 0, 0);
	for (i = 0; i <= PLAN_DONE / 2; i++) {
		step(&y, 0, TAPE_MALLOC, 0x2000, 8);
		step(&y, 0, TAPE_FREE, 0x2000, 0);
	}
	step(&y, 1, TAPE_FREE, 0x1000, 0);
	finish(&y);
	assert_int_equal(y.h.waits, 0);
	end(&y);
}

/* No stream has a gap of PLAN_GAP or more between two things told. */
static void test_skew_is_told_often(void **state)
{
	struct history y;
	struct reading r;
	uint64_t told = 0, seen = 0;
	int i;

	(void)state;
	begin(&y, 2, 20000);
	step(&y, 1, TAPE_THREAD_START, 0, 0);
	for (i = 0; i < 5000; i++) {
		step(&y, 0, TAPE_MALLOC, 0x1000, 8);
		step(&y, 0, TAPE_FREE, 0x1000, 0);
	}
	step(&y, 1, TAPE_MALLOC, 0x3000, 8);
	finish(&y);
	open_stream(&r, &y, 0);
	while (read_op(&r) != PLAN_STOP) {
		seen++;
		if (r.code != PLAN_SKEW)
			continue;
		assert_true(r.next - told <= PLAN_GAP + 1);
		told = r.next;
	}
	assert_true(seen > 10000);
	assert_true(told > 9000);
	open_stream(&r, &y, 1); /* it slept: told before its only op */
	assert_int_equal(read_op(&r), PLAN_SKEW);
	assert_int_equal(r.next, 10001);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	end(&y);
}

static void test_threads_are_born_and_joined(void **state)
{
	struct history y;
	struct reading r;
	const struct plan_thread *table;

	(void)state;
	begin(&y, 3, 8);
	step(&y, 0, TAPE_MALLOC, 0x1000, 8);
	step(&y, 1, TAPE_THREAD_START, 0, 0);
	step(&y, 1, TAPE_MALLOC, 0x2000, 8);
	step(&y, 1, TAPE_THREAD_END, 0, 0);
	step(&y, 2, TAPE_THREAD_START, 0, 0);
	step(&y, 2, TAPE_MALLOC, 0x3000, 8);
	finish(&y);
	open_stream(&r, &y, 0);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_int_equal(read_op(&r), PLAN_SPAWN);
	assert_int_equal(r.slot, 1);
	/* Thread 1 acted last, but has ended: the first one takes over. */
	assert_int_equal(read_op(&r), PLAN_JOIN);
	assert_int_equal(r.slot, 1);
	assert_int_equal(read_op(&r), PLAN_SPAWN);
	assert_int_equal(r.slot, 2);
	assert_int_equal(read_op(&r), PLAN_STOP);
	open_stream(&r, &y, 1);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_int_equal(read_op(&r), PLAN_EXIT);
	open_stream(&r, &y, 2);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_int_equal(read_op(&r), PLAN_STOP);
	table = (const void *)(y.map + y.h.threads_at);
	assert_int_equal(table[1].stack, table[2].stack);
	assert_int_equal(y.h.nr_stacks, 1);
	end(&y);
}

/* A thread exits where it ended: not when it fell asleep, not when joined. */
static void test_threads_exit_where_they_ended(void **state)
{
	struct history y;
	struct reading r;
	int i;

	(void)state;
	begin(&y, 3, 20000);
	step(&y, 1, TAPE_THREAD_START, 0, 0);
	step(&y, 2, TAPE_THREAD_START, 0, 0);
	step(&y, 1, TAPE_THREAD_END, 0, 0);
	for (i = 0; i < 3000; i++) {
		step(&y, 0, TAPE_MALLOC, 0x1000, 8);
		step(&y, 0, TAPE_FREE, 0x1000, 0);
	}
	step(&y, 2, TAPE_THREAD_END, 0, 0);
	finish(&y);
	open_stream(&r, &y, 1);
	assert_int_equal(read_op(&r), PLAN_SPAWN); /* it made thread 2 */
	assert_int_equal(read_op(&r), PLAN_EXIT);
	open_stream(&r, &y, 2);
	assert_int_equal(read_op(&r), PLAN_SKEW);
	assert_int_equal(r.next, 6003);
	assert_int_equal(read_op(&r), PLAN_EXIT);
	end(&y);
}

static void test_marks(void **state)
{
	struct history y;
	const struct plan_mark *marks;
	uint64_t highest = 0;
	uint32_t i;

	(void)state;
	begin(&y, 1, 20000);
	for (i = 0; i < 10000; i++)
		step(&y, 0, TAPE_MALLOC, 0x1000 + i * 16, 1000);
	for (i = 0; i < 10000; i++)
		step(&y, 0, TAPE_FREE, 0x1000 + i * 16, 0);
	finish(&y);
	marks = (const void *)(y.map + y.h.marks_at);
	assert_in_range(y.h.nr_marks, 2000, 5000);
	for (i = 0; i + 1 < y.h.nr_marks; i++) {
		/* Live bytes are exact: so many mallocs, so many frees. */
		uint64_t seq = marks[i].seq;

		assert_int_equal(marks[i].live_bytes,
				 1000 * (seq < 10000 ? seq + 1 : 19999 - seq));
		if (marks[i].live_bytes > highest)
			highest = marks[i].live_bytes;
	}
	assert_true(highest > 9940000);
	assert_int_equal(marks[i].live_bytes, 10000000);
	assert_int_equal(marks[i].seq, 9999);
	assert_int_equal(y.h.live_peak_bytes, 10000000);
	end(&y);
}

static void test_peak_is_flagged(void **state)
{
	struct history y;
	struct reading r;
	int flags = 0, at = -1, i;

	(void)state;
	begin(&y, 1, 8);
	step(&y, 0, TAPE_MALLOC, 0x1000, 10);
	step(&y, 0, TAPE_MALLOC, 0x2000, 10);
	step(&y, 0, TAPE_FREE, 0x2000, 0);
	step(&y, 0, TAPE_MALLOC, 0x3000, 5);
	finish(&y);
	open_stream(&r, &y, 0);
	for (i = 0; read_op(&r) != PLAN_STOP; i++) {
		if (!(r.word & PLAN_PEAK))
			continue;
		flags++;
		at = i;
	}
	assert_int_equal(flags, 1);
	assert_int_equal(at, 1);
	end(&y);
}

/* Many objects: the table grows, chains break up, nothing gets lost. */
static void test_many_objects(void **state)
{
	enum { NR = 200000 };
	struct history y;
	uint64_t i;

	(void)state;
	begin(&y, 1, 4 * NR);
	for (i = 0; i < NR; i++)
		step(&y, 0, TAPE_MALLOC, 0x10000 + i * 16, 1);
	for (i = 0; i < NR; i += 2)
		step(&y, 0, TAPE_FREE, 0x10000 + i * 16, 0);
	for (i = 1; i < NR; i += 2)
		step(&y, 0, TAPE_FREE, 0x10000 + i * 16, 0);
	finish(&y);
	assert_int_equal(plan_skipped(&y.h), 0);
	assert_int_equal(plan_repaired(&y.h), 0);
	assert_int_equal(y.h.nr_live, 0);
	assert_true(y.h.compiler_bytes / NR <= 64);
	end(&y);
}

/* A consumer frees what a producer makes: slots come back nevertheless. */
static void test_slots_return_from_a_consumer(void **state)
{
	struct history y;
	uint64_t i;

	(void)state;
	begin(&y, 2, 1000000);
	step(&y, 1, TAPE_THREAD_START, 0, 0);
	for (i = 0; i < 500000; i++) {
		step(&y, 0, TAPE_MALLOC, 0x1000, 8);
		step(&y, 1, TAPE_FREE, 0x1000, 0);
	}
	finish(&y);
	assert_int_equal(y.h.waits, 500000);
	assert_true(y.h.nr_slots < PLAN_DONE);
	end(&y);
}

/* Told when the step is reached, before births and at the end; never twice. */
static void test_clocks(void **state)
{
	const struct plan_source source = { .events = 1 << 20,
					    .threads = 2,
					    .clock_step_ns = 25 };
	struct history y;
	struct reading r;
	int i;

	(void)state;
	begin_source(&y, &source);
	for (i = 0; i < 5; i++) /* at 10, 20, 30, 40, 50 */
		step(&y, 0, TAPE_FREE_NULL, 0, 1);
	y.time_ns = 1ULL << 40;
	step(&y, 1, TAPE_THREAD_START, 0, 0);
	y.time_ns = 1ULL << 41;
	step(&y, 1, TAPE_THREAD_END, 0, 0);
	finish(&y);
	open_stream(&r, &y, 0);
	for (i = 10; i <= 50; i += 10) {
		if (i == 10 || i == 40) {
			assert_int_equal(read_op(&r), PLAN_CLOCK);
			assert_int_equal(plan_clock(r.word), i);
		}
		assert_int_equal(read_op(&r), PLAN_FREE_NULL);
	}
	assert_int_equal(read_op(&r), PLAN_CLOCK);
	assert_int_equal(plan_clock(r.word), (1ULL << 40) + 10);
	assert_int_equal(read_op(&r), PLAN_SPAWN);
	assert_int_equal(read_op(&r), PLAN_CLOCK);
	assert_int_equal(plan_clock(r.word), (1ULL << 41) + 10);
	assert_int_equal(read_op(&r), PLAN_STOP);
	open_stream(&r, &y, 1);
	assert_int_equal(read_op(&r), PLAN_CLOCK);
	assert_int_equal(plan_clock(r.word), (1ULL << 41) + 10);
	assert_int_equal(read_op(&r), PLAN_EXIT);
	assert_int_equal(y.h.clock_step_ns, 25);
	end(&y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots_are_recycled),
		cmocka_unit_test(test_sizes_and_alignments_are_exact),
		cmocka_unit_test(test_only_foreign_ops_wait),
		cmocka_unit_test(test_old_ops_need_no_wait),
		cmocka_unit_test(test_skew_is_told_often),
		cmocka_unit_test(test_threads_are_born_and_joined),
		cmocka_unit_test(test_threads_exit_where_they_ended),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_peak_is_flagged),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_many_objects),
		cmocka_unit_test(test_slots_return_from_a_consumer),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
