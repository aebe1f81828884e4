// SPDX-License-Identifier: MIT
/*
 * The page: head, order of the sections, foot. One file, no network, a strict
 * policy, readable without its script.
 */
#include "results/html_assets.h"
#include "results/render.h"
#include "results/report.h"
#include "traces/base/version.h"

static const struct {
	const char *id, *title;
	void (*write)(struct report *report);
} sections[] = {
	{ "verdict", "Verdict", html_verdict },
	{ "summary", "Summary", html_summary },
	{ "tradeoff", "Trade-off", html_tradeoff },
	{ "memory", "Memory", html_memory },
	{ "fragmentation", "Fragmentation", html_fragmentation },
	{ "latency", "Latency", html_latency },
	{ "faults", "Faults", html_faults },
	{ "knobs", "Knobs", html_knobs },
	{ "noise", "Noise", html_noise },
	{ "recorded", "Recording", html_recorded },
	{ "environment", "Environment", html_environment },
	{ "method", "Method", html_method },
};

#define NR_SECTIONS (sizeof(sections) / sizeof(sections[0]))

static void put_head(const struct report *report)
{
	FILE *out = report->out;

	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\"%s%s%s>\n<head>\n"
		"<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\""
		"default-src 'none'; style-src 'unsafe-inline'; "
		"script-src '%s'; base-uri 'none'; form-action 'none'\">\n"
		"<meta name=\"viewport\" "
		"content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"generator\" content=\"heaptape " HEAPTAPE_VERSION
		"\">\n<title>",
		report->theme ? " data-theme=\"" : "",
		report->theme ? report->theme : "", report->theme ? "\"" : "",
		html_script_hash);
	html_text(out, report->title);
	fprintf(out,
		"</title>\n<style>\n%s</style>\n<script>%s</script>\n"
		"</head>\n",
		html_style, html_script);
}

static void put_top(const struct report *report)
{
	const struct comparison *cmp = report->cmp;
	const struct result_doc *doc = cmp->tapes[0].tape->rounds[0];
	FILE *out = report->out;
	size_t i;

	fputs("<body>\n<a class=\"skip\" href=\"#verdict\">Skip to the "
	      "verdict</a>\n<header>\n<h1>",
	      out);
	html_text(out, report->title);
	fprintf(out, "</h1>\n<p>%zu %s, %zu arms", cmp->nr_tapes,
		cmp->nr_tapes == 1 ? "tape" : "tapes", cmp->nr_arms);
	if (*doc->started) {
		fputs(", measured from ", out);
		html_text(out, doc->started);
	}
	if (campaign_environment(doc, "host")) {
		fputs(" on ", out);
		html_name(out, campaign_environment(doc, "host"));
	}
	fputs(".</p>\n<nav aria-label=\"Sections\"><ul>", out);
	for (i = 0; i < NR_SECTIONS; i++)
		fprintf(out, "<li><a href=\"#%s\">%s</a></li>", sections[i].id,
			sections[i].title);
	fputs("</ul></nav>\n</header>\n<main>\n", out);
}

int render_html(struct report *report, struct err *err)
{
	size_t i;
	int rc;

	put_head(report);
	put_top(report);
	for (i = 0; i < NR_SECTIONS; i++) {
		sections[i].write(report);
		fputs("</section>\n", report->out);
	}
	rc = html_data(report, err);
	if (rc)
		return rc;
	fprintf(report->out,
		"</main>\n<footer><p>Written by heaptape %s, result format "
		"%d.</p></footer>\n</body>\n</html>\n",
		HEAPTAPE_VERSION, HEAPTAPE_RESULT_FORMAT);
	if (ferror(report->out))
		return err_set(err, ERR_IO, 0, "cannot write the report");
	return 0;
}
