// SPDX-License-Identifier: MIT
/* Bin and value are two forms of one number: exponent and five bits. */
#include "traces/tool/latency_hist.h"

#define SUB (1u << LATENCY_SUB_BITS)

static unsigned bin_of(uint64_t ns)
{
	unsigned shift;

	if (ns < SUB)
		return (unsigned)ns;
	if (ns >> LATENCY_MAX_BITS)
		return LATENCY_BINS - 1;
	shift = 63 - (unsigned)__builtin_clzll(ns) - LATENCY_SUB_BITS;
	return (shift << LATENCY_SUB_BITS) + (unsigned)(ns >> shift);
}

/* The longest duration that falls into it. */
static uint64_t upper_end(unsigned bin)
{
	unsigned shift;

	if (bin < 2 * SUB)
		return bin;
	shift = (bin >> LATENCY_SUB_BITS) - 1;
	return (((uint64_t)(bin & (SUB - 1)) + SUB + 1) << shift) - 1;
}

void latency_hist_add(struct latency_hist *h, uint64_t ns)
{
	h->nr++;
	h->sum_ns += ns;
	if (ns > h->max_ns)
		h->max_ns = ns;
	h->bins[bin_of(ns)]++;
}

uint64_t latency_hist_percentile(const struct latency_hist *h, double share)
{
	uint64_t below = 0, end;
	unsigned i;

	if (!h->nr)
		return 0;
	for (i = 0; i < LATENCY_BINS - 1; i++) {
		below += h->bins[i];
		if ((double)below >= share * (double)h->nr)
			break;
	}
	end = upper_end(i);
	return i == LATENCY_BINS - 1 || end > h->max_ns ? h->max_ns : end;
}
