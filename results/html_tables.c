// SPDX-License-Identifier: MIT
/* The pieces that sections are made of: headings, tables and their cells. */
#include <math.h>
#include <string.h>

#include "results/report.h"
#include "results/text.h"

void html_section(FILE *out, const char *id, const char *title,
		  const char *lead)
{
	fprintf(out, "<section id=\"%s\">\n<h2>%s</h2>\n", id, title);
	if (lead)
		fprintf(out, "<p class=\"lead\">%s</p>\n", lead);
}

void html_tape_heading(struct report *report,
		       const struct comparison_tape *tape)
{
	if (report->cmp->nr_tapes < 2)
		return;
	fputs("<h3>", report->out);
	html_name(report->out, tape->tape->name);
	fputs("</h3>\n", report->out);
}

void html_table_of(FILE *out, const char *class, const char *caption)
{
	/* The box scrolls where the table is too wide: by keys, too. */
	fputs("<div class=\"scroll\" role=\"group\" tabindex=\"0\" "
	      "aria-label=\"",
	      out);
	html_text(out, caption);
	fprintf(out, "\"><table%s%s%s>\n<caption>", *class ? " class=\"" : "",
		class, *class ? "\"" : "");
	html_text(out, caption);
	fputs("</caption>\n", out);
}

void html_table(FILE *out, const char *caption)
{
	html_table_of(out, "", caption);
}

void html_table_end(FILE *out)
{
	fputs("</tbody></table></div>\n", out);
}

void html_arm(struct report *report, size_t arm, const char *scope)
{
	const char *name = report->cmp->arms[arm];
	const char *label = report->cmp->labels[arm];

	fprintf(report->out, "<th scope=\"%s\"", scope);
	if (strcmp(name, label) != 0) {
		fputs(" title=\"", report->out);
		html_text(report->out, name);
		fputc('"', report->out);
	}
	fputc('>', report->out);
	html_name(report->out, label);
	fputs("</th>", report->out);
}

static const char *verdict_class(const char *verdict)
{
	if (!strcmp(verdict, "BETTER"))
		return "better";
	if (!strcmp(verdict, "WORSE") || !strcmp(verdict, "crashed") ||
	    !strcmp(verdict, "failed") || !strcmp(verdict, "timeout"))
		return "worse";
	if (!strncmp(verdict, "unclear", 7))
		return "unclear";
	return "plain";
}

void html_cell(struct report *report, const struct comparison_tape *tape,
	       size_t metric, size_t arm, bool bounds)
{
	const struct comparison_cell *cell =
		comparison_cell(report->cmp, tape, metric, arm);
	const struct metric *m = &report->cmp->metrics[metric];
	char change[32], half[32], interval[64], verdict[64];

	text_verdict(m, cell, verdict, sizeof(verdict));
	text_interval(cell, interval, sizeof(interval));
	if (!arm || (m->role == METRIC_INFO && isfinite(cell->median))) {
		metric_format(m, cell->median, change, sizeof(change));
		fputs("<td class=\"num\">", report->out);
		html_text(report->out,
			  isfinite(cell->median) ? change : verdict);
		fputs("</td>", report->out);
		return;
	}
	fprintf(report->out, "<td class=\"num v-%s\"", verdict_class(verdict));
	if (cell->outcome.n) {
		metric_format(m, cell->median, change, sizeof(change));
		fputs(" title=\"", report->out);
		html_textf(report->out, "median %s, interval %s, %zu rounds",
			   change, interval, cell->outcome.n);
		fputs("\"><span class=\"change\">", report->out);
		html_text(report->out,
			  text_change(cell, change, sizeof(change)));
		fputs("</span> <span class=\"half\">", report->out);
		if (bounds)
			html_text(report->out, interval);
		else
			html_textf(report->out, "\xc2\xb1%s",
				   text_half_width(cell, half, sizeof(half)) +
					   2);
		fputs("</span> <span class=\"word\">", report->out);
	} else {
		fputs("><span class=\"word\">", report->out);
	}
	html_text(report->out, verdict);
	fputs("</span></td>", report->out);
}

static bool any_value(const struct comparison *cmp,
		      const struct comparison_tape *tape, size_t metric)
{
	size_t i;

	for (i = 0; metric < cmp->nr_metrics && i < cmp->nr_arms; i++)
		if (isfinite(comparison_cell(cmp, tape, metric, i)->median))
			return true;
	return false;
}

static void put_median(struct report *report,
		       const struct comparison_tape *tape, size_t metric,
		       size_t arm)
{
	const struct comparison_cell *cell =
		comparison_cell(report->cmp, tape, metric, arm);
	char text[64];

	if (isfinite(cell->median)) {
		fprintf(report->out, "<td class=\"num\" data-v=\"%.9g\">",
			cell->median);
		metric_format(&report->cmp->metrics[metric], cell->median, text,
			      sizeof(text));
	} else {
		fputs("<td class=\"num\">", report->out);
		text_verdict(&report->cmp->metrics[metric], cell, text,
			     sizeof(text));
	}
	html_text(report->out, text);
	fputs("</td>", report->out);
}

static bool has_row(const bool *arms, size_t arm)
{
	return !arms || arms[arm];
}

static void put_median_rows(struct report *report,
			    const struct comparison_tape *tape,
			    const char *const *metrics, size_t nr,
			    const bool *arms)
{
	const struct comparison *cmp = report->cmp;
	size_t i, k, m;

	for (i = 0; i < cmp->nr_arms; i++) {
		if (!has_row(arms, i))
			continue;
		fputs("<tr>", report->out);
		html_arm(report, i, "row");
		for (k = 0; k < nr; k++) {
			m = comparison_find_metric(cmp, metrics[k]);
			if (any_value(cmp, tape, m))
				put_median(report, tape, m, i);
		}
		fputs("</tr>\n", report->out);
	}
}

void html_medians_of(struct report *report, const struct comparison_tape *tape,
		     const char *caption, const char *const *metrics, size_t nr,
		     const bool *arms)
{
	const struct comparison *cmp = report->cmp;
	FILE *out = report->out;
	size_t k, m, shown = 0;

	for (k = 0; k < nr; k++)
		shown += any_value(cmp, tape,
				   comparison_find_metric(cmp, metrics[k]));
	if (!shown) {
		fputs("<p class=\"note\">Not measured in this campaign.</p>\n",
		      out);
		return;
	}
	html_table_of(out, "sortable", caption);
	fputs("<thead><tr><th scope=\"col\">arm</th>", out);
	for (k = 0; k < nr; k++) {
		m = comparison_find_metric(cmp, metrics[k]);
		if (any_value(cmp, tape, m))
			fprintf(out, "<th scope=\"col\" class=\"num\">%s</th>",
				cmp->metrics[m].title);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
	put_median_rows(report, tape, metrics, nr, arms);
	html_table_end(out);
}

void html_medians(struct report *report, const struct comparison_tape *tape,
		  const char *caption, const char *const *metrics, size_t nr)
{
	html_medians_of(report, tape, caption, metrics, nr, NULL);
}
