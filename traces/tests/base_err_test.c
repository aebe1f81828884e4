// SPDX-License-Identifier: MIT
/* Errors: the first one wins, texts are cut and never overrun, exit codes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "traces/base/err.h"

static void test_first_wins(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_set(&err, ERR_FORMAT, 0, "offset %d", 7),
			 -ERR_FORMAT);
	assert_int_equal(err_set(&err, ERR_NOMEM, 0, "second"), -ERR_NOMEM);
	assert_int_equal(err.code, ERR_FORMAT);
	assert_string_equal(err.text, "offset 7");
	err_clear(&err);
	assert_int_equal(err.code, 0);
	assert_string_equal(err.text, "");
}

static void test_system_error(void **state)
{
	struct err err = { 0 };

	(void)state;
	errno = EINTR;
	err_set(&err, ERR_IO, ENOSPC, "cannot write %s", "x");
	assert_int_equal(errno, EINTR);
	assert_int_equal(err.sys, ENOSPC);
	assert_string_equal(err.text,
			    "cannot write x: No space left on device");
	assert_int_equal(err_set(NULL, ERR_IO, 0, "nobody asks"), -ERR_IO);
}

static void test_long_text(void **state)
{
	struct err err = { 0 };
	char text[600];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, ERR_IO, ENOSPC, "%s", text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void test_exit_codes(void **state)
{
	static const struct {
		enum err_code code;
		int exit;
	} codes[] = {
		{ ERR_ARG, EXIT_USAGE },
		{ ERR_EXISTS, EXIT_USAGE },
		{ ERR_FORMAT, EXIT_MEASURE },
		{ ERR_VERSION, EXIT_MEASURE },
		{ ERR_TRUNCATED, EXIT_MEASURE },
		{ ERR_CRASH, EXIT_MEASURE },
		{ ERR_COMPARE, EXIT_NOT_JUDGED },
		{ ERR_IO, EXIT_ENVIRONMENT },
		{ ERR_NOMEM, EXIT_ENVIRONMENT },
		{ ERR_SYS, EXIT_ENVIRONMENT },
		{ ERR_MISSING, EXIT_ENVIRONMENT },
		{ ERR_INTERRUPT, EXIT_INTERRUPTED },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct err err = { 0 };

		err_set(&err, codes[i].code, 0, "x");
		assert_int_equal(err_exit_code(&err), codes[i].exit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_wins),
		cmocka_unit_test(test_system_error),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_exit_codes),
	};

	return cmocka_run_group_tests_name("base_err", tests, NULL, NULL);
}
