// SPDX-License-Identifier: MIT
/*
 * Durations in log-linear bins: 32 for each power of two, so that a
 * percentile is at most 1/32 above what was measured.
 */
#ifndef TRACES_TOOL_LATENCY_HIST_H
#define TRACES_TOOL_LATENCY_HIST_H

#include <stdint.h>

#define LATENCY_SUB_BITS 5
#define LATENCY_MAX_BITS 42 /* an hour and more */
#define LATENCY_BINS \
 ((LATENCY_MAX_BITS - LATENCY_SUB_BITS + 1) << LATENCY_SUB_BITS)

/* Zeroed is empty. */
struct latency_hist {
	uint64_t nr;
	uint64_t sum_ns;
	uint64_t max_ns;
	uint64_t bins[LATENCY_BINS];
};

void latency_hist_add(struct latency_hist *h, uint64_t ns);
/*
 * The least bin's upper end that share (0 to 1) of the durations do not
 * exceed, but never more than the longest; 0 when there are none.
 */
uint64_t latency_hist_percentile(const struct latency_hist *h, double share);

#endif
