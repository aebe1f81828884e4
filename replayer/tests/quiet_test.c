// SPDX-License-Identifier: MIT
/* Which rounds are thrown away, by made-up /proc files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replayer/replay_quiet.h"
#include "traces/base/files.h"

#define TEMPLATE "/tmp/heaptape-quiet.XXXXXX"

static char root[64];

static void put(const char *path, const char *text)
{
	char full[512], *slash;
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	slash = strrchr(full, '/');
	*slash = '\0';
	assert_int_equal(files_make_dir(full, NULL), 0);
	*slash = '/';
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int setup(void **state)
{
	(void)state;
	strcpy(root, TEMPLATE);
	if (!mkdtemp(root))
		return -1;
	put("/proc/stat", "cpu  100 0 50 1000 0 0 0 10 0 0\ncpu0 1 2 3\n");
	put("/proc/vmstat", "nr_free_pages 5\npswpin 7\npswpout 9\n");
	put("/proc/self/cgroup", "1:name=x:/other\n0::/job/x\n");
	put("/sys/fs/cgroup/job/x/cpu.stat",
	    "usage_usec 5\nnr_periods 0\nnr_throttled 3\n");
	put("/sys/devices/system/clocksource/clocksource0/current_clocksource",
	    "tsc\n");
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static void expect(const struct replay_quiet *before, uint64_t median,
		   const char *expected)
{
	struct replay_quiet after;
	char why[200];

	replay_quiet_read(&after, root);
	assert_string_equal(
		replay_quiet_judge(before, &after, median, why, sizeof(why)),
		expected);
}

static void test_reading(void **state)
{
	struct replay_quiet now;

	(void)state;
	replay_quiet_read(&now, root);
	assert_int_equal(now.steal_ticks, 10);
	assert_int_equal(now.all_ticks, 1160);
	assert_int_equal(now.throttled, 3);
	assert_int_equal(now.swapped_in, 7);
	assert_string_equal(now.clocksource, "tsc");
	expect(&now, 0, "");
}

static void test_steal(void **state)
{
	struct replay_quiet before;

	(void)state;
	replay_quiet_read(&before, root);
	put("/proc/stat", "cpu  200 0 50 1880 0 0 0 30 0 0\n");
	expect(&before, 0, ""); /* 20 of 1000 ticks: just 2 % */
	put("/proc/stat", "cpu  200 0 50 1880 0 0 0 31 0 0\n");
	expect(&before, 0, "steal 2.1 %");
	put("/proc/stat", "cpu  110 0 50 1000 0 0 0 14 0 0\n");
	expect(&before, 0, ""); /* 4 ticks, too few to tell */
}

static void test_others(void **state)
{
	struct replay_quiet before;

	(void)state;
	replay_quiet_read(&before, root);
	put("/sys/fs/cgroup/job/x/cpu.stat", "nr_throttled 5\n");
	expect(&before, 0, "throttled by the cgroup 2 times");
	put("/sys/fs/cgroup/job/x/cpu.stat", "nr_throttled 3\n");
	put("/proc/vmstat", "pswpin 8\n");
	expect(&before, 0, "1 pages swapped in");
	put("/proc/vmstat", "pswpin 7\n");
	put("/sys/devices/system/clocksource/clocksource0/current_clocksource",
	    "hpet\n");
	expect(&before, 0, "clock source tsc became hpet");
}

/* What nobody counts disturbs nobody. */
static void test_nothing_there(void **state)
{
	struct replay_quiet before, after;
	char why[200];

	(void)state;
	replay_quiet_read(&before, "/nonexistent");
	replay_quiet_read(&after, root);
	after.clocksource[0] = '\0';
	assert_int_equal(before.throttled, UINT64_MAX);
	assert_string_equal(
		replay_quiet_judge(&before, &after, 1, why, sizeof(why)), "");
}

static void test_switches(void **state)
{
	struct replay_quiet_log log = { .allowed = 1 };
	struct replay_quiet before = { .involuntary = 100 }, after = before;
	char why[200];
	int i;

	(void)state;
	for (i = 0; i < QUIET_ROUNDS; i++) {
		assert_int_equal(replay_quiet_median(&log), 0);
		after.involuntary = 100 + 190 + (uint64_t)i * 10;
		replay_quiet_keep(&log, &before, &after);
	}
	assert_int_equal(replay_quiet_median(&log), 210);
	after.involuntary = 100 + 2100;
	assert_string_equal(
		replay_quiet_judge(&before, &after, 210, why, sizeof(why)), "");
	after.involuntary++;
	assert_string_equal(
		replay_quiet_judge(&before, &after, 210, why, sizeof(why)),
		"2101 involuntary switches");
	/* ten times next to nothing is still nothing */
	after.involuntary = 100 + 1000;
	assert_string_equal(
		replay_quiet_judge(&before, &after, 1, why, sizeof(why)), "");
}

#define FIXED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXED(test_reading),
		FIXED(test_steal),
		FIXED(test_others),
		FIXED(test_nothing_there),
		cmocka_unit_test(test_switches),
	};

	return cmocka_run_group_tests_name("quiet", tests, NULL, NULL);
}
