// SPDX-License-Identifier: MIT
/* The walk over the merged history behind info and check. */
#include <stdlib.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/base/progress.h"
#include "traces/tape_reader.h"
#include "traces/tool/feed.h"
#include "traces/tool/stats_walk.h"

/*
 * How many steps ahead the slot and the block of a step are fetched: with
 * many live blocks each is a miss of all caches.
 */
#define AHEAD_SLOT  32
#define AHEAD_BLOCK 16

__attribute__((always_inline)) static inline void
fetch_ahead(const struct tape_stats *s, const struct feed_batch *b, size_t i)
{
	uint64_t addr;

	if (i + AHEAD_SLOT < b->nr) {
		addr = stats_step_addr(&b->steps[i + AHEAD_SLOT]);
		live_set_fetch_slot(&s->live, addr);
	}
	if (i + AHEAD_BLOCK < b->nr) {
		addr = stats_step_addr(&b->steps[i + AHEAD_BLOCK]);
		live_set_fetch_block(&s->live, addr);
	}
}

static int add_batch(struct tape_stats *s, const struct feed_batch *b,
		     struct err *err)
{
	size_t i;
	int ret = 0;

	for (i = 0; i < b->nr && !ret; i++) {
		const struct tape_step *step = &b->steps[i];

		fetch_ahead(s, b, i);
		if (step->time_ns >= s->timeline.edge_ns)
			timeline_advance(&s->timeline, step->time_ns,
					 s->live_bytes, s->events);
		if (step->phase != TAPE_FINISH)
			ret = stats_count(s, &step->ev, err);
		if (!ret)
			ret = stats_live_step(s, step, err);
	}
	return ret;
}

static int walk(struct tape_stats *s, struct tape_reader *r, struct err *err)
{
	const struct feed_batch *batch;
	uint64_t batches = 0, events = tape_reader_info(r)->events;
	struct feed *feed;
	int ret = feed_open(&feed, r, err);

	if (ret)
		return ret;
	progress_start("reading", events);
	while ((ret = feed_next(feed, &batch, err)) > 0) {
		ret = add_batch(s, batch, err);
		if (ret)
			break;
		if (++batches % 1024 == 0)
			progress_update(s->events, tape_reader_name(r));
	}
	progress_stop();
	feed_close(feed);
	return ret;
}

static int start(struct tape_stats *s, struct tape_reader *r, struct err *err)
{
	const struct tape_meta *meta = tape_reader_meta(r);
	const struct tape_info *info = tape_reader_info(r);
	const char *latency = tape_meta_get(meta, "latency");
	int ret;

	s->has_latency = latency && !strcmp(latency, "yes");
	s->nr_threads = info->threads;
	s->threads = calloc((size_t)s->nr_threads + 1, sizeof(*s->threads));
	if (!s->threads)
		return err_set(err, ERR_NOMEM, 0,
			       "out of memory for %u threads", s->nr_threads);
	ret = timeline_start(&s->timeline, r, err);
	if (ret)
		return ret;
	return site_table_init(&s->sites, info->frames,
			       tape_meta_get(meta, "stacks"), err);
}

static void finish(struct tape_stats *s)
{
	const struct tape_sample *sample;

	timeline_finish(&s->timeline, s->live_bytes, s->events);
	site_table_finish(&s->sites);
	pair_table_sort(&s->cross);
	s->rss_peak_bytes = s->timeline.rss_peak_bytes;
	sample = timeline_sample_at(&s->timeline, s->live_peak_time_ns);
	if (sample)
		s->rss_at_peak_bytes =
			sample->rss_anon_bytes + sample->rss_file_bytes;
}

int tape_stats_collect(struct tape_stats *stats, struct tape_reader *r,
		       struct err *err)
{
	int ret = start(stats, r, err);

	if (!ret)
		ret = walk(stats, r, err);
	if (!ret)
		finish(stats);
	return ret;
}

void tape_stats_release(struct tape_stats *stats)
{
	int i;

	for (i = 0; i < TAPE_KIND_END; i++)
		free(stats->kinds[i].latency);
	while (stats->nr_marks)
		free(stats->marks[--stats->nr_marks].text);
	free(stats->marks);
	live_set_release(&stats->live);
	pair_table_release(&stats->cross);
	site_table_release(&stats->sites);
	timeline_release(&stats->timeline);
	free(stats->threads);
	stats->threads = NULL;
	stats->marks = NULL;
}

static int compare(const void *pa, const void *pb, void *ctx)
{
	const struct thread_stats *threads = ctx;
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	if (threads[a].events != threads[b].events)
		return threads[a].events > threads[b].events ? -1 : 1;
	return a < b ? -1 : a > b;
}

uint32_t *tape_stats_top(const struct tape_stats *stats, uint32_t *nr)
{
	uint32_t *order =
		malloc(((size_t)stats->nr_threads + 1) * sizeof(*order));
	uint32_t i, used = 0;

	if (!order)
		return NULL;
	for (i = 0; i < stats->nr_threads; i++)
		if (stats->threads[i].events)
			order[used++] = i;
	qsort_r(order, used, sizeof(*order), compare, stats->threads);
	if (used < *nr)
		*nr = used;
	return order;
}
