// SPDX-License-Identifier: MIT
/* Baselines: the golden file, round trips, what differs, files that lie. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/baseline.h"
#include "traces/base/err.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static char scratch[PATH_MAX]; /* a file of this test's */

/* The file of version 1, also when not run from the top. */
static const char *golden(void)
{
	static char path[256];
	const char *top = getenv("HEAPTAPE_SOURCE");

	snprintf(path, sizeof(path),
		 "%.180s/results/tests/golden/baseline/v1.json",
		 top ? top : ".");
	return path;
}

static char *text_of(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 1 << 20);

	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

static void write_text(const char *text, size_t len)
{
	FILE *f = fopen(scratch, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void test_golden(void **state)
{
	const struct baseline_row *row;
	const struct baseline_arm *arm;
	struct baseline b;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(baseline_read(&b, golden(), &err), 0);
	assert_string_equal(b.reference, "glibc");
	assert_string_equal(b.anchor_label, "v1.0");
	assert_int_equal(b.nr_tapes, 1);
	assert_int_equal(b.window.nr, 2);
	assert_int_equal(b.anchor.nr, 2);
	assert_string_equal(b.window.sessions[0].label, "2f0c");
	assert_int_equal(b.window.sessions[1].seed, 2);
	row = baseline_row(&b, &b.window.sessions[0], &b.tapes[0], "glibc",
			   "wall_ns");
	assert_non_null(row);
	assert_int_equal(row->nr, 2);
	assert_true(isnan(row->values[0]));
	assert_true(row->values[1] > 1e9);
	assert_null(baseline_row(&b, &b.window.sessions[0], &b.tapes[0],
				 "glibc", "malloc_p99_ns"));
	arm = baseline_arm(&b.window, "new");
	assert_non_null(arm);
	assert_string_equal(arm->version, "5.3.0");
	assert_string_equal(arm->knobs[0], "EXAMPLE_CONF=narenas:2");
	assert_null(baseline_arm(&b.window, "other"));
	assert_int_equal(strlen(b.window.sessions[0].arms[1].library), 64);
	baseline_release(&b);
}

/* What is written again is the same file, byte by byte. */
static void test_round_trip(void **state)
{
	char *before = text_of(golden()), *after;
	struct baseline b;

	(void)state;
	assert_int_equal(baseline_read(&b, golden(), NULL), 0);
	unlink(scratch);
	assert_int_equal(baseline_write(&b, scratch, false, NULL), 0);
	assert_int_equal(baseline_write(&b, scratch, false, NULL), -ERR_EXISTS);
	after = text_of(scratch);
	assert_string_equal(before, after);
	baseline_release(&b);
	free(before);
	free(after);
}

/* The newest stay; what is pinned stays as it was. */
static void test_keep_and_pin(void **state)
{
	struct baseline b;

	(void)state;
	assert_int_equal(baseline_read(&b, golden(), NULL), 0);
	baseline_keep(&b.window, 1);
	assert_int_equal(b.window.nr, 1);
	assert_int_equal(b.window.sessions[0].seed, 2);
	assert_int_equal(b.anchor.nr, 2);
	assert_int_equal(baseline_pin(&b, "v2.0", NULL), 0);
	assert_int_equal(b.anchor.nr, 1);
	baseline_keep(&b.window, 0);
	assert_int_equal(b.anchor.sessions[0].rows[0].nr, 2);
	assert_string_equal(b.anchor.sessions[0].arms[1].knobs[0],
			    "EXAMPLE_CONF=narenas:2");
	baseline_release(&b);
}

/* The golden file's machine and settings, with one entry changed. */
static const char *difference(const char *key, const char *value, bool noisy)
{
	static char why[300];
	struct result_doc doc = { .tape = "tapes/lua.tape",
				  .tape_hash = "009f31c210" };
	struct baseline b;

	assert_int_equal(baseline_read(&b, golden(), NULL), 0);
	if (!strcmp(key, "hash"))
		strcpy(doc.tape_hash, value);
	else if (!strcmp(key, "pace") || !strcmp(key, "touch"))
		result_add_config(&doc, key, value, NULL);
	else
		result_add_environment(&doc, key, value, NULL);
	baseline_difference(&b, &doc, noisy, why, sizeof(why));
	result_release(&doc);
	baseline_release(&b);
	return why;
}

static void test_differences(void **state)
{
	(void)state;
	assert_string_equal(difference("thp", "madvise", true), "");
	assert_string_equal(difference("smt", "1", true), ""); /* untold */
	assert_string_equal(difference("thp", "always", false),
			    "thp is 'always' now, 'madvise' in the baseline");
	assert_string_equal(difference("cpu", "another", false), "");
	assert_non_null(strstr(difference("cpu", "another", true), "cpu is"));
	assert_string_equal(difference("kernel", "6.18.99-x", true), "");
	assert_string_equal(difference("kernel", "6.19.1", false), "");
	assert_string_equal(difference("kernel", "6.19.1", true),
			    "kernel is '6.19' now, '6.18' in the baseline");
	assert_string_equal(difference("kernel", "7.0.0", false),
			    "kernel is '7' now, '6' in the baseline");
	assert_non_null(strstr(difference("hash", "4711", false),
			       "the tape's sha is '4711' now"));
	assert_non_null(strstr(difference("pace", "virtual", false),
			       "pace is 'virtual' now, 'asap'"));
}

static void test_age(void **state)
{
	struct result_doc doc = { .started = "2026-12-05T12:00:00Z" };
	struct baseline b;

	(void)state;
	assert_int_equal(baseline_read(&b, golden(), NULL), 0);
	assert_int_equal(baseline_age_days(&b, &doc), 33);
	strcpy(doc.started, "2026-10-05T12:00:00Z");
	assert_int_equal(baseline_age_days(&b, &doc), 0);
	strcpy(doc.started, "nonsense");
	assert_int_equal(baseline_age_days(&b, &doc), 0);
	baseline_release(&b);
}

static void test_lies(void **state)
{
	static const struct {
		const char *from, *to, *says;
		int code;
	} lies[] = {
		{ "heaptape-baseline", "heaptape-result", "is no baseline",
		  ERR_ARG },
		{ "\"format_version\": 1", "\"format_version\": 99",
		  "reads up to 1", ERR_VERSION },
		{ "\"format_version\": 1", "\"format_version\": \"1\"",
		  "key format_version", ERR_FORMAT },
		{ "\"result_format\": 1", "\"result_format\": -1",
		  "key result_format", ERR_FORMAT },
		{ "\"arm\":\"new\",\"metric\"", "\"arm\":\"no\",\"metric\"",
		  "key sessions[0].rounds", ERR_FORMAT },
		{ "\"values\":[", "\"values\":[{},", "numbers and null",
		  ERR_FORMAT },
		{ "\"library\":\"abab", "\"library\":\"../a",
		  "arms[1].library: expected a SHA-256", ERR_FORMAT },
		{ "\"sessions\": [", "\"sessions\": 7, \"x\": [",
		  "key sessions: expected an array", ERR_FORMAT },
		{ "\"knobs\":[", "\"knobs\":[7,", "knobs: expected texts",
		  ERR_FORMAT },
		{ "\"options\":{", "\"options\":{\"a\":1,",
		  "tapes[0].options: expected texts", ERR_FORMAT },
		{ "\"label\": \"v1.0\"", "\"label\": 5", "anchor.label",
		  ERR_FORMAT },
	};
	char *text = text_of(golden()), *bad = calloc(1, 1 << 20);
	size_t i;

	(void)state;
	for (i = 0; i < NR(lies); i++) {
		const char *at = strstr(text, lies[i].from);
		struct err err = { 0 };
		struct baseline b;

		assert_non_null(at);
		sprintf(bad, "%.*s%s%s", (int)(at - text), text, lies[i].to,
			at + strlen(lies[i].from));
		write_text(bad, strlen(bad));
		assert_int_equal(baseline_read(&b, scratch, &err),
				 -lies[i].code);
		if (!strstr(err.text, lies[i].says))
			fail_msg("'%s' does not say '%s'", err.text,
				 lies[i].says);
	}
	free(bad);
	free(text);
}

/* Cut anywhere, and with bytes turned: an error or a baseline, no crash. */
static void test_damage(void **state)
{
	char *text = text_of(golden());
	size_t len = strlen(text), i;
	uint64_t seed = 4711;
	struct baseline b;

	(void)state;
	for (i = 0; i < len; i += 97) {
		write_text(text, i);
		assert_int_not_equal(baseline_read(&b, scratch, NULL), 0);
	}
	for (i = 0; i < 200; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		text[(seed >> 33) % len] ^= (char)(1 << (seed >> 61));
		write_text(text, len);
		if (!baseline_read(&b, scratch, NULL))
			baseline_release(&b);
	}
	free(text);
}

static void test_paths(void **state)
{
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(baseline_path("main", path, NULL), 0);
	assert_string_equal(path, BASELINE_FOLDER "/main.json");
	assert_int_equal(baseline_path("a/b", path, NULL), 0);
	assert_string_equal(path, "a/b");
	assert_int_equal(baseline_path("b.json", path, NULL), 0);
	assert_string_equal(path, "b.json");
	assert_int_equal(baseline_path("", path, NULL), -ERR_ARG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_keep_and_pin),
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_paths),
	};
	const char *tmp = getenv("TMPDIR");
	int rc;

	snprintf(scratch, sizeof(scratch), "%s/heaptape-baseline.%d",
		 tmp ? tmp : "/tmp", (int)getpid());
	rc = cmocka_run_group_tests_name("baseline", tests, NULL, NULL);
	unlink(scratch);
	return rc;
}
