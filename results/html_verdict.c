// SPDX-License-Identifier: MIT
/* The first screen: who is better in words, and what failed. */
#include <math.h>
#include <string.h>

#include "results/report.h"
#include "results/summary.h"
#include "results/text.h"

static const char *kind_class(enum summary_kind kind)
{
	switch (kind) {
	case SUMMARY_BETTER:
		return "better";
	case SUMMARY_FAILED:
	case SUMMARY_WORSE:
		return "worse";
	case SUMMARY_TRADE:
	case SUMMARY_UNCLEAR:
		return "unclear";
	case SUMMARY_SAME:
		break;
	}
	return "plain";
}

/* "jemalloc and arena are better" of that kind; returns how many. */
static size_t put_kind(struct report *report, enum summary_kind kind,
		       const char *singular, const char *plural, bool first)
{
	const struct comparison *cmp = report->cmp;
	size_t all = 0, nr = 0, i;

	for (i = 1; i < cmp->nr_arms; i++)
		all += summary_kind(cmp, i) == kind;
	for (i = 1; i < cmp->nr_arms; i++) {
		if (summary_kind(cmp, i) != kind)
			continue;
		if (!nr++)
			fputs(first ? "" : "; ", report->out);
		else
			fputs(nr == all ? " and " : ", ", report->out);
		html_name(report->out, cmp->labels[i]);
	}
	if (nr)
		fprintf(report->out, " %s", nr == 1 ? singular : plural);
	return nr;
}

static void put_headline(struct report *report)
{
	const struct comparison *cmp = report->cmp;
	const struct comparison_tape *most = &cmp->tapes[0];
	char metrics[160];
	size_t said = 0, i;

	/* A tape with few mallocs has no tail of them; another may. */
	for (i = 1; i < cmp->nr_tapes; i++)
		if (cmp->tapes[i].nr_front > most->nr_front)
			most = &cmp->tapes[i];
	text_front_metrics(cmp, most, metrics, sizeof(metrics));
	fputs("<p class=\"headline\">Against ", report->out);
	html_name(report->out, cmp->labels[0]);
	fprintf(report->out, "%s%s on %s: ", *metrics ? ", in " : "", metrics,
		cmp->nr_tapes == 1 ? "this tape" : "these tapes");
	said += put_kind(report, SUMMARY_BETTER, "is better", "are better",
			 !said);
	said += put_kind(report, SUMMARY_TRADE, "is a trade-off",
			 "are trade-offs", !said);
	said += put_kind(report, SUMMARY_SAME, "is the same", "are the same",
			 !said);
	said += put_kind(report, SUMMARY_UNCLEAR, "is not decided",
			 "are not decided", !said);
	said += put_kind(report, SUMMARY_WORSE, "is worse", "are worse", !said);
	said += put_kind(report, SUMMARY_FAILED, "failed", "failed", !said);
	fputs(said ? ".</p>\n" : "there is no other arm.</p>\n", report->out);
}

static void put_failures(struct report *report, size_t arm)
{
	const struct comparison *cmp = report->cmp;
	char text[512];
	size_t i;

	for (i = 0; i < cmp->nr_tapes; i++) {
		const struct comparison_arm *how = &cmp->tapes[i].arms[arm];

		if (!how->failed)
			continue;
		fputs(" <span class=\"why\">On ", report->out);
		html_name(report->out, cmp->tapes[i].tape->name);
		fputs(" it ", report->out);
		html_text(report->out, text_failure(how, text, sizeof(text)));
		fputs(".</span>", report->out);
	}
}

static void put_fronts(struct report *report)
{
	const struct comparison *cmp = report->cmp;
	char text[1024];
	size_t i;

	for (i = 0; i < cmp->nr_tapes; i++) {
		const struct comparison_tape *tape = &cmp->tapes[i];

		if (!tape->front_known)
			continue;
		fputs("<p>Pareto front", report->out);
		if (cmp->nr_tapes > 1) {
			fputs(" of ", report->out);
			html_name(report->out, tape->tape->name);
		}
		fputs(" (", report->out);
		html_text(report->out,
			  text_front_metrics(cmp, tape, text, sizeof(text)));
		fputs("): ", report->out);
		html_text(report->out,
			  text_front(cmp, tape, text, sizeof(text)));
		fputs(".</p>\n", report->out);
	}
}

void html_verdict(struct report *report)
{
	const struct comparison *cmp = report->cmp;
	const char *command =
		campaign_config(cmp->tapes[0].tape->rounds[0], "command");
	char text[1024];
	size_t i;

	html_section(report->out, "verdict", "Verdict", NULL);
	put_headline(report);
	fputs("<ul class=\"verdicts\">\n", report->out);
	for (i = 0; i < cmp->nr_arms; i++) {
		enum summary_kind kind = summary_kind(cmp, i);
		bool base = !i && kind != SUMMARY_FAILED;

		fprintf(report->out,
			"<li class=\"v-%s\"><b class=\"word\">%s</b> <b>",
			base ? "plain" : kind_class(kind),
			base ? "BASE" : summary_word(kind));
		html_name(report->out, cmp->labels[i]);
		fputs("</b> ", report->out);
		if (i && kind != SUMMARY_FAILED)
			html_text(report->out,
				  summary_sentence(cmp, i, text, sizeof(text)));
		else if (!i)
			fputs("what the others are compared with.",
			      report->out);
		put_failures(report, i);
		fputs("</li>\n", report->out);
	}
	fputs("</ul>\n", report->out);
	put_fronts(report);
	if (!command || !*command)
		return;
	fputs("<p>Measured with:</p>\n<pre><code>", report->out);
	html_text(report->out, command);
	fputs("</code></pre>\n", report->out);
}
