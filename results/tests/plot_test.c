// SPDX-License-Identifier: MIT
/* From gnuplot's SVG to ours, and text for pages and terminals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "results/html.h"
#include "results/plot.h"
#include "results/term_text.h"
#include "traces/base/err.h"

static const char raw[] =
	"<?xml version=\"1.0\"?>\n<svg \n viewBox=\"0 0 100 50\"\n"
	" xmlns=\"http://www.w3.org/2000/svg\"\n>\n\n<title>plot</title>\n"
	"<desc>Produced</desc>\n\n<g id=\"gnuplot_canvas\">\n"
	"<rect x=\"0\" y=\"0\" fill=\"none\"/>\n<defs>\n"
	"\t<circle id='gpPt5' r='1'/>\n\t<circle id='gpPt6' r='2'/>\n"
	"\t<filter id='textbox'>\n\t  <feFlood/>\n\t</filter>\n</defs>\n"
	"<g fill=\"none\" color=\"black\" stroke=\"black\">\n</g>\n"
	"<g fill=\"none\" color=\"black\" stroke=\"rgb(  1,   1,   2)\">\n"
	"<text fill=\"rgb(1,1,1)\">@0@ @7@ a@b</text></g>\n"
	"\t<g id=\"plot_plot_1\" ><title>$data</title>\n"
	"\t<use xlink:href='#gpPt5' color='rgb(  1,   2,   3)'/>\n"
	"\t<path stroke='black'  d='M1.00,2.46 L-3.04,10.96\n\tL5,6  '/>\n\t</g>\n"
	"</g>\n</svg>\n\n";

static const char expected[] =
	"<svg class=\"plot\" style=\"min-width:70px;max-width:120px\" "
	"viewBox=\"0 0 100 50\" role=\"img\" aria-labelledby=\"x-1-t x-1-d\">\n"
	"<title id=\"x-1-t\">A &lt;b&gt;</title>\n"
	"<desc id=\"x-1-d\">what it shows</desc>\n<g>\n<defs>\n"
	"\t<circle id='x-1-gpPt5' r='1'/>\n</defs>\n"
	"<g fill=\"none\" stroke=\"var(--grid)\">\n"
	"<text fill=\"currentColor\">&lt;&#39;&gt; @7@ a@b</text></g>\n"
	"<g id=\"x-1-part-1\" data-series=\"3\"><title>je &amp; co</title>\n"
	"\t<use href='#x-1-gpPt5' color='var(--s3)'/>\n"
	"\t<path stroke='currentColor'  d='M1,2.5 L-3,11\n\tL5,6'/>\n"
	"\t</g>\n</g>\n</svg>\n";

static void test_quote(void **state)
{
	char *text, colour[8];
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const char *c;

	(void)state;
	assert_non_null(out);
	plot_quote(out, "a'b`id`\"$x\\@m%d\n{/*2 c}\xe2\x80\xae", false);
	fclose(out);
	assert_int_equal(text[0], '\'');
	assert_int_equal(text[len - 1], '\'');
	text[len - 1] = '\0';
	/* Nothing is left that gnuplot would read as more than a letter. */
	for (c = text + 1; *c; c++)
		assert_null(strchr("'`\"\\%\n", *c));
	assert_non_null(strstr(text, "{/*2 c}?"));
	free(text);
	out = open_memstream(&text, &len);
	assert_non_null(out);
	/* e acute, Hebrew, dash stay; Arabic, Chinese, a face do not. */
	plot_quote(out,
		   "\xc3\xa9\xd7\xa9\xe2\x80\x93\xef\xbf\xbd"
		   "\xd8\xb9\xe4\xb8\xad\xf0\x9f\x98\x80z",
		   true);
	fclose(out);
	assert_string_equal(text,
			    "'\xc3\xa9\xd7\xa9\xe2\x80\x93\xef\xbf\xbd???z'");
	free(text);
	assert_string_equal(plot_colour("bg", colour), "#ffffff");
	assert_string_equal(plot_colour("none", colour), "#000000");
}

static void test_clean(void **state)
{
	struct plot plot = {
		.id = "x-1",
		.width = 100,
		.labels = { "<'>" },
		.nr_labels = 1,
		.title = "A <b>",
		.description = "what it shows",
	};
	struct err err = { 0 };
	char *svg;

	(void)state;
	plot_part(&plot, "je & co", 3);
	assert_int_equal(plot_clean_svg(&plot, PLOT_PAGE, raw, &svg, &err), 0);
	assert_string_equal(svg, expected);
	free(svg);
	assert_int_equal(plot_clean_svg(&plot, PLOT_SVG, raw, &svg, &err), 0);
	assert_non_null(strstr(svg, "xmlns=\"http://www.w3.org/2000/svg\""));
	assert_non_null(strstr(svg, "width=\"100\" height=\"50\""));
	assert_non_null(strstr(svg, "<title id=\"x-1-t\">A &lt;b&gt;</title>"));
	assert_non_null(strstr(svg, "xlink:href='#x-1-gpPt5'"));
	/* A file knows no variables of a page. */
	assert_null(strstr(svg, "var("));
	assert_null(strstr(svg, "rgb("));
	assert_null(strstr(svg, "currentColor"));
	free(svg);
}

static void test_not_svg(void **state)
{
	struct plot plot = { .id = "x", .title = "t", .description = "d" };
	struct err err = { 0 };
	char *svg;

	(void)state;
	assert_int_equal(plot_clean_svg(&plot, PLOT_PAGE, "", &svg, &err),
			 -ERR_SYS);
	assert_null(svg);
	err_clear(&err);
	assert_int_equal(plot_clean_svg(&plot, PLOT_PAGE,
					"<svg viewBox=\"0 0 1 1\">\n<g>", &svg,
					&err),
			 -ERR_SYS);
}

static void test_styles(void **state)
{
	size_t i;

	(void)state;
	for (i = 2; i <= PLOT_STYLES; i++)
		assert_ptr_not_equal(plot_style(i), plot_style(1));
	assert_ptr_not_equal(plot_style(1), plot_style(1 + PLOT_STYLES));
	for (i = 1; i < 200; i++)
		assert_non_null(plot_style(i)->marker);
}

static void test_html(void **state)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	html_name(out, "</b>\"'&\x01\x7f\n");
	html_textf(out, "<%s>", "&");
	fclose(out);
	assert_string_equal(text,
			    "<bdi>&lt;/b&gt;&quot;&#39;&amp;"
			    "\xef\xbf\xbd\xef\xbf\xbd\n</bdi>&lt;&amp;&gt;");
	free(text);
}

static void clean(const char *name, size_t columns, const char *want)
{
	char buf[64];

	assert_string_equal(term_clean(name, columns, buf, sizeof(buf)), want);
}

static void test_terminal(void **state)
{
	(void)state;
	clean("plain", 10, "plain");
	clean("abcdef", 6, "abcdef");
	clean("abcdefg", 6, "abcde~");
	clean("\x1b[31m\r\n\x7f", 20, "?[31m???");
	clean("\xc2\x9b \xc3\xa9", 20, "? \xc3\xa9");
	clean("a\xe2\x80\xae\xe2\x81\xa6z", 20, "a??z");
	clean("", 5, "");
	assert_int_equal(term_width("\xc3\xa9t\xc3\xa9"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),    cmocka_unit_test(test_not_svg),
		cmocka_unit_test(test_styles),   cmocka_unit_test(test_html),
		cmocka_unit_test(test_terminal), cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests_name("plot", tests, NULL, NULL);
}
