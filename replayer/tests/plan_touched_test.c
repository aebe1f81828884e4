// SPDX-License-Identifier: MIT
/* The plan compiler on tapes that tell what was used of large blocks. */
#include "replayer/tests/plan_reading.h"

enum { LARGE = 1 << 20, UNKNOWN = 0 };

static void begin_residency(struct history *y)
{
	const struct plan_source source = {
		.events = 1 << 20,
		.threads = 1,
		.residency = true,
	};

	begin_source(y, &source);
}

static void give(struct history *y, uint64_t addr, uint64_t touched_bytes)
{
	const struct tape_notes notes = { .has = TAPE_NOTE_TOUCHED,
					  .touched_bytes = touched_bytes };
	struct tape_step s = {
		.ev = { .kind = TAPE_FREE, .addr = addr, .notes = &notes }
	};

	assert_int_equal(plan_compiler_add(y->c, &s, NULL), 0);
}

static void move_touched(struct history *y, uint64_t from, uint64_t to,
			 uint64_t size, uint64_t touched_bytes)
{
	const struct tape_notes notes = { .has = TAPE_NOTE_TOUCHED,
					  .touched_bytes = touched_bytes };
	struct tape_step s = { .ev = { .kind = TAPE_REALLOC,
				       .addr = to,
				       .old_addr = from,
				       .size = size,
				       .notes = &notes },
			       .phase = TAPE_BEGIN };

	assert_int_equal(plan_compiler_add(y->c, &s, NULL), 0);
	s.phase = TAPE_FINISH;
	assert_int_equal(plan_compiler_add(y->c, &s, NULL), 0);
}

/* The next op is PLAN_TOUCHED with these: 1 + pages, or UNKNOWN. */
static void expect_touched(struct reading *r, uint32_t old, uint32_t pages)
{
	assert_int_equal(read_op(r), PLAN_TOUCHED);
	assert_int_equal(r->slot, old);
	assert_int_equal(r->arg, pages);
}

static void test_frees_tell_the_op_that_took(void **state)
{
	struct history y;
	struct reading r;

	(void)state;
	begin_residency(&y);
	step(&y, 0, TAPE_MALLOC, 0x100000, LARGE);
	step(&y, 0, TAPE_MALLOC, 0x10000, PLAN_LARGE - 1);
	step(&y, 0, TAPE_CALLOC, 0x300000, LARGE);
	give(&y, 0x100000, 3 * PLAN_PAGE - 16); /* 16: of its header */
	give(&y, 0x10000, PLAN_PAGE);
	step(&y, 0, TAPE_MEMALIGN, 0x500000, 2 * LARGE); /* the free slot */
	give(&y, 0x500000, 0);
	finish(&y);
	open_stream(&r, &y, 0);
	expect_touched(&r, UNKNOWN, 1 + 3);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	assert_int_equal(read_op(&r), PLAN_MALLOC); /* small: none */
	expect_touched(&r, UNKNOWN, UNKNOWN);       /* lives at the end */
	assert_int_equal(read_op(&r), PLAN_CALLOC);
	assert_int_equal(read_op(&r), PLAN_FREE);
	assert_int_equal(read_op(&r), PLAN_FREE);
	expect_touched(&r, UNKNOWN, 1 + 0);
	assert_int_equal(read_op(&r), PLAN_MEMALIGN);
	assert_int_equal(read_op(&r), PLAN_FREE);
	assert_int_equal(read_op(&r), PLAN_STOP);
	end(&y);
}

static void test_reallocs_tell_both(void **state)
{
	struct history y;
	struct reading r;

	(void)state;
	begin_residency(&y);
	step(&y, 0, TAPE_MALLOC, 0x100000, LARGE);
	move_touched(&y, 0x100000, 0x300000, 4 * LARGE, 5 * PLAN_PAGE);
	move_touched(&y, 0x300000, 0x300000, 10, 900 * PLAN_PAGE);
	move(&y, 0, 0x300000, 0x800000, LARGE, 0);
	give(&y, 0x800000, 7 * PLAN_PAGE);
	finish(&y);
	open_stream(&r, &y, 0);
	expect_touched(&r, UNKNOWN, 1 + 5);
	assert_int_equal(read_op(&r), PLAN_MALLOC);
	expect_touched(&r, 1 + 5, 1 + 900);
	assert_int_equal(read_op(&r), PLAN_REALLOC);
	assert_int_equal(read_op(&r), PLAN_REALLOC); /* small now */
	expect_touched(&r, UNKNOWN, 1 + 7);
	assert_int_equal(read_op(&r), PLAN_REALLOC);
	assert_int_equal(read_op(&r), PLAN_FREE);
	end(&y);
}

/* Many live large blocks, freed in another order: each gets its own pages. */
static void test_many_blocks(void **state)
{
	enum { NR = 5000 };
	struct history y;
	struct reading r;
	uint32_t i;

	(void)state;
	begin_residency(&y);
	for (i = 0; i < NR; i++)
		step(&y, 0, TAPE_MALLOC, (i + 1) * 0x1000000ULL, 256 * LARGE);
	for (i = 0; i < NR; i++) {
		uint32_t k = (uint32_t)((i * 7919ULL) % NR);

		give(&y, (k + 1) * 0x1000000ULL, k * (uint64_t)PLAN_PAGE);
	}
	finish(&y);
	open_stream(&r, &y, 0);
	for (i = 0; i < NR; i++) {
		expect_touched(&r, UNKNOWN, 1 + i);
		assert_int_equal(read_op(&r), PLAN_MALLOC_BIG);
	}
	end(&y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frees_tell_the_op_that_took),
		cmocka_unit_test(test_reallocs_tell_both),
		cmocka_unit_test(test_many_blocks),
	};

	return cmocka_run_group_tests_name("plan_touched", tests, NULL, NULL);
}
