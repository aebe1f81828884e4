// SPDX-License-Identifier: MIT
/* Bins and samples are passed in one order of time, each at its edge. */
#include <stdlib.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/tape_reader.h"
#include "traces/tool/timeline.h"

static uint64_t bin_end(const struct timeline *t)
{
	return t->nr_bins == TIMELINE_BINS - 1
		       ? UINT64_MAX
		       : t->bin_ns * ((uint64_t)t->nr_bins + 1);
}

static uint64_t next_sample(const struct timeline *t)
{
	return t->nr_passed < t->nr_samples ? t->samples[t->nr_passed].time_ns
					    : UINT64_MAX;
}

static void set_edge(struct timeline *t)
{
	uint64_t bin = bin_end(t), sample = next_sample(t);

	t->edge_ns = bin < sample ? bin : sample;
}

/* Of each two neighbours keep the one with more anonymous RSS. */
static void thin_out(struct timeline *t)
{
	size_t i;

	for (i = 0; i < t->nr_samples / 2; i++) {
		const struct tape_sample *two = &t->samples[2 * i];

		t->samples[i] =
			two[two[1].rss_anon_bytes > two[0].rss_anon_bytes];
	}
	t->nr_samples /= 2;
	t->stride *= 2;
	t->in_last = t->stride;
}

static int add_sample(void *ctx, const struct tape_sample *s, struct err *err)
{
	struct timeline *t = ctx;
	struct tape_sample *last = &t->samples[t->nr_samples];
	uint64_t rss = s->rss_anon_bytes + s->rss_file_bytes;

	(void)err;
	if (rss > t->rss_peak_bytes)
		t->rss_peak_bytes = rss;
	t->all_samples++;
	t->last = *s;
	if (t->nr_samples && t->in_last++ < t->stride) {
		if (s->rss_anon_bytes > last[-1].rss_anon_bytes)
			last[-1] = *s;
		return 0;
	}
	*last = *s;
	t->in_last = 1;
	if (++t->nr_samples == TIMELINE_SAMPLES)
		thin_out(t);
	return 0;
}

int timeline_start(struct timeline *t, struct tape_reader *r, struct err *err)
{
	int ret;

	t->stride = 1;
	t->samples = calloc(TIMELINE_SAMPLES + 1, sizeof(*t->samples));
	t->live_at = calloc(TIMELINE_SAMPLES + 1, sizeof(*t->live_at));
	if (!t->samples || !t->live_at)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	ret = tape_reader_each_sample(r, add_sample, t, err);
	if (ret)
		return ret;
	if (t->all_samples &&
	    t->last.time_ns > t->samples[t->nr_samples - 1].time_ns)
		t->samples[t->nr_samples++] = t->last;
	t->duration_ns = tape_reader_info(r)->duration_ns;
	t->bin_ns = t->duration_ns / TIMELINE_BINS + 1;
	set_edge(t);
	return 0;
}

static void close_bin(struct timeline *t, uint64_t live_bytes, uint64_t events)
{
	struct timeline_bin *bin = &t->bins[t->nr_bins++];

	bin->live_max_bytes =
		t->live_max > live_bytes ? t->live_max : live_bytes;
	bin->live_end_bytes = live_bytes;
	bin->events = events - t->events;
	bin->anon_max_bytes = t->anon_max;
	bin->sample = t->nr_passed ? &t->samples[t->nr_passed - 1] : NULL;
	t->anon_max = bin->sample ? bin->sample->rss_anon_bytes : 0;
	t->live_max = live_bytes;
	t->events = events;
}

static void pass_sample(struct timeline *t, uint64_t live_bytes)
{
	uint64_t anon = t->samples[t->nr_passed].rss_anon_bytes;

	t->live_at[t->nr_passed++] = live_bytes;
	if (anon > t->anon_max)
		t->anon_max = anon;
}

void timeline_advance(struct timeline *t, uint64_t time_ns, uint64_t live_bytes,
		      uint64_t events)
{
	while (t->edge_ns <= time_ns && t->edge_ns != UINT64_MAX) {
		if (next_sample(t) == t->edge_ns)
			pass_sample(t, live_bytes);
		else
			close_bin(t, live_bytes, events);
		set_edge(t);
	}
}

void timeline_finish(struct timeline *t, uint64_t live_bytes, uint64_t events)
{
	if (t->nr_samples)
		timeline_advance(t, t->samples[t->nr_samples - 1].time_ns,
				 live_bytes, events);
	timeline_advance(t, t->duration_ns, live_bytes, events);
	while (t->nr_passed < t->nr_samples)
		pass_sample(t, live_bytes);
	close_bin(t, live_bytes, events);
	t->edge_ns = UINT64_MAX;
}

const struct tape_sample *timeline_sample_at(const struct timeline *t,
					     uint64_t time_ns)
{
	size_t low = 0, high = t->nr_samples;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->samples[middle].time_ns <= time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	if (!t->nr_samples)
		return NULL;
	return &t->samples[low ? low - 1 : 0];
}

size_t timeline_anon_peak(const struct timeline *t)
{
	size_t i, most = 0;

	for (i = 1; i < t->nr_samples; i++)
		if (t->samples[i].rss_anon_bytes >
		    t->samples[most].rss_anon_bytes)
			most = i;
	return most;
}

void timeline_release(struct timeline *t)
{
	free(t->samples);
	free(t->live_at);
	memset(t, 0, sizeof(*t));
}
