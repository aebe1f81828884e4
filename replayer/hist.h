// SPDX-License-Identifier: MIT
/*
 * Log-linear histogram of times, 1 ns to 100 s. In short: each power of two
 * is cut into 128 equal buckets. In detail: values below 256 have a bucket of
 * their own; above, the bucket is the upper 8 significant bits, so a bucket's
 * upper end is at most 1/128 (0.79 %) above any value in it. Values beyond
 * the range go to the last bucket. The exact maximum is kept beside.
 *
 *     value     256 ns   1 us   1 ms     1 s      100 s
 *     width       2 ns   4 ns   4.1 us   4.2 ms   537 ms
 *
 * A plain array of counters: one writer, no allocation, merged by addition.
 */
#ifndef REPLAYER_HIST_H
#define REPLAYER_HIST_H

#include <stdint.h>

#define HIST_SUB_BITS 7
#define HIST_SUB      (1U << HIST_SUB_BITS)
#define HIST_MAX_NS   100000000000ULL
/* 2^36 < 100 s < 2^37: octaves 8 to 36 behind the first 256 values. */
#define HIST_BUCKETS (2 * HIST_SUB + 29 * HIST_SUB)

struct hist {
	uint64_t count;
	uint64_t max_ns;
	uint64_t buckets[HIST_BUCKETS];
};

static inline unsigned hist_index(uint64_t ns)
{
	unsigned shift;

	if (ns < 2 * HIST_SUB)
		return (unsigned)ns;
	if (ns > HIST_MAX_NS)
		ns = HIST_MAX_NS;
	shift = 63 - (unsigned)__builtin_clzll(ns) - HIST_SUB_BITS;
	return shift * HIST_SUB + (unsigned)(ns >> shift);
}

/* The largest value that goes into this bucket. */
static inline uint64_t hist_upper_ns(unsigned index)
{
	unsigned shift;

	if (index < 2 * HIST_SUB)
		return index;
	shift = index / HIST_SUB - 1;
	return ((uint64_t)(index - shift * HIST_SUB + 1) << shift) - 1;
}

static inline void hist_add(struct hist *h, uint64_t ns)
{
	h->count++;
	if (ns > h->max_ns)
		h->max_ns = ns;
	h->buckets[hist_index(ns)]++;
}

static inline void hist_merge(struct hist *into, const struct hist *from)
{
	unsigned i;

	into->count += from->count;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	for (i = 0; i < HIST_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

/*
 * The value that a share q of all values does not exceed, as the upper end of
 * its bucket but never above the maximum. 0 for an empty histogram.
 */
static inline uint64_t hist_percentile(const struct hist *h, double q)
{
	double want = q * (double)h->count;
	uint64_t seen = 0;
	unsigned i;

	for (i = 0; i < HIST_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen && (double)seen >= want)
			break;
	}
	if (i == HIST_BUCKETS || hist_upper_ns(i) > h->max_ns)
		return h->max_ns;
	return hist_upper_ns(i);
}

/* The mean, each value taken for its bucket's end; 0 for an empty one. */
static inline double hist_mean(const struct hist *h)
{
	double sum = 0;
	unsigned i;

	for (i = 0; i < HIST_BUCKETS; i++)
		if (h->buckets[i])
			sum += (double)h->buckets[i] * (double)hist_upper_ns(i);
	return h->count ? sum / (double)h->count : 0;
}

#endif
