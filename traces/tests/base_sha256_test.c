// SPDX-License-Identifier: MIT
/* SHA-256 against the examples of FIPS 180-4, and in parts of every length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "traces/base/err.h"
#include "traces/base/sha256.h"

#define OF_ABC \
 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const struct {
	const char *text;
	const char *hex;
} examples[] = {
	{ "",
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", OF_ABC },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
};

static void test_examples(void **state)
{
	char hex[SHA256_HEX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		sha256_of(examples[i].text, strlen(examples[i].text), hex);
		assert_string_equal(hex, examples[i].hex);
	}
}

/* A million times the letter a. */
static void test_long(void **state)
{
	struct sha256 sha;
	char hex[SHA256_HEX], text[1000];
	int i;

	(void)state;
	memset(text, 'a', sizeof(text));
	sha256_start(&sha);
	for (i = 0; i < 1000; i++)
		sha256_add(&sha, text, sizeof(text));
	sha256_finish(&sha, hex);
	assert_string_equal(hex,
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e"
			    "046d39ccc7112cd0");
}

static void test_parts(void **state)
{
	char text[300], whole[SHA256_HEX], parts[SHA256_HEX];
	struct sha256 sha;
	size_t len, cut;

	(void)state;
	for (len = 0; len < sizeof(text); len++)
		text[len] = (char)(len * 7);
	for (len = 0; len < sizeof(text); len += 13)
		for (cut = 0; cut <= len; cut++) {
			sha256_of(text, len, whole);
			sha256_start(&sha);
			sha256_add(&sha, text, cut);
			sha256_add(&sha, text + cut, len - cut);
			sha256_finish(&sha, parts);
			assert_string_equal(whole, parts);
		}
}

static void test_file(void **state)
{
	char path[] = "/tmp/heaptape-sha256.XXXXXX", hex[SHA256_HEX];
	int fd = mkstemp(path);
	struct err err = { 0 };
	uint64_t bytes = 0;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "abc", 3), 3);
	close(fd);
	assert_int_equal(sha256_file(path, hex, &bytes, &err), 0);
	assert_string_equal(hex, OF_ABC);
	assert_int_equal(bytes, 3);
	unlink(path);
	assert_int_equal(sha256_file(path, hex, &bytes, &err), -ERR_IO);
	assert_non_null(strstr(err.text, path));
	err_clear(&err);
	assert_int_equal(sha256_file("/", hex, NULL, &err), -ERR_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
