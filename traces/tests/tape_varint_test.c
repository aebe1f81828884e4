// SPDX-License-Identifier: MIT
/* Varints and zigzag: every length, and what must be refused. */
#include "traces/tape_varint.h"
#include "traces/tests/tape_testing.h"

static void check_one(uint64_t v, size_t len)
{
	uint8_t buf[VARINT_MAX];
	uint64_t got = ~v;
	size_t i;

	assert_int_equal(varint_put(buf, v) - buf, len);
	assert_ptr_equal(varint_get(buf, buf + len, &got), buf + len);
	assert_int_equal(got, v);
	for (i = 0; i < len; i++)
		assert_null(varint_get(buf, buf + i, &got));
}

static void test_lengths(void **state)
{
	unsigned bits;

	(void)state;
	check_one(0, 1);
	for (bits = 1; bits <= 64; bits++) {
		uint64_t top = (uint64_t)1 << (bits - 1);

		check_one(top, (bits + 6) / 7);
		check_one(top | (top - 1), (bits + 6) / 7);
	}
}

static void test_too_long(void **state)
{
	static const uint8_t eleven[] = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
					  0x80, 0x80, 0x80, 0x80, 0x00 };
	static const uint8_t bit_64[] = { 0x80, 0x80, 0x80, 0x80, 0x80,
					  0x80, 0x80, 0x80, 0x80, 0x02 };
	uint64_t v;

	(void)state;
	assert_null(varint_get(eleven, eleven + sizeof(eleven), &v));
	assert_null(varint_get(bit_64, bit_64 + sizeof(bit_64), &v));
	assert_null(varint_get(NULL, NULL, &v));
}

static void test_zigzag(void **state)
{
	static const int64_t values[] = { 0,  -1,        1,        -64,
					  63, INT64_MIN, INT64_MAX };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_int_equal(unzigzag(zigzag(values[i])), values[i]);
	assert_int_equal(zigzag(-1), 1);
	assert_int_equal(zigzag(1), 2);
	assert_int_equal(zigzag(-64), 127);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_zigzag),
	};

	return cmocka_run_group_tests_name("tape_varint", tests, NULL, NULL);
}
