// SPDX-License-Identifier: MIT
/*
 * Reading aids: the tape's own pattern, and what figures of memory are often
 * taken for. Each is told only where the tape shows it, with its figures.
 */
#include <math.h>
#include <stdlib.h>

#include "results/comparison_parts.h"
#include "results/metrics.h"
#include "results/result.h"
#include "results/verdict_parts.h"
#include "traces/base/err.h"
#include "traces/base/units.h"

/* Median over the rounds of what the arm's memory passes say. */
static double median_of(const struct comparison_tape *tape, const char *arm,
			const char *name)
{
	const struct metric *metric = metrics_find(name);
	size_t nr = tape->tape->nr_rounds, i;
	double *values = calloc(nr, sizeof(*values)), median;

	for (i = 0; values && i < nr; i++) {
		const struct result_run *run =
			campaign_run(tape->tape->rounds[i], arm, "memory");

		values[i] = !run     ? NAN
			    : metric ? metric_value(metric, run)
				     : result_metric(run, name);
	}
	median = values ? stats_median(values, nr) : NAN;
	free(values);
	return median;
}

/* Live bytes when the tape ends, the same in every round; NAN without. */
static double live_end(const struct comparison_tape *tape, const char *arm)
{
	const struct result_run *run =
		campaign_run(tape->tape->rounds[0], arm, "memory");

	return run && run->nr_curve
		       ? (double)run->curve[run->nr_curve - 1].live_bytes
		       : NAN;
}

/* How much is taken, and how long it lives: what no allocator changes. */
static int read_pattern(const struct comparison *cmp,
			const struct comparison_tape *tape, const char *arm,
			struct verdict *v)
{
	double churn = median_of(tape, arm, "churn");
	double lifetime = median_of(tape, arm, "lifetime_ns");
	char allocated[32], peak[32], life[32] = "n/a";
	struct verdict_sentence *s;

	if (!isfinite(churn))
		return 0;
	units_format_bytes(allocated, sizeof(allocated),
			   median_of(tape, arm, "allocated_bytes"));
	units_format_bytes(peak, sizeof(peak),
			   median_of(tape, arm, "live_peak_bytes"));
	if (isfinite(lifetime))
		units_format_ns(life, sizeof(life), lifetime);
	if (churn >= 10)
		s = verdict_say(v, VERDICT_READING, cmp->nr_arms,
				"The program takes its peak of live bytes %.0f "
				"times over: an allocator softens such a "
				"pattern, it does not remove it; blocks that "
				"are reused or pooled in the program would.",
				churn);
	else
		s = verdict_say(v, VERDICT_READING, cmp->nr_arms,
				"The program takes its peak of live bytes only "
				"%.1f times over: most of its memory is its "
				"own, and an allocator changes what lies "
				"around the blocks, not the blocks.",
				churn);
	return verdict_figure(s,
			      "taken: %s, live peak: %s, churn: %.1f, a byte "
			      "lives %s on average",
			      allocated, peak, churn, life);
}

/* Is it a leak? Live bytes tell, RSS does not. */
static int read_leak(const struct comparison *cmp,
		     const struct comparison_tape *tape, size_t arm,
		     struct verdict *v)
{
	const char *name = cmp->arms[arm];
	double live = live_end(tape, name);
	double peak = median_of(tape, name, "live_peak_bytes");
	double rss = median_of(tape, name, "rss_end_bytes");
	char live_text[32], peak_text[32], rss_text[32];
	struct verdict_sentence *s;

	if (!(isfinite(live) && peak > 0 && isfinite(rss)))
		return 0;
	units_format_bytes(live_text, sizeof(live_text), live);
	units_format_bytes(peak_text, sizeof(peak_text), peak);
	units_format_bytes(rss_text, sizeof(rss_text), rss);
	if (live < peak / 2 && rss > 1.5 * live + 1048576)
		s = verdict_say(v, VERDICT_READING, arm,
				"RSS above the live bytes is no leak: with %s "
				"it is memory that the program has freed and "
				"the allocator keeps.",
				cmp->labels[arm]);
	else if (live > 0.9 * peak)
		s = verdict_say(v, VERDICT_READING, cmp->nr_arms,
				"Live bytes are near their peak when the tape "
				"ends: no allocator gives those back. Whether "
				"they are a leak is told by who holds them: "
				"heaptape info --sites.");
	else
		return 0;
	return verdict_figure(s,
			      "at the end: live %s (peak %s), RSS %s with %s",
			      live_text, peak_text, rss_text, cmp->labels[arm]);
}

/* Frees need not shrink RSS at once. */
static int read_return(const struct comparison *cmp,
		       const struct comparison_tape *tape, size_t arm,
		       struct verdict *v)
{
	const char *name = cmp->arms[arm];
	double peak = median_of(tape, name, "rss_peak_bytes");
	double end = median_of(tape, name, "rss_end_bytes");
	double idle = median_of(tape, name, "rss_idle_bytes");
	double freed = median_of(tape, name, "rss_freed_bytes");
	char texts[4][32];

	if (!(peak > 0 && isfinite(end) && isfinite(idle) && isfinite(freed)))
		return 0;
	if (idle < 0.5 * end + 1048576 || freed < 0.05 * peak + 1048576)
		return 0;
	units_format_bytes(texts[0], 32, peak);
	units_format_bytes(texts[1], 32, end);
	units_format_bytes(texts[2], 32, idle);
	units_format_bytes(texts[3], 32, freed);
	return verdict_figure(
		verdict_say(v, VERDICT_READING, arm,
			    "A free need not shrink RSS at once: pages go back "
			    "when all blocks on them are free, and with %s "
			    "after a time, at a threshold, or never: its "
			    "knobs, and a longer --idle, tell which.",
			    cmp->labels[arm]),
		"RSS with %s: peak %s, end %s, after idle %s, after "
		"free-all %s",
		cmp->labels[arm], texts[0], texts[1], texts[2], texts[3]);
}

int verdict_read(const struct comparison *cmp,
		 const struct comparison_tape *tape, size_t choice,
		 struct verdict *v, struct err *err)
{
	int rc = read_pattern(cmp, tape, cmp->arms[choice], v);

	if (!rc)
		rc = read_leak(cmp, tape, choice, v);
	if (!rc)
		rc = read_return(cmp, tape, choice, v);
	return rc ? comparison_no_memory(err) : 0;
}
