// SPDX-License-Identifier: MIT
/* The set of live blocks against a plain list, with runs that wrap. */
#include "traces/tests/tape_testing.h"
/* The tool is no library; this part of it stands alone. */
#include "traces/tool/live_set.c"

#define KEYS 3000

static void test_against_list(void **state)
{
	static uint64_t size_of[KEYS]; /* 0: not there */
	struct live_set set = { 0 };
	struct live_block old;
	uint64_t seed = 3, nr = 0;
	int i;

	(void)state;
	for (i = 0; i < 400000; i++) {
		uint64_t r = testing_random(&seed), key = (r >> 8) % KEYS;
		uint64_t addr = 0x7f0000000000 + key * 16;

		if (r % 3) {
			struct live_block block = { .addr = addr,
						    .size_bytes = 1 + r % 1000,
						    .thread = 1 };
			int ret = live_set_add(&set, &block, &old);

			assert_int_equal(ret, size_of[key] != 0);
			if (ret)
				assert_int_equal(old.size_bytes, size_of[key]);
			nr += !ret;
			size_of[key] = block.size_bytes;
		} else {
			bool there = live_set_remove(&set, addr, &old);

			assert_int_equal(there, size_of[key] != 0);
			if (there)
				assert_int_equal(old.size_bytes, size_of[key]);
			nr -= there;
			size_of[key] = 0;
		}
		assert_int_equal(set.nr, nr);
	}
	live_set_release(&set);
}

static void test_empty(void **state)
{
	struct live_set set = { 0 };
	struct live_block old;

	(void)state;
	assert_false(live_set_remove(&set, 16, &old));
	assert_false(live_set_remove(&set, 0, &old));
	live_set_fetch_slot(&set, 16);
	live_set_fetch_block(&set, 16);
	live_set_release(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_list),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests_name("live_set", tests, NULL, NULL);
}
