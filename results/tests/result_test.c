// SPDX-License-Identifier: MIT
/* The result document: round trips, golden files, and files that lie. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/result.h"
#include "traces/base/err.h"
#include "traces/base/version.h"

static char folder[] = "/tmp/heaptape-result-test.XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* The folder of the golden files, also when not run from the top. */
static const char *golden(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%.180s/results/tests/golden/%s",
		 getenv("HEAPTAPE_SOURCE") ? getenv("HEAPTAPE_SOURCE") : ".",
		 name);
	return path;
}

static void fill(struct result_doc *doc)
{
	struct result_run *run;

	strcpy(doc->tape, "dir/a \"b\"\n\xff.tape");
	strcpy(doc->tape_hash, "0123");
	strcpy(doc->started, "2026-11-23T03:30:00Z");
	doc->round = 7;
	doc->seed = UINT64_MAX;
	assert_int_equal(result_add_environment(doc, "host", "h", NULL), 0);
	assert_int_equal(result_add_config(doc, "pace", "asap", NULL), 0);
	assert_int_equal(result_add_config(doc, "touch", "pages", NULL), 0);
	assert_int_equal(result_add_run(doc, &run, NULL), 0);
	strcpy(run->arm, "jemalloc,MALLOC_CONF=narenas:2");
	strcpy(run->pass, "memory");
	strcpy(run->status, "ok");
	assert_int_equal(result_add_knob(run, "MALLOC_CONF=narenas:2", NULL),
			 0);
	assert_int_equal(result_add_metric(run, "wall_ns", 1e15, NULL), 0);
	assert_int_equal(result_add_metric(run, "ratio", 1.0 / 3, NULL), 0);
	assert_int_equal(result_add_metric(run, "lost", NAN, NULL), 0);
	run->nr_curve = 2;
	run->curve = calloc(2, sizeof(*run->curve));
	run->curve[1] = (struct result_point){ 5, 6, 7, 8 };
	run->nr_checkpoints = 2;
	run->checkpoints = calloc(2, sizeof(*run->checkpoints));
	strcpy(run->checkpoints[0].name, "mark");
	strcpy(run->checkpoints[1].name, "peak");
	run->checkpoints[1].usable_bytes = RESULT_UNKNOWN;
	run->checkpoints[1].retained_bytes = 9;
	run->nr_histograms = 1;
	run->histograms = calloc(1, sizeof(*run->histograms));
	strcpy(run->histograms->op, "malloc");
	strcpy(run->histograms->size_group, "all");
	run->histograms->nr = 1;
	run->histograms->buckets = calloc(1, sizeof(struct result_bucket));
	run->histograms->buckets[0] = (struct result_bucket){ 100, 12 };
}

static void test_round_trip(void **state)
{
	struct result_doc doc = { 0 }, back;
	struct err err = { 0 };
	const char *path = in_folder("round-trip.json");

	(void)state;
	fill(&doc);
	assert_int_equal(result_write(&doc, path, false, &err), 0);
	assert_int_equal(result_read(&back, path, &err), 0);
	assert_string_equal(back.tape, "dir/a \"b\"\n\xef\xbf\xbd.tape");
	assert_string_equal(back.tape_hash, "0123");
	assert_int_equal(back.round, 7);
	assert_true(back.seed == UINT64_MAX);
	assert_int_equal(back.nr_environment, 1);
	assert_int_equal(back.nr_config, 2);
	assert_string_equal(back.config[1].key, "touch");
	assert_string_equal(back.config[1].value, "pages");
	assert_int_equal(back.nr_runs, 1);
	assert_string_equal(back.runs[0].knobs[0], "MALLOC_CONF=narenas:2");
	assert_true(result_metric(&back.runs[0], "wall_ns") == 1e15);
	assert_true(result_metric(&back.runs[0], "ratio") == 1.0 / 3);
	assert_true(isnan(result_metric(&back.runs[0], "lost")));
	assert_int_equal(back.runs[0].nr_curve, 2);
	assert_int_equal(back.runs[0].curve[1].time_ns, 5);
	assert_int_equal(back.runs[0].curve[1].op, 6);
	assert_int_equal(back.runs[0].curve[1].live_bytes, 7);
	assert_int_equal(back.runs[0].curve[1].rss_bytes, 8);
	assert_int_equal(back.runs[0].nr_checkpoints, 2);
	assert_string_equal(back.runs[0].checkpoints[1].name, "peak");
	assert_int_equal(back.runs[0].checkpoints[0].usable_bytes, 0);
	assert_true(back.runs[0].checkpoints[1].usable_bytes == RESULT_UNKNOWN);
	assert_int_equal(back.runs[0].checkpoints[1].retained_bytes, 9);
	assert_int_equal(back.runs[0].histograms[0].buckets[0].upper_ns, 100);
	assert_int_equal(back.runs[0].histograms[0].buckets[0].count, 12);
	result_release(&back);
	result_release(&doc);
	result_release(&doc);
}

static void test_existing_output(void **state)
{
	struct result_doc doc = { .round = 1 };
	struct err err = { 0 };
	const char *path = in_folder("existing.json");

	(void)state;
	assert_int_equal(result_write(&doc, path, false, &err), 0);
	assert_int_equal(result_write(&doc, path, false, &err), -ERR_EXISTS);
	err_clear(&err);
	assert_int_equal(result_write(&doc, path, true, &err), 0);
}

static void test_many(void **state)
{
	struct result_doc doc = { .round = 1 };
	struct result_run *run;
	char name[16];
	int i, k;

	(void)state;
	for (i = 0; i < 33; i++) {
		assert_int_equal(result_add_run(&doc, &run, NULL), 0);
		for (k = 0; k < 33; k++) {
			snprintf(name, sizeof(name), "m%d", k);
			assert_int_equal(result_add_metric(run, name, k, NULL),
					 0);
			assert_int_equal(result_add_knob(run, name, NULL), 0);
		}
	}
	assert_int_equal(doc.nr_runs, 33);
	assert_true(result_metric(&doc.runs[32], "m32") == 32);
	assert_string_equal(doc.runs[0].knobs[32], "m32");
	result_release(&doc);
}

static void test_golden(void **state)
{
	struct result_doc doc;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(result_read(&doc, golden("result-v1.json"), &err), 0);
	assert_string_equal(doc.tape, "tapes/lua.tape");
	assert_int_equal(doc.round, 2);
	assert_true(doc.seed == UINT64_MAX);
	assert_int_equal(doc.nr_runs, 4);
	assert_int_equal(doc.nr_recorded, 2);
	assert_int_equal(doc.recorded[1].rss_bytes, 204800);
	assert_true(result_metric(&doc.runs[1], "rss_mean_bytes") ==
		    1728724336.5);
	assert_int_equal(doc.runs[1].nr_curve, 3);
	assert_int_equal(doc.runs[2].histograms[0].nr, 3);
	assert_int_equal(doc.runs[2].histograms[0].buckets[2].upper_ns, 4096);
	assert_string_equal(doc.runs[3].status, "crashed");
	result_release(&doc);
}

static void refuse(const char *text, int code, const char *says)
{
	struct result_doc doc;
	struct err err = { 0 };
	const char *path = in_folder("bad.json");
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	assert_int_equal(result_read(&doc, path, &err), -code);
	assert_non_null(strstr(err.text, path));
	if (!strstr(err.text, says))
		fail_msg("\"%s\" does not say \"%s\"", err.text, says);
	assert_int_equal(doc.nr_runs, 0);
}

#define HEAD                                             \
 "{\"format\":\"heaptape-result\",\"format_version\":1," \
 "\"tape\":\"t\",\"round\":1,"
#define RUN                                                    \
 HEAD "\"runs\":[{\"arm\":\"a\",\"pass\":\"time\",\"status\":" \
      "\"ok\",\"metrics\":{},"

static void test_refusals(void **state)
{
	char newer[96];

	(void)state;
	snprintf(newer, sizeof(newer),
		 "{\"format\":\"heaptape-result\",\"format_version\":%d}",
		 HEAPTAPE_RESULT_FORMAT + 6);
	refuse(newer, ERR_VERSION,
	       "result format 7, this heaptape reads up "
	       "to 1");
	refuse("", ERR_TRUNCATED, "not valid JSON");
	refuse("{", ERR_TRUNCATED, ":1: not valid JSON");
	refuse("{\"a\":1,\"a\":2}", ERR_FORMAT, "duplicate");
	refuse("[1]", ERR_ARG, "not a result of heaptape");
	refuse("{\"format\":\"else\"}", ERR_ARG, "not a result");
	refuse("{\"format\":\"heaptape-result\"}", ERR_FORMAT,
	       "key format_version");
	refuse("{\"format\":\"heaptape-result\",\"format_version\":1}",
	       ERR_FORMAT, "key tape: missing");
	refuse(HEAD "\"runs\":{}}", ERR_FORMAT, "key runs: expected an array");
	refuse(HEAD "\"seed\":3,\"runs\":[]}", ERR_FORMAT, "key seed");
	refuse(HEAD "\"seed\":\"-3\",\"runs\":[]}", ERR_FORMAT, "key seed");
	refuse(HEAD "\"runs\":[7]}", ERR_FORMAT, "key runs[0].arm");
	refuse(HEAD "\"runs\":[{\"arm\":7}]}", ERR_FORMAT,
	       "key runs[0].arm: expected a text");
	refuse(RUN "\"knobs\":[7]}]}", ERR_FORMAT, "key runs[0].knobs");
	refuse(RUN "\"curve\":{\"time_ns\":[1],\"op\":[]}}]}", ERR_FORMAT,
	       "key runs[0].curve.op: not as long");
	refuse(RUN "\"curve\":{\"time_ns\":[-1]}}]}", ERR_FORMAT,
	       "key runs[0].curve.time_ns: expected integers");
	refuse(RUN "\"curve\":{\"time_ns\":[1.5]}}]}", ERR_FORMAT,
	       "expected integers");
	refuse(RUN "\"histograms\":[{\"op\":\"malloc\",\"size_group\":\"all\","
		   "\"upper_ns\":[9,9],\"count\":[1,1]}]}]}",
	       ERR_FORMAT, "runs[0].histograms[0].upper_ns: expected rising");
	refuse(HEAD "\"runs\":[{\"arm\":\"a\",\"pass\":\"p\",\"status\":\"ok\","
		    "\"metrics\":{\"wall_ns\":\"x\"}}]}",
	       ERR_FORMAT, "key runs[0].wall_ns: expected a number");
	refuse(HEAD "\"environment\":{\"a\":1},\"runs\":[]}", ERR_FORMAT,
	       "key environment: expected texts");
}

static void test_long_text(void **state)
{
	char text[800];

	(void)state;
	snprintf(text, sizeof(text),
		 HEAD "\"runs\":[{\"arm\":\"%0300d\",\"pass\":\"time\"}]}", 1);
	refuse(text, ERR_FORMAT, "key runs[0].arm: the text is too long");
}

static void test_unreadable(void **state)
{
	struct result_doc doc;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(result_read(&doc, in_folder("nothing"), &err),
			 -ERR_IO);
	err_clear(&err);
	assert_int_equal(result_read(&doc, folder, &err), -ERR_FORMAT);
	err_clear(&err);
	assert_int_equal(result_write(&doc, in_folder("no/such"), false, &err),
			 -ERR_IO);
	err_clear(&err);
	assert_int_equal(result_write(&doc, "/dev/null", true, &err), -ERR_ARG);
}

static void test_full_disk(void **state)
{
	struct rlimit old, small;
	struct result_doc doc = { .round = 1 };
	struct err err = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 2000; i++)
		result_add_config(&doc, "key", "value", NULL);
	getrlimit(RLIMIT_FSIZE, &old);
	small = (struct rlimit){ 100, old.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(result_write(&doc, in_folder("full"), false, &err),
			 -ERR_IO);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_non_null(strstr(err.text, "cannot write"));
	assert_int_equal(access(in_folder("full"), F_OK), -1);
	result_release(&doc);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = { "round-trip.json", "existing.json",
					     "bad.json" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_folder(names[i]));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_existing_output),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests_name("result", tests, setup, teardown);
}
