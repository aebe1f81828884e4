// SPDX-License-Identifier: MIT
/* The sections that show a figure and the table of its numbers, by tape. */
#include <math.h>
#include <string.h>

#include "results/report.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

void html_tradeoff(struct report *report)
{
	static const char *const metrics[] = { "wall_ns", "cpu_ns",
					       "rss_peak_bytes",
					       "malloc_p999_ns" };
	size_t i;

	html_section(report->out, "tradeoff", "Trade-off: time against memory",
		     NULL);
	for (i = 0; i < report->cmp->nr_tapes; i++) {
		const struct comparison_tape *tape = &report->cmp->tapes[i];

		html_tape_heading(report, tape);
		fputs(HTML_BESIDE, report->out);
		figure_tradeoff(report, tape);
		html_medians(report, tape, "Medians over the rounds", metrics,
			     NR(metrics));
		fputs("</div>\n", report->out);
	}
}

void html_memory(struct report *report)
{
	static const char *const metrics[] = { "rss_peak_bytes",
					       "rss_mean_bytes",
					       "predicted_rss_peak_bytes",
					       "predicted_rss_mean_bytes" };
	size_t i;

	html_section(
		report->out, "memory", "Memory over the tape",
		"RSS is what the kernel keeps resident for the heap alone. "
		"Predicted is the whole program's: its recorded RSS, with the "
		"recorded allocator's heap replaced by the arm's.");
	for (i = 0; i < report->cmp->nr_tapes; i++) {
		const struct comparison_tape *tape = &report->cmp->tapes[i];

		html_tape_heading(report, tape);
		figure_memory(report, tape);
		html_medians(report, tape, "Resident memory, medians", metrics,
			     NR(metrics));
	}
}

/* Only where some arm tells: older documents do not. */
static void html_split(struct report *report,
		       const struct comparison_tape *tape)
{
	const char *metrics[SPLIT_PARTS];
	double parts[SPLIT_PARTS];
	bool any = false;
	size_t i;

	for (i = 0; i < SPLIT_PARTS; i++)
		metrics[i] = result_split_metric(i);
	for (i = 0; i < report->cmp->nr_arms; i++)
		any |= comparison_split(tape, report->cmp->arms[i], parts);
	if (any)
		html_medians(report, tape,
			     "Where the bytes are at the peak of live bytes, "
			     "medians",
			     metrics, SPLIT_PARTS);
}

void html_fragmentation(struct report *report)
{
	static const char *const ratios[] = {
		"fragmentation_peak",      "fragmentation_mean",
		"fragmentation_time_mean", "fragmentation_live_peak",
		"fragmentation_rss_peak",  "rounding_peak",
		"returned_idle",           "returned_freed"
	};
	static const char *const places[] = { "rss_peak_bytes", "rss_end_bytes",
					      "rss_idle_bytes",
					      "rss_freed_bytes" };
	size_t i;

	html_section(report->out, "fragmentation",
		     "Fragmentation and memory returned",
		     "RSS/live is how many bytes are resident for each byte "
		     "that the program asked for and has not freed. Returned "
		     "is the part of the peak that went back to the kernel.");
	for (i = 0; i < report->cmp->nr_tapes; i++) {
		const struct comparison_tape *tape = &report->cmp->tapes[i];

		html_tape_heading(report, tape);
		fputs(HTML_BESIDE, report->out);
		figure_returned(report, tape);
		fputs("<div>\n", report->out);
		html_medians(report, tape, "Fragmentation and memory returned",
			     ratios, NR(ratios));
		html_medians(report, tape, "Resident memory, medians", places,
			     NR(places));
		fputs("</div></div>\n", report->out);
		html_split(report, tape);
	}
}

static void put_latency_tables(struct report *report,
			       const struct comparison_tape *tape)
{
	static const char *const ops[] = { "malloc", "free", "realloc",
					   "calloc" };
	static const char *const parts[] = { "p50",  "p90",   "p99",
					     "p999", "p9999", "max" };
	char names[NR(parts)][48], caption[64];
	const char *metrics[NR(parts)];
	size_t i, k;

	for (i = 0; i < NR(ops); i++) {
		for (k = 0; k < NR(parts); k++) {
			snprintf(names[k], sizeof(names[k]), "%s_%s_ns", ops[i],
				 parts[k]);
			metrics[k] = names[k];
		}
		k = comparison_find_metric(report->cmp, names[0]);
		if (k == report->cmp->nr_metrics ||
		    !comparison_has_metric(report->cmp, k))
			continue;
		snprintf(caption, sizeof(caption),
			 "Latency of %s, medians over the rounds", ops[i]);
		html_medians(report, tape, caption, metrics, NR(parts));
	}
}

void html_latency(struct report *report)
{
	size_t i;

	html_section(report->out, "latency", "Latency",
		     "Closed loop: service time only. A call begins when the "
		     "one before it has ended, so that queueing is not in "
		     "these numbers.");
	for (i = 0; i < report->cmp->nr_tapes; i++) {
		html_tape_heading(report, &report->cmp->tapes[i]);
		figure_latencies(report, &report->cmp->tapes[i]);
		put_latency_tables(report, &report->cmp->tapes[i]);
	}
}

void html_faults(struct report *report)
{
	static const char *const metrics[] = { "minor_faults", "major_faults",
					       "futex_waits",
					       "voluntary_switches" };
	size_t i;

	html_section(report->out, "faults", "Faults, waits and switches", NULL);
	for (i = 0; i < report->cmp->nr_tapes; i++) {
		html_tape_heading(report, &report->cmp->tapes[i]);
		html_medians(report, &report->cmp->tapes[i],
			     "Counts per run, medians", metrics, NR(metrics));
	}
}

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
	size_t i, k;

	html_section(report->out, "noise", "Noise",
		     "Each dot is one process of its own. Nothing is dropped; "
		     "far out counts the rounds that lie more than 10 robust "
		     "deviations from the median.");
	for (i = 0; i < report->cmp->nr_tapes; i++) {
		const struct comparison_tape *tape = &report->cmp->tapes[i];

		html_tape_heading(report, tape);
		fputs("<div class=\"grid\">\n", report->out);
		for (k = 0; k < NR(metrics); k++)
			figure_rounds(report, tape, metrics[k]);
		fputs("</div>\n", report->out);
		put_noise_table(report, tape, metrics, NR(metrics));
	}
}
