// SPDX-License-Identifier: MIT
/* The plan compiler on blocks from before the recording. */
#include "replayer/tests/plan_reading.h"

/* Give a block back, by a free or a realloc to another place. */
static void give(struct history *y, uint64_t from, uint64_t to, uint64_t size,
		 const struct tape_notes *notes)
{
	struct tape_step s = { .ev = { .kind = to ? TAPE_REALLOC : TAPE_FREE,
				       .addr = to ? to : from,
				       .old_addr = to ? from : 0,
				       .size = size,
				       .notes = notes } };

	s.time_ns = s.ev.time_ns = s.ev.end_ns = y->time_ns += 10;
	s.phase = to ? TAPE_BEGIN : TAPE_WHOLE;
	assert_int_equal(plan_compiler_add(y->c, &s, NULL), 0);
	s.phase = TAPE_FINISH;
	if (to)
		assert_int_equal(plan_compiler_add(y->c, &s, NULL), 0);
}

static const struct plan_born *born_of(const struct history *y)
{
	return (const void *)(y->map + y->h.born_at);
}

static void test_given_blocks_are_born(void **state)
{
	const struct tape_notes small = { .has = TAPE_NOTE_USABLE,
					  .usable_bytes = 24 };
	const struct tape_notes large = { .has = TAPE_NOTE_USABLE,
					  .usable_bytes = 1000 };
	struct history y;
	struct reading r;

	(void)state;
	begin(&y, 1, 1 << 20);
	step(&y, 0, TAPE_MALLOC, 0x1000, 8);
	give(&y, 0x1000, 0, 0, &small); /* taken on the tape: not born */
	give(&y, 0x2000, 0, 0, &small);
	give(&y, 0x3000, 0x4000, 1500, &large);
	give(&y, 0x5000, 0, 0, NULL); /* of unknown size */
	finish(&y);
	assert_int_equal(y.h.nr_born, 2);
	assert_int_equal(y.h.born_bytes, 1024);
	assert_int_equal(y.h.repairs.unknown_frees, 1);
	assert_int_equal(y.h.repairs.unknown_reallocs, 0);
	assert_int_equal(born_of(&y)[0].size, 24);
	assert_int_equal(born_of(&y)[1].size, 1000);
	open_stream(&r, &y, 0);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_int_not_equal(r.slot, born_of(&y)[0].slot);
	assert_int_equal(read_op(&r), PLAN_FREE);
	assert_int_equal(read_op(&r), PLAN_FREE);
	assert_int_equal(r.slot, born_of(&y)[0].slot);
	assert_int_equal(r.arg, 24);
	assert_int_equal(read_op(&r), PLAN_REALLOC);
	assert_int_equal(r.slot, born_of(&y)[1].slot);
	assert_int_equal(plan_realloc_old(r.next), 1000);
	assert_int_equal(plan_realloc_new(r.word, r.next), 1500);
	assert_int_equal(read_op(&r), PLAN_STOP);
	assert_int_equal(y.h.nr_live, 1);
	assert_int_equal(y.h.live_end_bytes, 1500);
	assert_int_equal(y.h.live_peak_bytes, 1500);
	end(&y);
}

/* They are live at every mark before they go, and first of all. */
static void test_born_blocks_are_live_from_the_start(void **state)
{
	const struct tape_notes notes = { .has = TAPE_NOTE_USABLE,
					  .usable_bytes = 100 };
	const struct plan_source source = { .events = 8,
					    .threads = 1,
					    .born = true };
	const struct plan_mark *marks;
	struct history y;
	uint64_t i;

	(void)state;
	begin_source(&y, &source);
	for (i = 0; i < 50; i++)
		give(&y, 0x1000 + i * 256, 0, 0, &notes);
	finish(&y);
	marks = (const void *)(y.map + y.h.marks_at);
	assert_int_equal(marks[0].live_bytes, 5000); /* before any step */
	assert_int_equal(marks[0].time_ns, 0);
	for (i = 1; i + 1 < y.h.nr_marks; i++)
		assert_int_equal(marks[i].live_bytes,
				 4900 - marks[i].seq * 100);
	assert_true(i >= 49);
	assert_int_equal(marks[i].live_bytes, 5000);
	assert_int_equal(marks[i].seq, 0);
	assert_int_equal(y.h.live_peak_objects, 50);
	assert_int_equal(y.h.live_end_bytes, 0);
	assert_int_equal(y.h.nr_live, 0);
	end(&y);
}

/* A born block is there before all threads: its first op waits for none. */
static void test_born_blocks_need_no_wait(void **state)
{
	const struct tape_notes notes = { .has = TAPE_NOTE_USABLE,
					  .usable_bytes = 100 };
	struct history y;

	(void)state;
	begin(&y, 2, 1 << 20);
	step(&y, 1, TAPE_THREAD_START, 0, 0);
	step(&y, 1, TAPE_MALLOC, 0x1000, 8);
	give(&y, 0x2000, 0, 0, &notes);
	step(&y, 1, TAPE_MALLOC, 0x2000, 100); /* in another slot */
	finish(&y);
	assert_int_equal(y.h.nr_born, 1);
	assert_int_equal(y.h.waits, 0);
	end(&y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given_blocks_are_born),
		cmocka_unit_test(test_born_blocks_are_live_from_the_start),
		cmocka_unit_test(test_born_blocks_need_no_wait),
	};

	return cmocka_run_group_tests_name("plan_born", tests, NULL, NULL);
}
