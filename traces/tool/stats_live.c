// SPDX-License-Identifier: MIT
/*
 * The course of the live blocks: peak, lifetimes, who frees what, reallocs.
 * A realloc gives its block at its begin and takes one at its end; in between
 * the block's past waits with its thread.
 */
#include <math.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/tool/stats_walk.h"

uint64_t tape_stats_life_limit_ns(unsigned class)
{
	uint64_t limit = 1000;

	if (class >= STATS_LIFE_CLASSES - 1)
		return UINT64_MAX;
	while (class --)
		limit *= 10;
	return limit;
}

/* The class of a lifetime, by its number of bits and one comparison. */
static unsigned life_class(uint64_t ns)
{
	static const uint64_t powers[] = {
		1000ULL,          10000ULL,          100000ULL,
		1000000ULL,       10000000ULL,       100000000ULL,
		1000000000ULL,    10000000000ULL,    100000000000ULL,
		1000000000000ULL, 10000000000000ULL,
	};
	unsigned bits = 64 - (unsigned)__builtin_clzll(ns | 1), guess;

	if (bits < 10)
		return 0;
	guess = ((bits - 1) * 1233 >> 12) - 2; /* log10(2) = 1233 / 4096 */
	if (guess >= STATS_LIFE_CLASSES - 1)
		return STATS_LIFE_CLASSES - 1;
	return ns >= powers[guess] ? guess + 1 : guess;
}

static void count_death(struct tape_stats *s, const struct live_block *block,
			uint64_t time_ns)
{
	struct stats_class *class =
		&s->lives[life_class(time_ns - block->birth_ns)];

	class->blocks++;
	class->bytes += block->size_bytes;
}

static void note_peak(struct tape_stats *s, uint64_t time_ns)
{
	if (s->live_bytes > s->timeline.live_max)
		s->timeline.live_max = s->live_bytes;
	if (s->live_bytes <= s->live_peak_bytes)
		return;
	s->live_peak_bytes = s->live_bytes;
	s->live_peak_time_ns = time_ns;
	s->live_peak_blocks = s->live.nr;
	site_table_peak(&s->sites);
}

static int no_memory(const struct tape_stats *s, struct err *err)
{
	return err_set(err, ERR_NOMEM, 0, "out of memory for %zu live blocks",
		       s->live.nr);
}

static int take(struct tape_stats *s, const struct live_block *block,
		uint64_t time_ns, struct err *err)
{
	struct live_block old;
	int ret = live_set_add(&s->live, block, &old);

	if (ret < 0)
		return no_memory(s, err);
	if (ret) {
		s->overlap_repairs++;
		s->live_bytes -= old.size_bytes;
		site_table_give(&s->sites, old.stack, old.size_bytes);
	}
	s->live_bytes += block->size_bytes;
	if (s->sites.nr_stacks &&
	    site_table_take(&s->sites, block->stack, block->size_bytes))
		return no_memory(s, err);
	note_peak(s, time_ns);
	return 0;
}

static void count_notes(struct tape_stats *s, const struct tape_notes *notes,
			const struct live_block *old)
{
	uint64_t size;

	if (!old && notes->has & TAPE_NOTE_USABLE) {
		s->born_before.blocks++;
		s->born_before.bytes += notes->usable_bytes;
	}
	if (!(notes->has & TAPE_NOTE_TOUCHED))
		return;
	/* Told of all that the allocator gave, which may be more. */
	size = old ? old->size_bytes : notes->usable_bytes;
	s->touched.blocks++;
	s->touched.bytes += size;
	s->touched_bytes +=
		notes->touched_bytes < size ? notes->touched_bytes : size;
}

/* False: the block was never taken. */
static bool give(struct tape_stats *s, uint64_t addr,
		 const struct tape_event *ev, struct live_block *old)
{
	bool known = live_set_remove(&s->live, addr, old);

	if (ev->notes)
		count_notes(s, ev->notes, known ? old : NULL);
	if (!known) {
		s->unknown_frees++;
		return false;
	}
	s->live_bytes -= old->size_bytes;
	if (s->sites.nr_stacks)
		site_table_give(&s->sites, old->stack, old->size_bytes);
	if (old->thread != ev->thread) {
		s->cross_thread_frees++;
		s->threads[ev->thread].cross_frees++;
		pair_table_add(&s->cross, old->thread, ev->thread,
			       old->size_bytes);
	}
	return true;
}

static uint64_t clamp_size(uint64_t size)
{
	return size < LIVE_SIZE_MAX ? size : LIVE_SIZE_MAX;
}

/* The new block of a realloc takes over the past of the old one. */
static void inherit(struct tape_stats *s, struct live_block *block,
		    const struct live_block *old)
{
	struct realloc_stats *r = &s->reallocs;

	block->birth_ns = old->birth_ns;
	block->reallocs = old->reallocs;
	if (old->reallocs < LIVE_REALLOCS_MAX)
		block->reallocs = (uint16_t)(old->reallocs + 1);
	r->chains += !old->reallocs;
	r->links++;
	if (block->reallocs > r->longest ||
	    (block->reallocs == r->longest &&
	     block->size_bytes > r->longest_bytes)) {
		r->longest = block->reallocs;
		r->longest_bytes = block->size_bytes;
	}
	r->shrunk += block->size_bytes < old->size_bytes;
	if (block->size_bytes > old->size_bytes && old->size_bytes) {
		r->grown++;
		r->grown_log2 += log2((double)block->size_bytes /
				      (double)old->size_bytes);
	}
	if (block->addr != old->addr)
		r->moved_bytes += block->size_bytes < old->size_bytes
					  ? block->size_bytes
					  : old->size_bytes;
}

/* A realloc of a block returned. */
static int finish_realloc(struct tape_stats *s, const struct tape_step *step,
			  struct err *err)
{
	const struct tape_event *ev = &step->ev;
	struct thread_stats *t = &s->threads[ev->thread];
	struct live_block block = { .addr = ev->addr,
				    .size_bytes = clamp_size(ev->size),
				    .birth_ns = step->time_ns,
				    .thread = ev->thread };

	if (!ev->addr) {
		s->reallocs.to_nothing++;
		if (t->moving.addr)
			count_death(s, &t->moving, step->time_ns);
		return 0;
	}
	if (ev->addr == ev->old_addr)
		s->reallocs.in_place++;
	else
		s->reallocs.moved++;
	if (ev->notes && ev->notes->has & TAPE_NOTE_STACK)
		block.stack = ev->notes->stack;
	if (t->moving.addr)
		inherit(s, &block, &t->moving);
	return take(s, &block, step->time_ns, err);
}

static int take_new(struct tape_stats *s, const struct tape_step *step,
		    struct err *err)
{
	const struct tape_event *ev = &step->ev;
	struct live_block block = { .addr = ev->addr,
				    .size_bytes = clamp_size(ev->size),
				    .birth_ns = step->time_ns,
				    .thread = ev->thread };

	if (ev->notes && ev->notes->has & TAPE_NOTE_STACK)
		block.stack = ev->notes->stack;
	if (tape_kind_is_realloc(ev->kind))
		s->reallocs.of_nothing++;
	return take(s, &block, step->time_ns, err);
}

int stats_live_step(struct tape_stats *s, const struct tape_step *step,
		    struct err *err)
{
	const struct tape_event *ev = &step->ev;
	struct live_block old;

	if ((ev->flags & TAPE_FAILED) || ev->kind >= TAPE_FREE_NULL)
		return 0;
	if (step->phase == TAPE_BEGIN) {
		struct live_block *moving = &s->threads[ev->thread].moving;

		if (!give(s, ev->old_addr, ev, moving))
			moving->addr = 0;
		return 0;
	}
	if (step->phase == TAPE_FINISH)
		return finish_realloc(s, step, err);
	if (!ev->addr)
		return 0;
	if (!tape_kind_is_free(ev->kind))
		return take_new(s, step, err);
	if (give(s, ev->addr, ev, &old))
		count_death(s, &old, step->time_ns);
	return 0;
}
