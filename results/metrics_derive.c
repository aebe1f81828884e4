// SPDX-License-Identifier: MIT
/* The metrics that are computed from others: ratios, differences, means. */
#include <math.h>

#include "results/metrics_derive.h"
#include "results/result.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

double derive_fragmentation_peak(const struct result_run *run)
{
	double live = result_metric(run, "live_peak_bytes");

	return live > 0 ? result_metric(run, "rss_peak_bytes") / live : NAN;
}

/* Bytes x time under the two curves; a tape without times counts in ops. */
double derive_fragmentation_mean(const struct result_run *run)
{
	double rss = 0, live = 0;
	bool timed = run->nr_curve && run->curve[run->nr_curve - 1].time_ns >
					      run->curve[0].time_ns;
	size_t i;

	for (i = 1; i < run->nr_curve; i++) {
		const struct result_point *a = &run->curve[i - 1], *b = a + 1;
		double dt = timed ? (double)b->time_ns - (double)a->time_ns
				  : (double)b->op - (double)a->op;

		rss += dt * ((double)a->rss_bytes + (double)b->rss_bytes);
		live += dt * ((double)a->live_bytes + (double)b->live_bytes);
	}
	return live > 0 ? rss / live : NAN;
}

/*
 * The other measures of Johnstone and Wilson, "The memory fragmentation
 * problem: solved?" (1998), where fragmentation_peak is the fourth. The first:
 * memory by live bytes, as a mean over the points in time. Points with less
 * than a hundredth of the live peak are left out, as a ratio to next to
 * nothing would outweigh all others.
 */
double derive_fragmentation_time_mean(const struct result_run *run)
{
	double least = result_metric(run, "live_peak_bytes") / 100;
	bool timed = run->nr_curve && run->curve[run->nr_curve - 1].time_ns >
					      run->curve[0].time_ns;
	double sum = 0, time = 0;
	size_t i;

	for (i = 1; i < run->nr_curve; i++) {
		const struct result_point *a = &run->curve[i - 1], *b = a + 1;
		double dt = timed ? (double)b->time_ns - (double)a->time_ns
				  : (double)b->op - (double)a->op;

		if (!(a->live_bytes && (double)a->live_bytes >= least))
			continue;
		sum += dt * (double)a->rss_bytes / (double)a->live_bytes;
		time += dt;
	}
	return time > 0 ? sum / time : NAN;
}

static double ratio(const struct result_run *run, const char *name,
		    const char *by)
{
	double value = result_metric(run, by);

	return value > 0 ? result_metric(run, name) / value : NAN;
}

/* The second: both at the peak of live bytes. */
double derive_fragmentation_live_peak(const struct result_run *run)
{
	return ratio(run, "rss_live_peak_bytes", "live_peak_bytes");
}

/* The third: both where memory is highest. */
double derive_fragmentation_rss_peak(const struct result_run *run)
{
	return ratio(run, "rss_peak_bytes", "live_rss_peak_bytes");
}

double derive_rounding_peak(const struct result_run *run)
{
	return ratio(run, "usable_peak_bytes", "requested_peak_bytes");
}

double derive_less_lazyfree_peak(const struct result_run *run)
{
	return result_metric(run, "rss_live_peak_bytes") -
	       result_metric(run, "lazyfree_peak_bytes");
}

double derive_less_lazyfree_end(const struct result_run *run)
{
	return result_metric(run, "rss_end_bytes") -
	       result_metric(run, "lazyfree_end_bytes");
}

double derive_less_lazyfree_idle(const struct result_run *run)
{
	return result_metric(run, "rss_idle_bytes") -
	       result_metric(run, "lazyfree_idle_bytes");
}

double derive_less_lazyfree_freed(const struct result_run *run)
{
	return result_metric(run, "rss_freed_bytes") -
	       result_metric(run, "lazyfree_freed_bytes");
}

double derive_returned_idle_bytes(const struct result_run *run)
{
	return result_metric(run, "rss_peak_bytes") -
	       result_metric(run, "rss_idle_bytes");
}

double derive_returned_freed_bytes(const struct result_run *run)
{
	return result_metric(run, "rss_peak_bytes") -
	       result_metric(run, "rss_freed_bytes");
}

static double returned(const struct result_run *run, const char *name)
{
	double peak = result_metric(run, "rss_peak_bytes");

	return peak > 0 ? 1 - result_metric(run, name) / peak : NAN;
}

double derive_returned_idle(const struct result_run *run)
{
	return returned(run, "rss_idle_bytes");
}

double derive_returned_freed(const struct result_run *run)
{
	return returned(run, "rss_freed_bytes");
}

/* Calls of the kernel that ask for memory, or give it back. */
double derive_memory_calls(const struct result_run *run)
{
	static const char *const names[] = {
		"mmap_calls",          "munmap_calls",
		"mremap_calls",        "brk_calls",
		"mprotect_calls",      "madvise_dontneed_calls",
		"madvise_free_calls",  "madvise_hugepage_calls",
		"madvise_other_calls",
	};
	double sum = 0;
	size_t i;

	for (i = 0; i < NR(names); i++)
		sum += result_metric(run, names[i]);
	return sum;
}

double derive_churn(const struct result_run *run)
{
	return ratio(run, "allocated_bytes", "live_peak_bytes");
}

/*
 * Little's law: bytes live on average = bytes taken per time x time that each
 * of them lives. Those that live on at the end count until then.
 */
double derive_lifetime_ns(const struct result_run *run)
{
	double allocated = result_metric(run, "allocated_bytes"), sum = 0;
	size_t i;

	for (i = 1; i < run->nr_curve; i++) {
		const struct result_point *a = &run->curve[i - 1], *b = a + 1;

		sum += ((double)b->time_ns - (double)a->time_ns) *
		       ((double)a->live_bytes + (double)b->live_bytes) / 2;
	}
	return sum > 0 && allocated > 0 ? sum / allocated : NAN;
}
