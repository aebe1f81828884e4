// SPDX-License-Identifier: MIT
/* What a report leaves out, how Markdown is escaped, intervals of medians. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "results/campaign.h"
#include "results/figure.h"
#include "results/markdown.h"
#include "results/plotter.h"
#include "results/redact.h"
#include "traces/base/err.h"

static void add_run(struct result_doc *doc, const char *arm, const char *path)
{
	struct result_run *run;

	assert_int_equal(result_add_run(doc, &run, NULL), 0);
	snprintf(run->arm, sizeof(run->arm), "%s", arm);
	snprintf(run->path, sizeof(run->path), "%s", path);
	strcpy(run->pass, "time");
	strcpy(run->status, "crashed");
	strcpy(run->message, "see /home/me/core");
	result_add_knob(run, "CONF=/home/me/conf", NULL);
	result_add_knob(run, "ARENAS=2", NULL);
}

/* Two tapes of one name in two folders, arms whose names would be the same. */
static void fill(struct campaign *campaign)
{
	static const char *arms[] = { "mine=/a/x.so,KEY=/b/c", "mine=/d/y.so",
				      "mine=/e/z.so", "/opt/lib/other.so",
				      "glibc,A=1,B=2" };
	size_t i, k;

	memset(campaign, 0, sizeof(*campaign));
	campaign->docs = calloc(2, sizeof(*campaign->docs));
	campaign->tapes = calloc(2, sizeof(*campaign->tapes));
	campaign->arms = calloc(5, sizeof(*campaign->arms));
	campaign->nr_docs = campaign->nr_tapes = 2;
	campaign->nr_arms = 5;
	campaign->tapes[0].rounds =
		calloc(2, sizeof(*campaign->tapes[0].rounds));
	for (i = 0; i < 2; i++) {
		struct result_doc *doc = &campaign->docs[i];

		snprintf(doc->tape, sizeof(doc->tape), "/home/me/%zu/app.tape",
			 i);
		result_add_environment(doc, "host", "secret", NULL);
		result_add_environment(doc, "cpu", "a cpu", NULL);
		result_add_config(doc, "command", "heaptape secret", NULL);
		result_add_config(doc, "pace", "asap", NULL);
		for (k = 0; k < 5; k++)
			add_run(doc, arms[k], "/home/me/lib/x.so");
		campaign->tapes[i].name = doc->tape;
		campaign->tapes[i].rounds = campaign->tapes[0].rounds + i;
		campaign->tapes[i].rounds[0] = doc;
		campaign->tapes[i].nr_rounds = 1;
	}
	for (k = 0; k < 5; k++)
		campaign->arms[k] = campaign->docs[0].runs[k].arm;
}

static void test_redact(void **state)
{
	static const char *const want[] = { "mine,KEY=...", "mine", "mine #2",
					    "other.so", "glibc,A=1,B=2" };
	struct campaign campaign;
	size_t i, k;

	(void)state;
	fill(&campaign);
	assert_int_equal(campaign_redact(&campaign, NULL), 0);
	assert_string_equal(campaign.tapes[0].name, "app.tape");
	assert_string_equal(campaign.tapes[1].name, "app.tape #2");
	for (i = 0; i < 2; i++) {
		const struct result_doc *doc = &campaign.docs[i];

		assert_null(campaign_environment(doc, "host"));
		assert_null(campaign_config(doc, "command"));
		assert_string_equal(campaign_environment(doc, "cpu"), "a cpu");
		assert_string_equal(campaign_config(doc, "pace"), "asap");
		for (k = 0; k < 5; k++) {
			const struct result_run *run = &doc->runs[k];

			assert_string_equal(run->arm, want[k]);
			assert_string_equal(run->path, "x.so");
			assert_string_equal(run->message, "");
			assert_string_equal(run->knobs[0], "CONF=...");
			assert_string_equal(run->knobs[1], "ARENAS=2");
		}
	}
	for (k = 0; k < 5; k++)
		assert_string_equal(campaign.arms[k], want[k]);
	campaign_release(&campaign);
}

static void test_markdown(void **state)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	markdown_text(out, "a-b_1.2 (x=3%)");
	fputc('\n', out);
	markdown_text(out, "[x](http://y) @all #7 `id` <b>|*\n\x1b www.z.de");
	fclose(out);
	assert_string_equal(
		text, "a-b&#95;1.2 (x=3%)\n"
		      "&#91;x&#93;(http&#58;//y) &#64;all &#35;7 &#96;id&#96; "
		      "&#60;b&#62;&#124;&#42;&#63;&#63; www&#46;z.de");
	free(text);
}

/* Bounds of the table of the sign test: n = 6: all, 9: 2nd, 20: 6th. */
static void test_interval(void **state)
{
	static const struct {
		size_t n;
		double low, high;
	} table[] = { { 3, 1, 3 },   { 6, 1, 6 },   { 8, 1, 8 },
		      { 9, 2, 8 },   { 12, 3, 10 }, { 20, 6, 15 },
		      { 25, 8, 18 }, { 40, 14, 27 } };
	double values[41];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct comparison_cell cell = { .values = values };
		struct range range;

		/* Downwards, and with a round that has no value. */
		for (k = 0; k < table[i].n; k++)
			values[k] = (double)(table[i].n - k);
		values[k] = NAN;
		range = figure_interval(&cell, table[i].n + 1);
		assert_true(range.low == table[i].low);
		assert_true(range.high == table[i].high);
	}
}

static void test_text_width(void **state)
{
	(void)state;
	assert_true(figure_text_px("abcd") < figure_text_px("abcde"));
	/* One letter of two bytes is one, and no narrower than it is. */
	assert_true(figure_text_px("\xc3\xa9") > figure_text_px("e"));
	assert_true(figure_text_px("\xc3\xa9") < figure_text_px("ee"));
}

/* A gnuplot that dies is told, and the next figure has a new one. */
static void test_plotter(void **state)
{
	struct plotter plotter = { 0 };
	struct err err = { 0 };
	const char *path = getenv("PATH");
	char old[4096], *data;
	size_t len;

	(void)state;
	snprintf(old, sizeof(old), "%s", path ? path : "");
	setenv("PATH", "/nowhere", 1);
	assert_int_equal(plotter_draw(&plotter, "plot x\n", &data, &len, &err),
			 -ERR_MISSING);
	assert_null(data);
	plotter_release(&plotter);
	setenv("PATH", old, 1);
	err_clear(&err);
	if (plotter_draw(&plotter, "set terminal svg\nplot x\n", &data, &len,
			 &err) == -ERR_MISSING)
		skip();
	assert_int_equal(err.code, 0);
	assert_non_null(strstr(data, "</svg>"));
	free(data);
	assert_true(plotter_draw(&plotter, "exit status 7\n", &data, &len,
				 &err) < 0);
	assert_non_null(strstr(err.text, "status 7"));
	err_clear(&err);
	assert_true(plotter_draw(&plotter, "plot nothing\n", &data, &len,
				 &err) < 0);
	err_clear(&err);
	assert_int_equal(plotter_draw(&plotter, "set terminal svg\nplot x\n",
				      &data, &len, &err),
			 0);
	free(data);
	plotter_release(&plotter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_redact),
		cmocka_unit_test(test_markdown),
		cmocka_unit_test(test_interval),
		cmocka_unit_test(test_text_width),
		cmocka_unit_test(test_plotter),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
