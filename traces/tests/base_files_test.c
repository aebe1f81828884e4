// SPDX-License-Identifier: MIT
/* Outputs appear whole or not at all; parts and folders are found and made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/json_text.h"

static char folder[] = "/tmp/heaptape-files-test.XXXXXX";
static char path[256];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/out", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void test_commit(void **state)
{
	struct outfile out;
	struct err err = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(outfile_open(&out, path, false, &err), 0);
	fputs("whole", out.stream);
	assert_int_not_equal(stat(path, &st), 0);
	assert_int_equal(outfile_commit(&out, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 5);
	outfile_abort(&out); /* safe after a commit */
	assert_int_equal(stat(path, &st), 0);
}

static void test_no_overwrite(void **state)
{
	struct outfile out;
	struct err err = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(outfile_open(&out, path, false, &err), -ERR_EXISTS);
	assert_non_null(strstr(err.text, "-f"));
	err_clear(&err);
	assert_int_equal(outfile_open(&out, path, true, &err), 0);
	fputs("x", out.stream);
	outfile_abort(&out);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 5); /* the old one is untouched */
	assert_int_not_equal(stat(out.tmp, &st), 0);
}

static void test_unwritable(void **state)
{
	struct outfile out;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(outfile_open(&out, "/nowhere/at/all", false, &err),
			 -ERR_IO);
	assert_non_null(strstr(err.text, "/nowhere/at/all"));
	outfile_abort(&out);
}

/* A descriptor that takes no more is told. */
static void test_write_all(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(files_write_all(fds[1], "abc", 3), 0);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(files_write_all(fds[1], "abc", 3), -1);
}

static void test_make_dir(void **state)
{
	char deep[300], middle[300];
	struct err err = { 0 };
	struct stat st;

	(void)state;
	snprintf(middle, sizeof(middle), "%s/a", folder);
	snprintf(deep, sizeof(deep), "%s/a/b", folder);
	assert_int_equal(files_make_dir(deep, &err), 0);
	assert_int_equal(files_make_dir(deep, &err), 0);
	assert_int_equal(stat(deep, &st), 0);
	rmdir(deep);
	rmdir(middle);
	snprintf(deep, sizeof(deep), "%s/below", path);
	assert_int_equal(files_make_dir(deep, &err), -ERR_IO);
}

static void test_find_part(void **state)
{
	char found[PATH_MAX];
	struct err err = { 0 };

	(void)state;
	assert_int_equal(
		files_find_part("base_files_test", found, sizeof(found), &err),
		0);
	assert_int_equal(access(found, X_OK), 0);
	assert_int_equal(
		files_find_part("no-such-part", found, sizeof(found), &err),
		-ERR_MISSING);
}

static void test_last_line(void **state)
{
	FILE *file = tmpfile();
	char line[16];

	(void)state;
	assert_non_null(file);
	files_last_line(fileno(file), line, sizeof(line));
	assert_string_equal(line, "");
	fputs("first\nsecond\tword\n\n", file);
	fflush(file);
	files_last_line(fileno(file), line, sizeof(line));
	assert_string_equal(line, "second word");
	fputs("one that is longer than the room", file);
	fflush(file);
	files_last_line(fileno(file), line, sizeof(line));
	assert_string_equal(line, "r than the room");
	fclose(file);
}

static void test_json_text(void **state)
{
	FILE *file = tmpfile();
	char text[64] = "";

	(void)state;
	assert_non_null(file);
	json_text_print("a \"b\" \\ \n\x01", file);
	rewind(file);
	assert_non_null(fgets(text, sizeof(text), file));
	assert_string_equal(text, "\"a \\\"b\\\" \\\\ \\u000a\\u0001\"");
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commit),
		cmocka_unit_test(test_no_overwrite),
		cmocka_unit_test(test_unwritable),
		cmocka_unit_test(test_write_all),
		cmocka_unit_test(test_make_dir),
		cmocka_unit_test(test_find_part),
		cmocka_unit_test(test_last_line),
		cmocka_unit_test(test_json_text),
	};

	return cmocka_run_group_tests_name("base_files", tests, make_folder,
					   remove_folder);
}
