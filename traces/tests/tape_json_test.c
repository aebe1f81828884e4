// SPDX-License-Identifier: MIT
/* Any bytes of a tape become valid UTF-8 in JSON. */
#include <jansson.h>

#include "traces/tests/tape_testing.h"
/* The tool is no library; this part of it stands alone. */
#include "traces/tool/tape_json.c"

static void check_text(const char *text, const char *expected)
{
	json_t *object = json_object(), *value;

	tape_json_set_text(object, "key", text);
	value = json_object_get(object, "key");
	assert_non_null(value);
	assert_string_equal(json_string_value(value), expected);
	json_decref(object);
}

static void test_text(void **state)
{
	(void)state;
	check_text("", "");
	check_text("./app -x", "./app -x");
	check_text("gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f");
	check_text("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80");
	check_text("a\xff", "a\xef\xbf\xbd");
	check_text("\xc3", "\xef\xbf\xbd");
	check_text("\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");
	check_text("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	check_text("\xf4\x90\x80\x80",
		   "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	check_text("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests_name("tape_json", tests, NULL, NULL);
}
