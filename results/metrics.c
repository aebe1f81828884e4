// SPDX-License-Identifier: MIT
/* The table of metrics. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/metrics.h"
#include "results/metrics_derive.h"
#include "results/result.h"
#include "traces/base/units.h"

#define MIB       1048576.0
#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* Unit, what the grain counts, passes. */
#define TIME          METRIC_NS, METRIC_GRAIN_VALUE, "time"
#define LATENCY       METRIC_NS, METRIC_GRAIN_TIMER_FLOOR, "latency"
#define MEMORY        METRIC_BYTES, METRIC_GRAIN_VALUE, "memory"
#define FACTOR        METRIC_FACTOR, METRIC_GRAIN_VALUE, "memory"
#define FRACTION      METRIC_FRACTION, METRIC_GRAIN_VALUE, "memory"
#define COUNT(passes) METRIC_COUNT, METRIC_GRAIN_PER_MOPS, passes
#define CALLS         COUNT("calls"), METRIC_MORE, NEAR_EXACT(1, 0.10), NULL
#define CALL_BYTES                                       \
 METRIC_BYTES, METRIC_GRAIN_VALUE, "calls", METRIC_MORE, \
	 NEAR_EXACT(MIB, 0.10), NULL

/* A part of the memory at the peak of live bytes. */
#define PART MEMORY, METRIC_INFO, NEAR_EXACT(MIB, 0.05), NULL

/* Grain and threshold. */
/* clang-format off */
#define NOISY(grain, limit)      { STATS_NOISY, false, grain, limit }
#define NEAR_EXACT(grain, limit) { STATS_NEAR_EXACT, false, grain, limit }
#define HIGH_IS_BETTER           { STATS_NEAR_EXACT, true, 0, 0 }
/* clang-format on */

static const struct metric metrics[] = {
	{ "wall_ns", "wall time", TIME, METRIC_MAIN, NOISY(1000, 0.05), NULL },
	{ "cpu_ns", "CPU time", TIME, METRIC_MAIN, NOISY(1000, 0.05), NULL },
	{ "rss_peak_bytes", "RSS peak", MEMORY, METRIC_MAIN,
	  NEAR_EXACT(MIB, 0.03), NULL },
	{ "rss_mean_bytes", "RSS mean", MEMORY, METRIC_MAIN,
	  NEAR_EXACT(MIB, 0.03), NULL },
	{ "predicted_rss_peak_bytes", "predicted RSS peak", MEMORY, METRIC_MAIN,
	  NEAR_EXACT(MIB, 0.03), NULL },
	{ "predicted_rss_mean_bytes", "predicted RSS mean", MEMORY, METRIC_MAIN,
	  NEAR_EXACT(MIB, 0.03), NULL },
	{ "predicted_rss_end_bytes", "predicted RSS at the end", MEMORY,
	  METRIC_MORE, NEAR_EXACT(MIB, 0.05), NULL },
	{ "fragmentation_peak", "RSS/live at peak", FACTOR, METRIC_MAIN,
	  NEAR_EXACT(0, 0.03), derive_fragmentation_peak },
	{ "fragmentation_mean", "RSS/live mean", FACTOR, METRIC_MAIN,
	  NEAR_EXACT(0, 0.03), derive_fragmentation_mean },
	{ "fragmentation_time_mean", "mean of RSS/live", FACTOR, METRIC_MORE,
	  NEAR_EXACT(0, 0.03), derive_fragmentation_time_mean },
	{ "fragmentation_live_peak", "RSS/live at live peak", FACTOR,
	  METRIC_MORE, NEAR_EXACT(0, 0.03), derive_fragmentation_live_peak },
	{ "fragmentation_rss_peak", "RSS/live at RSS peak", FACTOR, METRIC_MORE,
	  NEAR_EXACT(0, 0.03), derive_fragmentation_rss_peak },
	{ "rounding_peak", "usable/requested at peak", FACTOR, METRIC_MORE,
	  NEAR_EXACT(0, 0.03), derive_rounding_peak },
	{ "rounding_mean", "usable/requested mean", FACTOR, METRIC_MORE,
	  NEAR_EXACT(0, 0.03), NULL },
	{ "rss_end_bytes", "RSS at the end", MEMORY, METRIC_MORE,
	  NEAR_EXACT(MIB, 0.05), NULL },
	{ "rss_idle_bytes", "RSS after idle", MEMORY, METRIC_MAIN,
	  NEAR_EXACT(MIB, 0.05), NULL },
	{ "rss_freed_bytes", "RSS after free-all", MEMORY, METRIC_MAIN,
	  NEAR_EXACT(MIB, 0.05), NULL },
	{ "rss_live_peak_kept_bytes", "RSS at live peak, less LazyFree", MEMORY,
	  METRIC_MORE, NEAR_EXACT(MIB, 0.03), derive_less_lazyfree_peak },
	{ "rss_end_kept_bytes", "RSS at the end, less LazyFree", MEMORY,
	  METRIC_MORE, NEAR_EXACT(MIB, 0.05), derive_less_lazyfree_end },
	{ "rss_idle_kept_bytes", "RSS after idle, less LazyFree", MEMORY,
	  METRIC_MORE, NEAR_EXACT(MIB, 0.05), derive_less_lazyfree_idle },
	{ "rss_freed_kept_bytes", "RSS after free-all, less LazyFree", MEMORY,
	  METRIC_MORE, NEAR_EXACT(MIB, 0.05), derive_less_lazyfree_freed },
	{ "rss_live_peak_bytes", "RSS at live peak", PART },
	{ "usable_peak_bytes", "usable at live peak", PART },
	{ "requested_peak_bytes", "requested", PART },
	{ "rounding_peak_bytes", "rounding", PART },
	{ "cached_peak_bytes", "cached", PART },
	{ "internal_free_peak_bytes", "free inside", PART },
	{ "metadata_peak_bytes", "metadata", PART },
	{ "dirty_peak_bytes", "dirty", PART },
	{ "unexplained_peak_bytes", "unexplained", PART },
	{ "returned_idle_bytes", "bytes returned after idle", MEMORY,
	  METRIC_INFO, HIGH_IS_BETTER, derive_returned_idle_bytes },
	{ "returned_freed_bytes", "bytes returned after free-all", MEMORY,
	  METRIC_INFO, HIGH_IS_BETTER, derive_returned_freed_bytes },
	{ "returned_idle", "returned after idle", FRACTION, METRIC_INFO,
	  HIGH_IS_BETTER, derive_returned_idle },
	{ "returned_freed", "returned after free-all", FRACTION, METRIC_INFO,
	  HIGH_IS_BETTER, derive_returned_freed },
	{ "churn", "churn", FACTOR, METRIC_INFO, NEAR_EXACT(0, 0),
	  derive_churn },
	{ "lifetime_ns", "mean lifetime of a byte", METRIC_NS,
	  METRIC_GRAIN_VALUE, "memory", METRIC_INFO, NEAR_EXACT(0, 0),
	  derive_lifetime_ns },
	{ "malloc_p50_ns", "malloc p50", LATENCY, METRIC_MORE, NOISY(1, 0.10),
	  NULL },
	{ "malloc_p90_ns", "malloc p90", LATENCY, METRIC_MORE, NOISY(1, 0.10),
	  NULL },
	{ "malloc_p99_ns", "malloc p99", LATENCY, METRIC_MAIN, NOISY(1, 0.15),
	  NULL },
	{ "malloc_p999_ns", "malloc p99.9", LATENCY, METRIC_MAIN,
	  NOISY(1, 0.25), NULL },
	{ "malloc_p9999_ns", "malloc p99.99", LATENCY, METRIC_MORE,
	  NOISY(1, 0.25), NULL },
	{ "malloc_max_ns", "malloc max", LATENCY, METRIC_INFO, NOISY(1, 0),
	  NULL },
	{ "free_p50_ns", "free p50", LATENCY, METRIC_MORE, NOISY(1, 0.10),
	  NULL },
	{ "free_p90_ns", "free p90", LATENCY, METRIC_MORE, NOISY(1, 0.10),
	  NULL },
	{ "free_p99_ns", "free p99", LATENCY, METRIC_MAIN, NOISY(1, 0.15),
	  NULL },
	{ "free_p999_ns", "free p99.9", LATENCY, METRIC_MAIN, NOISY(1, 0.25),
	  NULL },
	{ "free_p9999_ns", "free p99.99", LATENCY, METRIC_MORE, NOISY(1, 0.25),
	  NULL },
	{ "free_max_ns", "free max", LATENCY, METRIC_INFO, NOISY(1, 0), NULL },
	{ "realloc_p50_ns", "realloc p50", LATENCY, METRIC_MORE, NOISY(1, 0.10),
	  NULL },
	{ "realloc_p90_ns", "realloc p90", LATENCY, METRIC_MORE, NOISY(1, 0.10),
	  NULL },
	{ "realloc_p99_ns", "realloc p99", LATENCY, METRIC_MAIN, NOISY(1, 0.15),
	  NULL },
	{ "realloc_p999_ns", "realloc p99.9", LATENCY, METRIC_MAIN,
	  NOISY(1, 0.25), NULL },
	{ "realloc_p9999_ns", "realloc p99.99", LATENCY, METRIC_MORE,
	  NOISY(1, 0.25), NULL },
	{ "realloc_max_ns", "realloc max", LATENCY, METRIC_INFO, NOISY(1, 0),
	  NULL },
	{ "calloc_p50_ns", "calloc p50", LATENCY, METRIC_MORE, NOISY(1, 0.10),
	  NULL },
	{ "calloc_p90_ns", "calloc p90", LATENCY, METRIC_MORE, NOISY(1, 0.10),
	  NULL },
	{ "calloc_p99_ns", "calloc p99", LATENCY, METRIC_MAIN, NOISY(1, 0.15),
	  NULL },
	{ "calloc_p999_ns", "calloc p99.9", LATENCY, METRIC_MAIN,
	  NOISY(1, 0.25), NULL },
	{ "calloc_p9999_ns", "calloc p99.99", LATENCY, METRIC_MORE,
	  NOISY(1, 0.25), NULL },
	{ "calloc_max_ns", "calloc max", LATENCY, METRIC_INFO, NOISY(1, 0),
	  NULL },
	{ "malloc_lag_p50_ns", "malloc lag p50", LATENCY, METRIC_MORE,
	  NOISY(1, 0.10), NULL },
	{ "malloc_lag_p99_ns", "malloc lag p99", LATENCY, METRIC_MORE,
	  NOISY(1, 0.15), NULL },
	{ "malloc_lag_p999_ns", "malloc lag p99.9", LATENCY, METRIC_MORE,
	  NOISY(1, 0.25), NULL },
	{ "malloc_lag_max_ns", "malloc lag max", LATENCY, METRIC_INFO,
	  NOISY(1, 0), NULL },
	{ "free_lag_p50_ns", "free lag p50", LATENCY, METRIC_MORE,
	  NOISY(1, 0.10), NULL },
	{ "free_lag_p99_ns", "free lag p99", LATENCY, METRIC_MORE,
	  NOISY(1, 0.15), NULL },
	{ "free_lag_p999_ns", "free lag p99.9", LATENCY, METRIC_MORE,
	  NOISY(1, 0.25), NULL },
	{ "free_lag_max_ns", "free lag max", LATENCY, METRIC_INFO, NOISY(1, 0),
	  NULL },
	{ "realloc_lag_p50_ns", "realloc lag p50", LATENCY, METRIC_MORE,
	  NOISY(1, 0.10), NULL },
	{ "realloc_lag_p99_ns", "realloc lag p99", LATENCY, METRIC_MORE,
	  NOISY(1, 0.15), NULL },
	{ "realloc_lag_p999_ns", "realloc lag p99.9", LATENCY, METRIC_MORE,
	  NOISY(1, 0.25), NULL },
	{ "realloc_lag_max_ns", "realloc lag max", LATENCY, METRIC_INFO,
	  NOISY(1, 0), NULL },
	{ "calloc_lag_p50_ns", "calloc lag p50", LATENCY, METRIC_MORE,
	  NOISY(1, 0.10), NULL },
	{ "calloc_lag_p99_ns", "calloc lag p99", LATENCY, METRIC_MORE,
	  NOISY(1, 0.15), NULL },
	{ "calloc_lag_p999_ns", "calloc lag p99.9", LATENCY, METRIC_MORE,
	  NOISY(1, 0.25), NULL },
	{ "calloc_lag_max_ns", "calloc lag max", LATENCY, METRIC_INFO,
	  NOISY(1, 0), NULL },
	{ "touch_mean_ns", "touch mean", LATENCY, METRIC_MORE, NOISY(1, 0.15),
	  NULL },
	{ "touch_p50_ns", "touch p50", LATENCY, METRIC_MORE, NOISY(1, 0.10),
	  NULL },
	{ "touch_p90_ns", "touch p90", LATENCY, METRIC_MORE, NOISY(1, 0.10),
	  NULL },
	{ "touch_p99_ns", "touch p99", LATENCY, METRIC_MORE, NOISY(1, 0.15),
	  NULL },
	{ "touch_p999_ns", "touch p99.9", LATENCY, METRIC_MORE, NOISY(1, 0.25),
	  NULL },
	{ "touch_p9999_ns", "touch p99.99", LATENCY, METRIC_MORE,
	  NOISY(1, 0.25), NULL },
	{ "touch_max_ns", "touch max", LATENCY, METRIC_INFO, NOISY(1, 0),
	  NULL },
	{ "minor_faults", "minor faults", COUNT("memory time"), METRIC_MAIN,
	  NEAR_EXACT(1, 0.10), NULL },
	{ "major_faults", "major faults", COUNT("memory time"), METRIC_MAIN,
	  NEAR_EXACT(1, 0.10), NULL },
	{ "futex_waits", "futex waits", COUNT("calls time"), METRIC_MAIN,
	  NOISY(1, 0.25), NULL },
	{ "futex_wait_ns", "futex wait time", METRIC_NS, METRIC_GRAIN_VALUE,
	  "calls", METRIC_MORE, NOISY(1000000, 0.25), NULL },
	{ "futex_wakes", "futex wakes", COUNT("calls"), METRIC_MORE,
	  NOISY(1, 0.25), NULL },
	{ "contention_ratio", "cost against alone", METRIC_FACTOR,
	  METRIC_GRAIN_VALUE, "alone", METRIC_MAIN, NOISY(0, 0.10), NULL },
	{ "alone_cpu_ns", "CPU time alone", METRIC_NS, METRIC_GRAIN_VALUE,
	  "alone", METRIC_MORE, NOISY(1000, 0.05), NULL },
	{ "alone_wall_ns", "wall time alone", METRIC_NS, METRIC_GRAIN_VALUE,
	  "alone", METRIC_MORE, NOISY(1000, 0.05), NULL },
	{ "voluntary_switches", "voluntary switches",
	  COUNT("time calls memory"), METRIC_MAIN, NOISY(1, 0.25), NULL },
	{ "memory_calls", "memory system calls", COUNT("calls"), METRIC_MAIN,
	  NEAR_EXACT(1, 0.10), derive_memory_calls },
	{ "mmap_calls", "mmap", CALLS },
	{ "mmap_bytes", "mmap bytes", CALL_BYTES },
	{ "munmap_calls", "munmap", CALLS },
	{ "munmap_bytes", "munmap bytes", CALL_BYTES },
	{ "mremap_calls", "mremap", CALLS },
	{ "mremap_grown_bytes", "mremap grown", CALL_BYTES },
	{ "mremap_shrunk_bytes", "mremap shrunk", CALL_BYTES },
	{ "brk_calls", "brk", CALLS },
	{ "brk_grown_bytes", "brk grown", CALL_BYTES },
	{ "brk_shrunk_bytes", "brk shrunk", CALL_BYTES },
	{ "madvise_dontneed_calls", "MADV_DONTNEED", CALLS },
	{ "madvise_dontneed_bytes", "MADV_DONTNEED bytes", CALL_BYTES },
	{ "madvise_free_calls", "MADV_FREE", CALLS },
	{ "madvise_free_bytes", "MADV_FREE bytes", CALL_BYTES },
	{ "madvise_hugepage_calls", "MADV_HUGEPAGE", CALLS },
	{ "madvise_hugepage_bytes", "MADV_HUGEPAGE bytes", CALL_BYTES },
	{ "madvise_other_calls", "other madvise", CALLS },
	{ "madvise_other_bytes", "other madvise bytes", CALL_BYTES },
	{ "mprotect_calls", "mprotect", CALLS },
	{ "instructions", "instructions", COUNT("instructions callgrind"),
	  METRIC_MAIN, NEAR_EXACT(1, 0.02), NULL },
};

const struct metric *metrics_all(size_t *nr)
{
	*nr = NR(metrics);
	return metrics;
}

const struct metric *metrics_find(const char *name)
{
	size_t i;

	for (i = 0; i < NR(metrics); i++)
		if (!strcmp(metrics[i].name, name))
			return &metrics[i];
	return NULL;
}

double metric_value(const struct metric *metric, const struct result_run *run)
{
	return metric->derive ? metric->derive(run)
			      : result_metric(run, metric->name);
}

bool metric_from_pass(const struct metric *metric, const char *pass, size_t n)
{
	const char *word = metric->passes;
	size_t len;

	for (; n && word; n--) {
		word = strchr(word, ' ');
		word = word ? word + 1 : NULL;
	}
	if (!word)
		return false;
	len = strcspn(word, " ");
	return strlen(pass) == len && !strncmp(word, pass, len);
}

const char *metric_unit_name(enum metric_unit unit)
{
	static const char *const names[] = {
		[METRIC_NS] = "ns",
		[METRIC_BYTES] = "bytes",
		[METRIC_COUNT] = "count",
		[METRIC_FACTOR] = "ratio",
		[METRIC_FRACTION] = "fraction",
	};

	return names[unit];
}

char *metric_format(const struct metric *metric, double value, char *buf,
		    size_t len)
{
	if (!isfinite(value)) {
		snprintf(buf, len, "n/a");
		return buf;
	}
	switch (metric->unit) {
	case METRIC_NS:
		return units_format_ns(buf, len, value);
	case METRIC_BYTES:
		return units_format_bytes(buf, len, value);
	case METRIC_COUNT:
		return units_format_count(buf, len, value);
	case METRIC_FACTOR:
		snprintf(buf, len, "%.2fx", value);
		return buf;
	case METRIC_FRACTION:
		/* Never "-0 %". */
		snprintf(buf, len, "%.0f %%", round(100 * value) + 0.0);
		return buf;
	}
	return buf;
}
