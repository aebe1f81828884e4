// SPDX-License-Identifier: MIT
/* A process's memory is read from the kernel's text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "traces/base/process_memory.h"

static void test_all_lines(void **state)
{
	static const char status[] = "Name:\tx\nVmHWM:\t 4096 kB\n"
				     "VmRSS:\t99 kB\n"
				     "RssAnon:\t    3072 kB\nRssFile:\t 8 kB\n"
				     "RssShmem:\t4 kB\nVmSwap:\t16 kB\n"
				     "Threads:\t7\n";
	struct process_memory m;

	(void)state;
	assert_true(process_memory_parse(&m, status));
	assert_int_equal(m.anon_bytes, 3 << 20);
	assert_int_equal(m.file_bytes, 12 << 10);
	assert_int_equal(m.swap_bytes, 16 << 10);
	assert_int_equal(m.peak_bytes, 4 << 20);
	assert_int_equal(m.threads, 7);
}

static void test_without_memory(void **state)
{
	struct process_memory m;

	(void)state;
	assert_false(process_memory_parse(&m, "Name:\tx\nState:\tZ (zombie)\n"
					      "Threads:\t1\n"));
}

static void test_without_peak(void **state)
{
	struct process_memory m = { .peak_bytes = 5 };

	(void)state;
	assert_true(process_memory_parse(&m, "Name:\tx\nRssAnon:\t1 kB\n"
					     "RssFile:\t1 kB\nRssShmem:\t0 kB\n"
					     "VmSwap:\t0 kB\nThreads:\t1\n"));
	assert_int_equal(m.peak_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_lines),
		cmocka_unit_test(test_without_memory),
		cmocka_unit_test(test_without_peak),
	};

	return cmocka_run_group_tests_name("process_memory", tests, NULL, NULL);
}
