// SPDX-License-Identifier: MIT
/*
 * Live bytes over time, and beside the samples of the process from outside.
 * Times are cut into bins of equal length. Of very many samples some are kept:
 * of neighbours the one with more anonymous RSS, and always the last.
 */
#ifndef TRACES_TOOL_TIMELINE_H
#define TRACES_TOOL_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/tape.h"

#define TIMELINE_BINS    1024
#define TIMELINE_SAMPLES 65536 /* kept at most; of more, the larger ones */

struct tape_reader;

struct timeline_bin {
	uint64_t live_max_bytes;
	uint64_t live_end_bytes;
	uint64_t anon_max_bytes; /* resident, as the samples tell */
	uint64_t events;
	const struct tape_sample *sample; /* the last one up to its end */
};

/* Zeroed is empty. */
struct timeline {
	struct timeline_bin bins[TIMELINE_BINS];
	unsigned nr_bins; /* that the recording reached */
	uint64_t bin_ns;
	uint64_t edge_ns;  /* at this time, something is to be noted */
	uint64_t live_max; /* in the current bin, kept by the walk */
	uint64_t anon_max; /* the same of the samples */
	uint64_t events;   /* up to the current bin */
	uint64_t duration_ns;
	struct tape_sample *samples; /* in the order of time */
	uint64_t *live_at;           /* live bytes at each sample */
	size_t nr_samples;
	size_t nr_passed;        /* samples */
	struct tape_sample last; /* of all that the tape has */
	uint64_t all_samples;    /* how many these are */
	uint64_t stride;         /* how many of them one stands for */
	uint64_t in_last;        /* how many the last one stands for so far */
	uint64_t rss_peak_bytes; /* of all kinds of memory */
};

/* Read the samples and divide the time. */
int timeline_start(struct timeline *t, struct tape_reader *r, struct err *err);
/*
 * The history has come to time_ns, which is edge_ns or later, with that many
 * bytes alive just before and that many events so far.
 */
void timeline_advance(struct timeline *t, uint64_t time_ns, uint64_t live_bytes,
		      uint64_t events);
/* The history is over. */
void timeline_finish(struct timeline *t, uint64_t live_bytes, uint64_t events);
/* The last sample that was taken up to then, else the first one, or NULL. */
const struct tape_sample *timeline_sample_at(const struct timeline *t,
					     uint64_t time_ns);
/* The index of the sample with most anonymous RSS; there must be one. */
size_t timeline_anon_peak(const struct timeline *t);
void timeline_release(struct timeline *t);

#endif
