// SPDX-License-Identifier: MIT
/* The split of resident memory: which figures are its parts, and its rest. */
#include <math.h>
#include <stdint.h>

#include "results/result.h"
#include "results/result_split.h"

static const struct {
	const char *name, *metric;
} names[SPLIT_PARTS] = {
	[SPLIT_RSS] = { "RSS", "rss_live_peak_bytes" },
	[SPLIT_REQUESTED] = { "requested", "requested_peak_bytes" },
	[SPLIT_ROUNDING] = { "rounding", "rounding_peak_bytes" },
	[SPLIT_CACHED] = { "cached", "cached_peak_bytes" },
	[SPLIT_FREE] = { "free", "internal_free_peak_bytes" },
	[SPLIT_METADATA] = { "metadata", "metadata_peak_bytes" },
	[SPLIT_DIRTY] = { "dirty", "dirty_peak_bytes" },
	[SPLIT_UNEXPLAINED] = { "unexplained", "unexplained_peak_bytes" },
};

const char *result_split_name(enum split_part part)
{
	return names[part].name;
}

const char *result_split_metric(enum split_part part)
{
	return names[part].metric;
}

static double figure(uint64_t bytes)
{
	return bytes == RESULT_UNKNOWN ? NAN : (double)bytes;
}

bool result_split(const struct result_checkpoint *c, double parts[SPLIT_PARTS])
{
	bool any = false;
	int i;

	parts[SPLIT_RSS] = figure(c->rss_bytes);
	parts[SPLIT_REQUESTED] = figure(c->requested_bytes);
	parts[SPLIT_ROUNDING] =
		figure(c->usable_bytes) - parts[SPLIT_REQUESTED];
	parts[SPLIT_CACHED] = figure(c->cached_bytes);
	parts[SPLIT_FREE] = figure(c->free_bytes);
	parts[SPLIT_METADATA] = figure(c->metadata_bytes);
	parts[SPLIT_DIRTY] = figure(c->dirty_bytes);
	parts[SPLIT_UNEXPLAINED] = parts[SPLIT_RSS] - parts[SPLIT_REQUESTED];
	for (i = SPLIT_ROUNDING; i < SPLIT_UNEXPLAINED; i++) {
		if (!isfinite(parts[i]))
			continue;
		parts[SPLIT_UNEXPLAINED] -= parts[i];
		any = true;
	}
	return any;
}
