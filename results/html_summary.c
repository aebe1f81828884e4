// SPDX-License-Identifier: MIT
/* The matrix of changes: the metrics that decide, and all of them, folded. */
#include <math.h>

#include "results/report.h"

/* Rows: the metrics of one tape; columns: the arms. */
static void put_rows(struct report *report, const struct comparison_tape *tape,
		     bool front_only)
{
	const struct comparison *cmp = report->cmp;
	FILE *out = report->out;
	size_t m, i, k;

	for (m = 0; m < cmp->nr_metrics; m++) {
		for (k = 0; k < tape->nr_front; k++)
			if (tape->front[k] == m)
				break;
		if (!comparison_tape_has_metric(cmp, tape, m) ||
		    (front_only && k == tape->nr_front))
			continue;
		fprintf(out, "<tr><th scope=\"row\">%s</th>",
			cmp->metrics[m].title);
		if (cmp->metrics[m].role == METRIC_INFO)
			fputs("<td class=\"num\">-</td>", out);
		else
			fprintf(out, "<td class=\"num\">%.3g %%</td>",
				100 * cmp->metrics[m].rule.threshold);
		for (i = 0; i < cmp->nr_arms; i++)
			html_cell(report, tape, m, i, !front_only);
		fputs("</tr>\n", out);
	}
}

static void put_columns(struct report *report)
{
	size_t i;

	fputs("<thead><tr><th scope=\"col\">metric</th>"
	      "<th scope=\"col\" class=\"num\">limit</th>",
	      report->out);
	for (i = 0; i < report->cmp->nr_arms; i++)
		html_arm(report, i, "col");
	fputs("</tr></thead>\n", report->out);
}

static void put_all(struct report *report)
{
	const struct comparison *cmp = report->cmp;
	size_t i;

	fputs("<details id=\"metrics\"><summary>All metrics</summary>\n"
	      "<p class=\"lead\">Changes against the base with their 95 % "
	      "intervals. A change beyond the limit is BETTER or WORSE, one "
	      "within it same; unclear(N): about N rounds would decide.</p>\n",
	      report->out);
	for (i = 0; i < cmp->nr_tapes; i++) {
		html_tape_heading(report, &cmp->tapes[i]);
		html_table_of(report->out, "filtered",
			      "Every metric that was measured");
		put_columns(report);
		fputs("<tbody>\n", report->out);
		put_rows(report, &cmp->tapes[i], false);
		html_table_end(report->out);
	}
	fputs("</details>\n", report->out);
}

void html_summary(struct report *report)
{
	const struct comparison *cmp = report->cmp;
	FILE *out = report->out;
	size_t i;

	html_section(out, "summary", "Summary",
		     "The base as it is; the others as change against it, half "
		     "of its 95 % interval, and what that means.");
	for (i = 0; i < cmp->nr_tapes; i++)
		if (cmp->tapes[i].tape->nr_rounds < STATS_MIN_ROUNDS)
			break;
	if (i < cmp->nr_tapes)
		fputs("<p class=\"note\">With fewer than 6 rounds the whole "
		      "range stands for the interval, and times stay unclear; "
		      "replay with <code>-n 6</code> or more.</p>\n",
		      out);
	html_table(out, "Time, memory peak and tail latency, by tape and arm");
	put_columns(report);
	for (i = 0; i < cmp->nr_tapes; i++) {
		fprintf(out,
			"<tbody><tr class=\"group\"><th scope=\"rowgroup\" "
			"colspan=\"%zu\">",
			cmp->nr_arms + 2);
		html_name(out, cmp->tapes[i].tape->name);
		fprintf(out, " <span>%zu round%s</span></th></tr>\n",
			cmp->tapes[i].tape->nr_rounds,
			cmp->tapes[i].tape->nr_rounds == 1 ? "" : "s");
		put_rows(report, &cmp->tapes[i], true);
		fputs(i + 1 < cmp->nr_tapes ? "</tbody>\n" : "", out);
	}
	html_table_end(out);
	put_all(report);
}
