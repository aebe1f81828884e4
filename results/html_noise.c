// SPDX-License-Identifier: MIT
/* How much the rounds differ: every one as a dot, and the table of it. */
#include <math.h>

#include "results/figure.h"
#include "results/report.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* Rounds further from the median than 10 standard deviations would be. */
static size_t far_out(const struct comparison_cell *cell, size_t nr)
{
	size_t far = 0, i;

	for (i = 0; i < nr; i++)
		far += fabs(cell->values[i] - cell->median) >
		       14.826 * cell->mad;
	return cell->mad > 0 ? far : 0;
}

static void put_noise_row(struct report *report,
			  const struct comparison_tape *tape, size_t metric,
			  size_t arm)
{
	const struct comparison_cell *cell =
		comparison_cell(report->cmp, tape, metric, arm);
	const struct metric *m = &report->cmp->metrics[metric];
	double low = NAN, high = NAN;
	size_t nr = 0, i;
	char text[64];

	for (i = 0; i < tape->tape->nr_rounds; i++) {
		low = fmin(low, cell->values[i]);
		high = fmax(high, cell->values[i]);
		nr += isfinite(cell->values[i]);
	}
	fputs("<tr>", report->out);
	html_arm(report, arm, "row");
	fprintf(report->out,
		"<td>%s</td><td class=\"num\">%zu</td>"
		"<td class=\"num\">%s</td>",
		m->title, nr, metric_format(m, low, text, sizeof(text)));
	fprintf(report->out, "<td class=\"num\">%s</td>",
		metric_format(m, cell->median, text, sizeof(text)));
	fprintf(report->out, "<td class=\"num\">%s</td>",
		metric_format(m, high, text, sizeof(text)));
	fprintf(report->out,
		"<td class=\"num\">%.2f %%</td><td class=\"num\">%zu</td>"
		"</tr>\n",
		148.26 * cell->mad / cell->median,
		far_out(cell, tape->tape->nr_rounds));
}

static void put_noise_table(struct report *report,
			    const struct comparison_tape *tape,
			    const char *const *metrics, size_t nr)
{
	size_t i, k;

	html_table(report->out, "Spread over the rounds");
	fputs("<thead><tr><th scope=\"col\">arm</th>"
	      "<th scope=\"col\">metric</th>"
	      "<th scope=\"col\" class=\"num\">rounds</th>"
	      "<th scope=\"col\" class=\"num\">least</th>"
	      "<th scope=\"col\" class=\"num\">median</th>"
	      "<th scope=\"col\" class=\"num\">most</th>"
	      "<th scope=\"col\" class=\"num\">robust deviation</th>"
	      "<th scope=\"col\" class=\"num\">far out</th></tr></thead>\n"
	      "<tbody>\n",
	      report->out);
	for (k = 0; k < nr; k++) {
		size_t m = comparison_find_metric(report->cmp, metrics[k]);

		for (i = 0; i < report->cmp->nr_arms; i++)
			if (isfinite(comparison_cell(report->cmp, tape, m, i)
					     ->median))
				put_noise_row(report, tape, m, i);
	}
	html_table_end(report->out);
}

void html_noise(struct report *report)
{
	static const char *const metrics[] = { "wall_ns", "rss_peak_bytes" };
	size_t i;

	html_section(report->out, "noise", "Noise",
		     "Each dot is one process of its own. Nothing is dropped; "
		     "far out counts the rounds that lie more than 10 robust "
		     "deviations from the median.");
	for (i = 0; i < report->cmp->nr_tapes; i++) {
		const struct comparison_tape *tape = &report->cmp->tapes[i];

		html_tape_heading(report, tape);
		fputs("<div class=\"grid\">\n", report->out);
		figure_rounds_time(report, tape);
		figure_rounds_memory(report, tape);
		fputs("</div>\n", report->out);
		put_noise_table(report, tape, metrics, NR(metrics));
	}
}
