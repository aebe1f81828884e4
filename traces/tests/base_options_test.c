// SPDX-License-Identifier: MIT
/* Option tables: values of each type, mixed arguments, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/options.h"

static bool flag;
static const char *text;
static uint64_t count, size_bytes, time_ns;
static struct opt_list list;

static const struct opt_def defs[] = {
	{ 'j', "json", NULL, OPT_FLAG, &flag, "a flag" },
	{ 'o', "output", "FILE", OPT_TEXT, &text, "a text" },
	{ 'n', "number", "N", OPT_COUNT, &count, "a number" },
	{ 0, "size", "SIZE", OPT_BYTES, &size_bytes, "bytes" },
	{ 0, "time", "TIME", OPT_TIME, &time_ns, "a time" },
	{ 'a', "arm", "ARM", OPT_LIST, &list, "repeatable" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "test",
	.synopsis = "[OPTION]...",
	.summary = "Test.",
	.examples = "",
	.exits = "0 done",
	.defs = defs,
};

static int parse(bool stop, int *first, struct err *err, ...)
{
	char *argv[16] = { (char *)"test" };
	va_list ap;
	int argc = 1;

	va_start(ap, err);
	while ((argv[argc] = va_arg(ap, char *)))
		argc++;
	va_end(ap);
	memset(err, 0, sizeof(*err));
	return opt_parse(&spec, argc, argv, stop, first, err);
}

static void test_values(void **state)
{
	struct err err;
	int first;

	(void)state;
	assert_int_equal(parse(false, &first, &err, "-j", "in.tape", "-o",
			       "out", "--number=7", "--size", "64K",
			       "--time=250ms", "-a", "glibc", "-aarena", NULL),
			 OPT_RUN);
	assert_true(flag);
	assert_string_equal(text, "out");
	assert_int_equal(count, 7);
	assert_int_equal(size_bytes, 65536);
	assert_int_equal(time_ns, 250000000);
	assert_int_equal(list.nr, 2);
	assert_string_equal(list.items[0], "glibc");
	assert_string_equal(list.items[1], "arena");
	assert_int_equal(first, 11); /* arguments are moved to the end */
	opt_list_release(&list);
	assert_int_equal(list.nr, 0);
}

static void test_stop_at_arguments(void **state)
{
	struct err err;
	int first;

	(void)state;
	flag = false;
	assert_int_equal(parse(true, &first, &err, "-n", "1", "ls", "-j", NULL),
			 OPT_RUN);
	assert_int_equal(first, 3);
	assert_false(flag);
	assert_int_equal(parse(true, &first, &err, "-n", "1", "--", "-j", NULL),
			 OPT_RUN);
	assert_int_equal(first, 4);
	assert_false(flag);
}

static void refused(const char *a, const char *b, const char *word)
{
	struct err err;
	int first;

	assert_int_equal(parse(false, &first, &err, a, b, NULL), -ERR_ARG);
	assert_non_null(strstr(err.text, word));
}

static void test_refused(void **state)
{
	(void)state;
	refused("--nope", NULL, "--nope");
	refused("-x", NULL, "-x");
	refused("-o", NULL, "-o");
	refused("--output", NULL, "--output");
	refused("-n", "seven", "seven");
	refused("-n", "-7", "-7");
	refused("-n", "7x", "7x");
	refused("-n", "99999999999999999999", "99999999999999999999");
	refused("--size", "1Q", "1Q");
	refused("--time", "soon", "soon");
}

static void test_levels(void **state)
{
	struct err err;
	int first;

	(void)state;
	log_set_level(0);
	assert_int_equal(parse(false, &first, &err, "-v", "-v", NULL), OPT_RUN);
	assert_int_equal(log_level(), 2);
	assert_int_equal(parse(false, &first, &err, "-q", NULL), OPT_RUN);
	assert_int_equal(log_level(), -1);
	log_set_level(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_stop_at_arguments),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_levels),
	};

	return cmocka_run_group_tests_name("base_options", tests, NULL, NULL);
}
