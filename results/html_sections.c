// SPDX-License-Identifier: MIT
/* The sections that show a figure and the table of its numbers, by tape. */
#include <math.h>
#include <string.h>

#include "results/figure.h"
#include "results/report.h"
#include "results/text.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static void put_front(struct report *report, const struct comparison_tape *tape)
{
	char text[1024];

	if (!tape->front_known)
		return;
	fputs("<p>Pareto front in ", report->out);
	html_text(report->out,
		  text_front_metrics(report->cmp, tape, text, sizeof(text)));
	fputs(": ", report->out);
	html_text(report->out,
		  text_front(report->cmp, tape, text, sizeof(text)));
	fputs(".</p>\n", report->out);
}

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
		fputs("<div>\n", report->out);
		html_medians(report, tape, "Medians over the rounds", metrics,
			     NR(metrics));
		put_front(report, tape);
		fputs("</div></div>\n", report->out);
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
static bool has_split(const struct report *report,
		      const struct comparison_tape *tape)
{
	double parts[SPLIT_PARTS];
	size_t i;

	for (i = 0; i < report->cmp->nr_arms; i++)
		if (comparison_split(tape, report->cmp->arms[i], parts))
			return true;
	return false;
}

static void put_returned(struct report *report,
			 const struct comparison_tape *tape)
{
	static const char *const places[] = {
		"rss_peak_bytes",  "rss_end_bytes", "rss_idle_bytes",
		"rss_freed_bytes", "returned_idle", "returned_freed"
	};
	const char *parts[SPLIT_PARTS];
	bool split = has_split(report, tape);
	size_t i;

	for (i = 0; i < SPLIT_PARTS; i++)
		parts[i] = result_split_metric(i);
	fputs("<div class=\"grid\">\n", report->out);
	figure_returned(report, tape);
	if (split)
		figure_split(report, tape);
	fputs("</div>\n", report->out);
	html_medians(report, tape, "Memory that stays, and goes back, medians",
		     places, NR(places));
	if (!split)
		return;
	html_medians(report, tape,
		     "Where the bytes are at the peak of live bytes, medians",
		     parts, SPLIT_PARTS);
	/* As many figures as arms: too many for a page of many tapes. */
	if (figure_coarseness(report) > 1)
		return;
	fputs("<div class=\"grid\">\n", report->out);
	figure_parts(report, tape);
	fputs("</div>\n", report->out);
}

void html_fragmentation(struct report *report)
{
	static const char *const ratios[] = {
		"fragmentation_peak",      "fragmentation_mean",
		"fragmentation_time_mean", "fragmentation_live_peak",
		"fragmentation_rss_peak",  "rounding_peak",
	};
	size_t i;

	html_section(report->out, "fragmentation",
		     "Fragmentation and memory returned",
		     "RSS/live is how many bytes are resident for each byte "
		     "that the program asked for and has not freed. Returned "
		     "is the part of the peak that went back to the kernel.");
	for (i = 0; i < report->cmp->nr_tapes; i++) {
		const struct comparison_tape *tape = &report->cmp->tapes[i];

		html_tape_heading(report, tape);
		figure_ratio(report, tape);
		html_medians(report, tape, "Resident bytes for each live byte",
			     ratios, NR(ratios));
		put_returned(report, tape);
	}
}

static void put_latencies(struct report *report,
			  const struct comparison_tape *tape)
{
	static const char *const ops[] = { "malloc",  "malloc_lag",
					   "free",    "free_lag",
					   "realloc", "realloc_lag",
					   "calloc",  "calloc_lag",
					   "touch" };
	static const char *const parts[] = { "p50",  "p90",   "p99",
					     "p999", "p9999", "max" };
	char names[NR(parts)][48], caption[96], title[64];
	const char *metrics[NR(parts)];
	size_t nr = 0, i, k;

	for (i = 0; i < NR(ops); i++) {
		for (k = 0; k < NR(parts); k++) {
			snprintf(names[k], sizeof(names[k]), "%s_%s_ns", ops[i],
				 parts[k]);
			metrics[k] = names[k];
		}
		k = comparison_find_metric(report->cmp, names[0]);
		if (k == report->cmp->nr_metrics ||
		    !comparison_tape_has_metric(report->cmp, tape, k))
			continue;
		snprintf(caption, sizeof(caption), "%s, medians",
			 figure_latency_title(ops[i], title, sizeof(title)));
		fputs(HTML_BESIDE, report->out);
		figure_latency(report, tape, ops[i]);
		html_medians(report, tape, caption, metrics, NR(parts));
		fputs("</div>\n", report->out);
		nr++;
	}
	if (!nr)
		fputs("<p class=\"note\">Not measured in this campaign.</p>\n",
		      report->out);
}

/* Whether calls had a time at which they were due. */
static bool has_schedule(const struct report *report)
{
	size_t metric =
		comparison_find_metric(report->cmp, "malloc_lag_p50_ns");

	return metric < report->cmp->nr_metrics &&
	       comparison_has_metric(report->cmp, metric);
}

void html_latency(struct report *report)
{
	size_t i;

	html_section(report->out, "latency", "Latency",
		     has_schedule(report)
			     ? "Calls are made when the tape made them. "
			       "Service time is that of the call alone; lag is "
			       "how late it began, since those before it had "
			       "not ended."
			     : "Closed loop: service time only. A call begins "
			       "when the one before it has ended, so that "
			       "queueing is not in these numbers.");
	for (i = 0; i < report->cmp->nr_tapes; i++) {
		html_tape_heading(report, &report->cmp->tapes[i]);
		put_latencies(report, &report->cmp->tapes[i]);
	}
}

/* Only where several threads were replayed, alone as well as together. */
static void put_contention(struct report *report,
			   const struct comparison_tape *tape)
{
	static const char *const metrics[] = {
		"contention_ratio", "cpu_ns",        "alone_cpu_ns",
		"futex_waits",      "futex_wait_ns", "futex_wakes"
	};
	size_t metric = comparison_find_metric(report->cmp, metrics[0]);

	if (metric < report->cmp->nr_metrics &&
	    comparison_tape_has_metric(report->cmp, tape, metric))
		html_medians(report, tape,
			     "Contention: CPU time of all threads at once by "
			     "that of one at a time, medians",
			     metrics, NR(metrics));
}

void html_faults(struct report *report)
{
	static const char *const metrics[] = { "minor_faults",
					       "major_faults",
					       "memory_calls",
					       "mmap_calls",
					       "munmap_calls",
					       "mremap_calls",
					       "brk_calls",
					       "mprotect_calls",
					       "madvise_dontneed_calls",
					       "madvise_free_calls",
					       "voluntary_switches",
					       "futex_waits" };
	size_t i;

	html_section(report->out, "faults",
		     "Faults, system calls and contention",
		     "Faults and switches are the kernel's own counts. System "
		     "calls are counted one by one in a pass of their own, "
		     "which needs no privileges and does not disturb the "
		     "others. Contention is what the threads cost each other.");
	for (i = 0; i < report->cmp->nr_tapes; i++) {
		const struct comparison_tape *tape = &report->cmp->tapes[i];

		html_tape_heading(report, tape);
		fputs("<div class=\"grid\">\n", report->out);
		figure_counts(report, tape);
		figure_contention(report, tape);
		fputs("</div>\n", report->out);
		html_medians(report, tape, "Counts per run, medians", metrics,
			     NR(metrics));
		put_contention(report, tape);
	}
}
