// SPDX-License-Identifier: MIT
/* Numbers with units, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "traces/base/units.h"

static void test_format(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(units_format_bytes(buf, 32, 0), "0 B");
	assert_string_equal(units_format_bytes(buf, 32, 1023), "1023 B");
	assert_string_equal(units_format_bytes(buf, 32, 1024), "1.00 KiB");
	assert_string_equal(units_format_bytes(buf, 32, 1.5e9), "1.40 GiB");
	assert_string_equal(units_format_bytes(buf, 32, -2048), "-2.00 KiB");
	assert_string_equal(units_format_ns(buf, 32, 12), "12 ns");
	assert_string_equal(units_format_ns(buf, 32, 12.34), "12.3 ns");
	assert_string_equal(units_format_ns(buf, 32, 12345), "12.3 us");
	assert_string_equal(units_format_ns(buf, 32, 90e9), "1.50 min");
	assert_string_equal(units_format_count(buf, 32, 999), "999");
	assert_string_equal(units_format_count(buf, 32, 184.2e6), "184 M");
	/* A short buffer is filled, never overrun. */
	assert_string_equal(units_format_bytes(buf, 4, 123456), "121");
}

static void check_bytes(const char *text, int ret, uint64_t expected)
{
	uint64_t v = 77;

	assert_int_equal(units_parse_bytes(text, &v), ret);
	if (!ret)
		assert_int_equal(v, expected);
}

static void test_parse_bytes(void **state)
{
	(void)state;
	check_bytes("0", 0, 0);
	check_bytes("4096", 0, 4096);
	check_bytes("64K", 0, 65536);
	check_bytes("64k", 0, 65536);
	check_bytes("2GiB", 0, 2ULL << 30);
	check_bytes("1.5M", 0, 3 << 19);
	check_bytes("1 KiB", 0, 1024);
	check_bytes("", -1, 0);
	check_bytes("K", -1, 0);
	check_bytes("-1", -1, 0);
	check_bytes("12X", -1, 0);
	check_bytes("1e30", -1, 0);
	check_bytes("nan", -1, 0);
	check_bytes("64KK", -1, 0);
}

static void check_ns(const char *text, int ret, uint64_t expected)
{
	uint64_t v = 77;

	assert_int_equal(units_parse_ns(text, &v), ret);
	if (!ret)
		assert_int_equal(v, expected);
}

static void test_parse_ns(void **state)
{
	(void)state;
	check_ns("10s", 0, 10000000000ULL);
	check_ns("10", 0, 10000000000ULL);
	check_ns("250ms", 0, 250000000);
	check_ns("2m", 0, 120000000000ULL);
	check_ns("1.5us", 0, 1500);
	check_ns("7ns", 0, 7);
	check_ns("10 parsecs", -1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_parse_bytes),
		cmocka_unit_test(test_parse_ns),
	};

	return cmocka_run_group_tests_name("base_units", tests, NULL, NULL);
}
