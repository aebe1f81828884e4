// SPDX-License-Identifier: MIT
// A size that most of a class is asked for gets a class of its own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "allocators/arena/api.h"
#include "allocators/arena/arena.h"
#include "allocators/arena/sizeclass.h"

enum { NR = 4000 };

static char *block[NR];

static void fill(size_t size)
{
	for (int i = 0; i < NR; i++) {
		block[i] = arena_malloc(size);
		memset(block[i], i, size);
	}
}

static void check_and_free(size_t size)
{
	for (int i = 0; i < NR; i++) {
		assert_int_equal(block[i][0], (char)i);
		assert_int_equal(block[i][size - 1], (char)i);
		arena_free(block[i]);
	}
}

static void set_fit(size_t on)
{
	assert_int_equal(arena_ctl("conf.fit", NULL, NULL, &on, sizeof(on)), 0);
}

static void the_knob_switches_it_off(void **state)
{
	(void)state;
	set_fit(0);
	fill(4368);
	assert_int_equal(class_count(), NR_FIXED);
	assert_int_equal(arena_usable_size(block[NR - 1]), 4608);
	check_and_free(4368);
	set_fit(1);
}

static void many_sizes_have_no_majority(void **state)
{
	uint32_t random = 1;

	(void)state;
	// All are served by the class of 4608.
	for (int i = 0; i < NR; i++) {
		size_t n = 4112 + random % 480;

		random = random * 1103515245 + 12345;
		random ^= random >> 16;
		block[i] = arena_malloc(n);
		memset(block[i], i, n);
	}
	assert_int_equal(class_count(), NR_FIXED);
	check_and_free(4112);
}

static void a_frequent_size_gets_a_class(void **state)
{
	(void)state;
	fill(4360);
	assert_int_equal(class_count(), NR_FIXED + 1);
	assert_int_equal(arena_usable_size(block[0]), 4608);
	assert_int_equal(arena_usable_size(block[NR - 1]), 4368);
	check_and_free(4360);
}

static void sizes_close_below_share_it(void **state)
{
	void *p = arena_malloc(4300), *q = arena_malloc(4128);
	void *r = arena_malloc(4384);

	(void)state;
	assert_int_equal(arena_usable_size(p), 4368);
	assert_int_equal(arena_usable_size(q), 4608);
	assert_int_equal(arena_usable_size(r), 4608);
	arena_free(p);
	arena_free(q);
	arena_free(r);
}

static void alignment_keeps_its_promise(void **state)
{
	(void)state;
	for (size_t align = 32; align <= 4096; align *= 2) {
		void *p = arena_aligned_alloc(align, 4360);

		assert_int_equal((uintptr_t)p % align, 0);
		assert_true(arena_usable_size(p) >= 4360);
		arena_free(p);
	}
}

// Whoever asks before the class exists may rely on the answer afterwards.
static void the_size_foretold_is_never_too_large(void **state)
{
	size_t told = arena_good_size(9300);

	(void)state;
	fill(9300);
	assert_true(class_count() > NR_FIXED + 1);
	assert_true(arena_usable_size(block[NR - 1]) >= told);
	check_and_free(9300);
}

static void there_is_room_for_some_only(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NR_FITTED + 4; i++) {
		size_t size = 1040 + 1024 * (size_t)i;

		fill(size);
		check_and_free(size);
	}
	assert_int_equal(class_count(), NR_CLASSES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_knob_switches_it_off),
		cmocka_unit_test(many_sizes_have_no_majority),
		cmocka_unit_test(a_frequent_size_gets_a_class),
		cmocka_unit_test(sizes_close_below_share_it),
		cmocka_unit_test(alignment_keeps_its_promise),
		cmocka_unit_test(the_size_foretold_is_never_too_large),
		cmocka_unit_test(there_is_room_for_some_only),
	};

	return cmocka_run_group_tests_name("arena_fit", tests, NULL, NULL);
}
