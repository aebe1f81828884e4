// SPDX-License-Identifier: MIT
/* The walk over the merged history behind info and check. */
#include <stdio.h>
#include <stdlib.h>

#include "traces/base/err.h"
#include "traces/base/progress.h"
#include "traces/tape_merge.h"
#include "traces/tape_reader.h"
#include "traces/tool/tape_stats.h"

#define QUEUE 64

static unsigned size_class(uint64_t size)
{
	return size ? 64 - (unsigned)__builtin_clzll(size) : 0;
}

static void note_peak(struct tape_stats *s, uint64_t time_ns)
{
	if (s->live_bytes <= s->live_peak_bytes)
		return;
	s->live_peak_bytes = s->live_bytes;
	s->live_peak_time_ns = time_ns;
	s->live_peak_blocks = s->live.nr;
}

/* One change of the live blocks: a block comes, or one goes. */
struct change {
	struct live_block block; /* of one that goes: address and thread */
	uint64_t time_ns;
	bool comes;
};

static int take(struct tape_stats *s, const struct change *c, struct err *err)
{
	struct live_block old;
	int ret = live_set_add(&s->live, &c->block, &old);

	if (ret < 0)
		return err_set(err, ERR_NOMEM, 0,
			       "out of memory for %zu live blocks", s->live.nr);
	if (ret) {
		s->overlap_repairs++;
		s->live_bytes -= old.size;
	}
	s->live_bytes += c->block.size;
	note_peak(s, c->time_ns);
	return 0;
}

static void give(struct tape_stats *s, const struct change *c)
{
	struct live_block old;

	if (!live_set_remove(&s->live, c->block.addr, &old)) {
		s->unknown_frees++;
		return;
	}
	s->live_bytes -= old.size;
	if (old.thread != c->block.thread) {
		s->cross_thread_frees++;
		s->threads[c->block.thread].cross_frees++;
	}
}

static void count_alloc(struct tape_stats *s, struct thread_stats *t,
			const struct tape_event *ev)
{
	s->sizes[size_class(ev->size)]++;
	s->allocs++;
	s->allocated_bytes += ev->size;
	t->allocs++;
	t->bytes += ev->size;
	if (ev->old_addr && ev->addr != ev->old_addr)
		s->reallocs_moved++;
}

/* Once per event, whatever it does to the live blocks. */
static void count(struct tape_stats *s, const struct tape_event *ev)
{
	struct thread_stats *t = &s->threads[ev->thread];

	s->kinds[ev->kind]++;
	if (!t->events++)
		t->first_ns = ev->time_ns;
	t->last_ns = ev->end_ns;
	if (ev->flags & TAPE_FAILED)
		s->failed_calls++;
	else if (tape_kind_is_alloc(ev->kind) && ev->addr)
		count_alloc(s, t, ev);
	else if (tape_kind_is_free(ev->kind))
		t->frees++;
	else if (ev->kind == TAPE_FREE_NULL)
		s->null_frees += ev->size;
	else if (ev->kind == TAPE_THREAD_START)
		t->tid = ev->addr;
	else if (ev->kind == TAPE_THREAD_NAME)
		snprintf(t->name, sizeof(t->name), "%s", ev->text);
}

/* What a step changes; false: no live block. */
static bool to_change(struct change *c, const struct tape_step *step)
{
	const struct tape_event *ev = &step->ev;

	if (ev->flags & TAPE_FAILED)
		return false;
	c->block.addr = ev->addr;
	if (step->phase == TAPE_BEGIN)
		c->block.addr = ev->old_addr;
	else if (!tape_kind_is_free(ev->kind) && !tape_kind_is_alloc(ev->kind))
		return false;
	c->comes = step->phase != TAPE_BEGIN && !tape_kind_is_free(ev->kind);
	c->block.size = ev->size;
	c->block.thread = ev->thread;
	c->time_ns = step->time_ns;
	return c->block.addr != 0;
}

/*
 * Changes wait a little, so that the slots which they touch can be fetched
 * meanwhile: with many live blocks each is a miss of all caches.
 */
struct queue {
	struct change changes[QUEUE];
	unsigned nr;
};

static int apply_all(struct tape_stats *s, struct queue *q, struct err *err)
{
	unsigned i;
	int ret = 0;

	for (i = 0; i < q->nr && !ret; i++) {
		if (q->changes[i].comes)
			ret = take(s, &q->changes[i], err);
		else
			give(s, &q->changes[i]);
	}
	q->nr = 0;
	return ret;
}

static int add_step(struct tape_stats *s, struct queue *q,
		    const struct tape_step *step, struct err *err)
{
	struct change *c = &q->changes[q->nr];

	if (step->phase != TAPE_FINISH)
		count(s, &step->ev);
	if (!to_change(c, step))
		return 0;
	live_set_prefetch(&s->live, c->block.addr);
	return ++q->nr < QUEUE ? 0 : apply_all(s, q, err);
}

static int walk(struct tape_stats *s, struct tape_reader *r, struct err *err)
{
	struct queue q = { .nr = 0 };
	struct tape_merge *m;
	struct tape_step step;
	uint64_t steps = 0;
	int ret = tape_merge_open(&m, r, err);

	if (ret)
		return ret;
	progress_start("reading", tape_reader_info(r)->events);
	while ((ret = tape_merge_next(m, &step, err)) > 0) {
		ret = add_step(s, &q, &step, err);
		if (ret)
			break;
		if (++steps % (1 << 20) == 0)
			progress_update(steps, tape_reader_name(r));
	}
	if (!ret)
		ret = apply_all(s, &q, err);
	progress_stop();
	tape_merge_close(m);
	return ret;
}

static int read_samples(struct tape_stats *s, struct tape_reader *r,
			struct err *err)
{
	struct tape_sample *samples;
	size_t i, nr;
	int ret = tape_reader_samples(r, &samples, &nr, err);

	for (i = 0; i < nr && !ret; i++) {
		uint64_t rss =
			samples[i].rss_anon_bytes + samples[i].rss_file_bytes;

		if (rss > s->rss_peak_bytes)
			s->rss_peak_bytes = rss;
		if (!i || samples[i].time_ns <= s->live_peak_time_ns)
			s->rss_at_peak_bytes = rss;
	}
	free(samples);
	return ret;
}

int tape_stats_collect(struct tape_stats *stats, struct tape_reader *r,
		       struct err *err)
{
	int ret;

	stats->nr_threads = tape_reader_info(r)->threads;
	stats->threads =
		calloc((size_t)stats->nr_threads + 1, sizeof(*stats->threads));
	if (!stats->threads)
		return err_set(err, ERR_NOMEM, 0,
			       "out of memory for %u threads",
			       stats->nr_threads);
	ret = walk(stats, r, err);
	return ret ? ret : read_samples(stats, r, err);
}

void tape_stats_release(struct tape_stats *stats)
{
	live_set_release(&stats->live);
	free(stats->threads);
	stats->threads = NULL;
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
