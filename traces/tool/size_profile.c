// SPDX-License-Identifier: MIT
/* How many blocks of each size live on a tape, averaged over its time. */
#include <stdlib.h>

#include "traces/base/err.h"
#include "traces/base/progress.h"
#include "traces/tape_reader.h"
#include "traces/tool/class_table.h"
#include "traces/tool/feed.h"
#include "traces/tool/live_set.h"

/* Sums over one tape: blocks and bytes times the ns that they lived. */
struct walk {
	struct size_profile *sums;
	struct live_set live;
	uint64_t first_ns;
	uint64_t last_ns;
	bool begun;
};

static void count_life(struct walk *w, const struct live_block *block)
{
	double life_ns = (double)(w->last_ns - block->birth_ns);
	size_t grains =
		(block->size_bytes + CLASS_GRAIN_BYTES - 1) / CLASS_GRAIN_BYTES;

	if (block->size_bytes > CLASS_LAST_BYTES) {
		w->sums->bytes_above += (double)block->size_bytes * life_ns;
		return;
	}
	w->sums->blocks[grains] += life_ns;
	w->sums->bytes[grains] += (double)block->size_bytes * life_ns;
}

static void give(struct walk *w, uint64_t addr)
{
	struct live_block old;

	if (live_set_remove(&w->live, addr, &old))
		count_life(w, &old);
}

/* What an aligned block needs is its size rounded up to the alignment. */
static uint64_t needed(const struct tape_event *ev)
{
	uint64_t size = ev->size ? ev->size : 1, mask = 0;

	if (ev->alignment > CLASS_GRAIN_BYTES)
		mask = ev->alignment - 1;
	if (mask > LIVE_SIZE_MAX || size > LIVE_SIZE_MAX - mask)
		return LIVE_SIZE_MAX;
	return (size + mask) & ~mask;
}

static int take(struct walk *w, const struct tape_event *ev, struct err *err)
{
	struct live_block old, block = { .addr = ev->addr,
					 .size_bytes = needed(ev),
					 .birth_ns = w->last_ns };
	int ret = live_set_add(&w->live, &block, &old);

	if (ret < 0)
		return err_set(err, ERR_NOMEM, 0,
			       "out of memory for %zu live blocks", w->live.nr);
	if (ret)
		count_life(w, &old);
	return 0;
}

static int add_step(struct walk *w, const struct tape_step *step,
		    struct err *err)
{
	const struct tape_event *ev = &step->ev;

	if (!w->begun)
		w->first_ns = step->time_ns;
	w->begun = true;
	if (step->time_ns > w->last_ns)
		w->last_ns = step->time_ns;
	if ((ev->flags & TAPE_FAILED) || ev->kind >= TAPE_FREE_NULL)
		return 0;
	if (step->phase == TAPE_BEGIN)
		give(w, ev->old_addr);
	else if (ev->addr && tape_kind_is_free(ev->kind))
		give(w, ev->addr);
	else if (ev->addr)
		return take(w, ev, err);
	return 0;
}

static int walk_tape(struct walk *w, struct tape_reader *r, struct err *err)
{
	const struct feed_batch *batch;
	uint64_t steps = 0;
	struct feed *feed;
	size_t i;
	int ret = feed_open(&feed, r, err);

	if (ret)
		return ret;
	progress_start("reading", tape_reader_info(r)->events);
	while ((ret = feed_next(feed, &batch, err)) > 0) {
		for (i = 0; i < batch->nr && ret > 0; i++)
			if (add_step(w, &batch->steps[i], err))
				ret = -ERR_NOMEM;
		if (ret < 0)
			break;
		steps += batch->nr;
		progress_update(steps, tape_reader_name(r));
	}
	progress_stop();
	feed_close(feed);
	return ret;
}

static void count_survivors(struct walk *w)
{
	size_t i, nr = w->live.slots ? (size_t)1 << (64 - w->live.shift) : 0;

	for (i = 0; i < nr; i++)
		if (w->live.slots[i])
			count_life(w, live_set_at(&w->live, w->live.slots[i]));
}

static void add_mean(struct size_profile *p, const struct walk *w)
{
	double ns = (double)(w->last_ns - w->first_ns);
	size_t i;

	if (ns <= 0)
		return;
	for (i = 0; i <= CLASS_GRAINS; i++) {
		p->blocks[i] += w->sums->blocks[i] / ns;
		p->bytes[i] += w->sums->bytes[i] / ns;
	}
	p->bytes_above += w->sums->bytes_above / ns;
}

int size_profile_add(struct size_profile *p, struct tape_reader *r,
		     struct err *err)
{
	struct walk w = { .sums = calloc(1, sizeof(*w.sums)) };
	int ret;

	if (!w.sums)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	ret = walk_tape(&w, r, err);
	if (!ret) {
		count_survivors(&w);
		add_mean(p, &w);
	}
	live_set_release(&w.live);
	free(w.sums);
	return ret;
}
