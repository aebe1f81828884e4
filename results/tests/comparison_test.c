// SPDX-License-Identifier: MIT
/* From documents to cells: which run counts, what fails, who dominates. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "results/comparison.h"
#include "results/result.h"
#include "results/summary.h"
#include "results/text.h"
#include "results/verdict.h"
#include "traces/base/err.h"

#define ROUNDS 8

/* A campaign in memory: one tape, the rounds given. */
struct fixture {
	struct result_doc docs[ROUNDS];
	const struct result_doc *rounds[ROUNDS];
	struct campaign_tape tape;
	const char *arms[4];
	struct campaign campaign;
};

static struct result_run *add_run(struct result_doc *doc, const char *arm,
				  const char *pass, const char *status)
{
	struct result_run *run;

	assert_int_equal(result_add_run(doc, &run, NULL), 0);
	strcpy(run->arm, arm);
	strcpy(run->pass, pass);
	strcpy(run->status, status);
	return run;
}

static void add_arm(struct fixture *f, const char *arm, double wall, double rss,
		    double tail)
{
	size_t i;

	f->arms[f->campaign.nr_arms++] = arm;
	for (i = 0; i < ROUNDS; i++) {
		struct result_doc *doc = &f->docs[i];
		double drift = 1 + (double)i / 100;
		struct result_run *run = add_run(doc, arm, "memory", "ok");

		result_add_metric(run, "wall_ns", 9e9, NULL);
		result_add_metric(run, "rss_peak_bytes", rss * drift, NULL);
		result_add_metric(run, "live_peak_bytes", 100e6 * drift, NULL);
		run = add_run(doc, arm, "time", "ok");
		result_add_metric(run, "wall_ns", wall * drift, NULL);
		run = add_run(doc, arm, "latency", "ok");
		result_add_metric(run, "malloc_p999_ns", tail * drift, NULL);
	}
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	size_t i;

	if (!f)
		return -1;
	for (i = 0; i < ROUNDS; i++) {
		f->rounds[i] = &f->docs[i];
		f->docs[i].round = (uint32_t)i + 1;
		strcpy(f->docs[i].tape, "t.tape");
	}
	f->tape = (struct campaign_tape){ "t.tape", f->rounds, ROUNDS };
	f->campaign.docs = f->docs;
	f->campaign.nr_docs = ROUNDS;
	f->campaign.tapes = &f->tape;
	f->campaign.nr_tapes = 1;
	f->campaign.arms = f->arms;
	add_arm(f, "first", 1e9, 200e6, 1000);
	add_arm(f, "glibc", 2e9, 300e6, 3000);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ROUNDS; i++)
		result_release(&f->docs[i]);
	free(f);
	return 0;
}

static const struct comparison_cell *find(const struct comparison *cmp,
					  const char *metric, size_t arm)
{
	size_t m = comparison_find_metric(cmp, metric);

	assert_true(m < cmp->nr_metrics);
	return comparison_cell(cmp, &cmp->tapes[0], m, arm);
}

static void build(struct comparison *cmp, struct fixture *f,
		  const struct comparison_options *options)
{
	struct err err = { 0 };

	if (comparison_build(cmp, &f->campaign, options, &err))
		fail_msg("%s", err.text);
}

static void test_base_and_passes(void **state)
{
	const struct comparison_options none = { 0 },
					other = { .base = "first" };
	struct comparison cmp;

	build(&cmp, *state, &none);
	assert_string_equal(cmp.arms[0], "glibc");
	assert_true(fabs(find(&cmp, "wall_ns", 0)->median - 2.07e9) < 1);
	assert_true(fabs(find(&cmp, "wall_ns", 1)->outcome.ratio - 0.5) < 1e-3);
	assert_int_equal(find(&cmp, "wall_ns", 1)->outcome.verdict,
			 STATS_BETTER);
	assert_true(fabs(find(&cmp, "fragmentation_peak", 1)->median - 2) <
		    1e-9);
	assert_string_equal(find(&cmp, "cpu_ns", 1)->status, "");
	comparison_release(&cmp);
	build(&cmp, *state, &other);
	assert_string_equal(cmp.arms[0], "first");
	assert_int_equal(find(&cmp, "rss_peak_bytes", 1)->outcome.verdict,
			 STATS_WORSE);
	comparison_release(&cmp);
}

static void test_front(void **state)
{
	struct fixture *f = *state;
	const struct comparison_options none = { 0 };
	struct comparison cmp;
	char text[256];

	add_arm(f, "lean", 3e9, 100e6, 3000);
	build(&cmp, f, &none);
	assert_true(cmp.tapes[0].front_known);
	assert_false(cmp.tapes[0].arms[0].in_front);
	assert_true(cmp.tapes[0].arms[1].in_front);
	assert_true(cmp.tapes[0].arms[2].in_front);
	assert_string_equal(text_front(&cmp, &cmp.tapes[0], text, sizeof(text)),
			    "first, lean; glibc is dominated by first");
	assert_int_equal(summary_kind(&cmp, 1), SUMMARY_BETTER);
	assert_int_equal(summary_kind(&cmp, 2), SUMMARY_TRADE);
	assert_string_equal(summary_sentence(&cmp, 2, text, sizeof(text)),
			    "better in RSS peak (-66.4 %); worse in wall time "
			    "(+50.0 %); same in malloc p99.9 (+0.0 %).");
	comparison_release(&cmp);
}

static const struct verdict_sentence *sentence_of(const struct verdict *v,
						  size_t arm)
{
	size_t i;

	for (i = 0; i < v->nr; i++)
		if (v->sentences[i].arm == arm &&
		    v->sentences[i].kind != VERDICT_READING)
			return &v->sentences[i];
	fail_msg("nothing is said of arm %zu", arm);
	return NULL;
}

static void judge(struct fixture *f, struct comparison *cmp, struct verdict *v)
{
	const struct comparison_options none = { 0 };
	struct err err = { 0 };

	build(cmp, f, &none);
	if (verdict_of_tape(cmp, &cmp->tapes[0], v, &err))
		fail_msg("%s", err.text);
}

static void test_verdict(void **state)
{
	struct comparison cmp;
	struct verdict v;

	add_arm(*state, "lean", 3e9, 100e6, 3000);
	add_arm(*state, "twin", 1e9, 200e6, 1000);
	judge(*state, &cmp, &v);
	assert_int_equal(v.sentences[0].kind, VERDICT_CHOICE);
	assert_int_equal(v.sentences[0].arm, 1);
	assert_string_equal(
		v.sentences[0].text,
		"first: less wall time, RSS peak and malloc p99.9 "
		"than glibc; none is better in wall time and malloc "
		"p99.9.");
	assert_int_equal(v.sentences[0].nr_figures, 3);
	assert_string_equal(v.sentences[0].figures[0],
			    "wall time: 1.03 s against 2.07 s of glibc, "
			    "-50.0 % [-50.0, -50.0], BETTER");
	assert_int_equal(sentence_of(&v, 2)->kind, VERDICT_ONLY);
	assert_string_equal(sentence_of(&v, 2)->text,
			    "lean only if less RSS peak is worth more wall "
			    "time and malloc p99.9 than first has.");
	assert_int_equal(sentence_of(&v, 3)->kind, VERDICT_SAME);
	assert_int_equal(sentence_of(&v, 0)->kind, VERDICT_AGAINST);
	verdict_release(&v);
	verdict_release(&v);
	comparison_release(&cmp);
}

/* Where nothing is better, the base stays; few rounds choose nothing. */
static void test_verdict_of_base(void **state)
{
	struct fixture *f = *state;
	struct comparison cmp;
	struct verdict v;

	f->campaign.nr_arms = 0;
	f->arms[0] = "glibc";
	f->arms[1] = "twin";
	f->campaign.nr_arms = 1;
	add_arm(f, "twin", 2e9, 300e6, 3000);
	judge(f, &cmp, &v);
	assert_int_equal(v.sentences[0].kind, VERDICT_CHOICE);
	assert_int_equal(v.sentences[0].arm, 0);
	assert_string_equal(v.sentences[0].text,
			    "glibc: no arm is shown to be better.");
	assert_int_equal(sentence_of(&v, 1)->kind, VERDICT_SAME);
	verdict_release(&v);
	comparison_release(&cmp);
	f->tape.nr_rounds = 3;
	judge(f, &cmp, &v);
	assert_int_equal(v.sentences[0].kind, VERDICT_UNDECIDED);
	assert_non_null(strstr(v.sentences[0].text, "-n "));
	verdict_release(&v);
	comparison_release(&cmp);
}

/* A crash in one round spoils its pass, and leaves the other passes alone. */
static void test_failure(void **state)
{
	struct fixture *f = *state;
	const struct comparison_options none = { 0 };
	struct comparison cmp;
	char text[256];

	strcpy(f->docs[3].runs[1].status, "crashed");
	strcpy(f->docs[3].runs[1].message, "signal 11");
	f->docs[3].runs[1].nr_metrics = 0;
	build(&cmp, f, &none);
	assert_string_equal(find(&cmp, "wall_ns", 1)->status, "crashed");
	assert_true(isnan(find(&cmp, "wall_ns", 1)->median));
	assert_int_equal(find(&cmp, "wall_ns", 1)->outcome.n, 0);
	assert_string_equal(find(&cmp, "rss_peak_bytes", 1)->status, "ok");
	assert_int_equal(find(&cmp, "rss_peak_bytes", 1)->outcome.n, ROUNDS);
	assert_false(cmp.tapes[0].arms[1].in_front);
	assert_string_equal(
		text_failure(&cmp.tapes[0].arms[1], text, sizeof(text)),
		"crashed in 1 of 24 runs, first in round 4, time pass: "
		"signal 11");
	assert_int_equal(summary_kind(&cmp, 1), SUMMARY_FAILED);
	comparison_release(&cmp);
}

static void test_missing_round(void **state)
{
	struct fixture *f = *state;
	const struct comparison_options none = { 0 };
	struct comparison cmp;
	size_t k;

	for (k = 0; k < f->docs[5].nr_runs; k++)
		if (!strcmp(f->docs[5].runs[k].arm, "first"))
			strcpy(f->docs[5].runs[k].arm, "glibc2");
	build(&cmp, f, &none);
	assert_string_equal(find(&cmp, "wall_ns", 1)->status, "ok");
	assert_int_equal(find(&cmp, "wall_ns", 1)->outcome.n, ROUNDS - 1);
	comparison_release(&cmp);
}

static void test_labels(void **state)
{
	struct fixture *f = *state;
	const struct comparison_options none = { 0 };
	struct comparison cmp;

	add_arm(f, "jemalloc,MALLOC_CONF=narenas:1\x1b[31m", 1e9, 1e8, 1);
	build(&cmp, f, &none);
	assert_string_equal(cmp.labels[0], "glibc");
	assert_string_equal(cmp.labels[2], "[2] jemalloc,MALLOC_CON~");
	comparison_release(&cmp);
}

static void refuse(struct fixture *f, const struct comparison_options *options,
		   const char *says)
{
	struct comparison cmp;
	struct err err = { 0 };

	assert_int_equal(comparison_build(&cmp, &f->campaign, options, &err),
			 -ERR_ARG);
	if (!strstr(err.text, says))
		fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static void test_refusals(void **state)
{
	static const char *const metric[] = { "walls_ns" };
	static const char *const bad[] = { "wall_ns",    "x=5",
					   "wall_ns=",   "wall_ns=5x",
					   "wall_ns=-1", "wall_ns=nan" };
	struct comparison_options options = { .base = "nobody" };
	size_t i;

	refuse(*state, &options, "no arm nobody here; there is first, glibc");
	options = (struct comparison_options){ .metrics = metric,
					       .nr_metrics = 1 };
	refuse(*state, &options, "unknown metric 'walls_ns'");
	options = (struct comparison_options){ .tape = "x*" };
	refuse(*state, &options, "no tape here matches 'x*'; one is t.tape");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		options = (struct comparison_options){ .thresholds = &bad[i],
						       .nr_thresholds = 1 };
		refuse(*state, &options, i == 1 ? "metric 'x'" : "threshold");
	}
}

/* 2 s at 1.5 times the live bytes, 1 s at 3 times. */
static void test_mean_fragmentation(void **state)
{
	struct result_point curve[] = { { 0, 0, 100, 150 },
					{ 2000, 5, 100, 150 },
					{ 2000, 5, 100, 300 },
					{ 3000, 6, 100, 300 } };
	struct result_run run = { .curve = curve, .nr_curve = 4 };
	const struct metric *metric = metrics_find("fragmentation_mean");

	(void)state;
	assert_true(fabs(metric_value(metric, &run) - 2) < 1e-12);
	run.nr_curve = 0;
	assert_true(isnan(metric_value(metric, &run)));
}

static double value(const struct result_run *run, const char *name)
{
	return metric_value(metrics_find(name), run);
}

/* The same curve: each measure of fragmentation by hand. */
static void test_fragmentation(void **state)
{
	struct result_point curve[] = { { 0, 0, 0, 40 },
					{ 500, 1, 100, 150 },
					{ 2500, 5, 50, 150 },
					{ 3500, 6, 100, 300 } };
	struct result_metric metrics[] = {
		{ "live_peak_bytes", 100 },     { "rss_peak_bytes", 300 },
		{ "rss_live_peak_bytes", 140 }, { "live_rss_peak_bytes", 75 },
		{ "requested_peak_bytes", 80 }, { "usable_peak_bytes", 100 },
		{ "rss_end_bytes", 200 },       { "lazyfree_end_bytes", 50 },
		{ "rss_idle_bytes", 120 },
	};
	struct result_run run = { .curve = curve,
				  .nr_curve = 4,
				  .metrics = metrics,
				  .nr_metrics = 9 };

	(void)state;
	/* 2 s at 1.5, 1 s at 3; the point without live bytes is left out. */
	assert_true(fabs(value(&run, "fragmentation_time_mean") - 2) < 1e-12);
	assert_true(value(&run, "fragmentation_live_peak") == 1.4);
	assert_true(value(&run, "fragmentation_rss_peak") == 4);
	assert_true(value(&run, "fragmentation_peak") == 3);
	assert_true(value(&run, "rounding_peak") == 1.25);
	assert_true(value(&run, "rss_end_kept_bytes") == 150);
	assert_true(value(&run, "returned_idle_bytes") == 180);
	assert_true(isnan(value(&run, "returned_freed_bytes")));
	assert_true(isnan(value(&run, "rss_idle_kept_bytes")));
}

/* Parts that are known are taken off, and what is left may be negative. */
static void test_split(void **state)
{
	struct result_checkpoint c = {
		.rss_bytes = 1000,
		.requested_bytes = 700,
		.usable_bytes = 800,
		.cached_bytes = RESULT_UNKNOWN,
		.free_bytes = 150,
		.metadata_bytes = 100,
		.dirty_bytes = RESULT_UNKNOWN,
	};
	double parts[SPLIT_PARTS];

	(void)state;
	assert_true(result_split(&c, parts));
	assert_true(parts[SPLIT_ROUNDING] == 100);
	assert_true(isnan(parts[SPLIT_CACHED]));
	assert_true(parts[SPLIT_UNEXPLAINED] == -50);
	c.usable_bytes = c.free_bytes = c.metadata_bytes = RESULT_UNKNOWN;
	assert_false(result_split(&c, parts));
	assert_true(parts[SPLIT_UNEXPLAINED] == 300);
}

#define FIXED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXED(test_base_and_passes),
		FIXED(test_front),
		FIXED(test_verdict),
		FIXED(test_verdict_of_base),
		FIXED(test_failure),
		FIXED(test_missing_round),
		FIXED(test_labels),
		FIXED(test_refusals),
		cmocka_unit_test(test_mean_fragmentation),
		cmocka_unit_test(test_fragmentation),
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests_name("comparison", tests, NULL, NULL);
}
