// SPDX-License-Identifier: MIT
/* What can be told from each event alone: kinds, sizes, latency, threads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/tool/stats_walk.h"

static unsigned size_class(uint64_t size)
{
	return size ? 64 - (unsigned)__builtin_clzll(size) : 0;
}

static void count_alloc(struct tape_stats *s, struct thread_stats *t,
			const struct tape_event *ev)
{
	struct stats_class *class = &s->sizes[size_class(ev->size)];

	class->blocks++;
	class->bytes += ev->size;
	s->kinds[ev->kind].bytes += ev->size;
	s->allocs++;
	s->allocated_bytes += ev->size;
	t->allocs++;
	t->bytes += ev->size;
	if (!ev->alignment)
		return;
	class = &s->alignments[63 - __builtin_clzll(ev->alignment)];
	class->blocks++;
	class->bytes += ev->size;
}

static int add_latency(struct kind_stats *kind, uint64_t ns, struct err *err)
{
	if (!kind->latency) {
		kind->latency = calloc(1, sizeof(*kind->latency));
		if (!kind->latency)
			return err_set(err, ERR_NOMEM, 0, "out of memory");
	}
	latency_hist_add(kind->latency, ns);
	return 0;
}

static int count_latency(struct tape_stats *s, const struct tape_event *ev,
			 struct err *err)
{
	struct kind_stats *kind = &s->kinds[ev->kind];

	if (ev->notes && ev->notes->has & TAPE_NOTE_LATENCY)
		return add_latency(kind, ev->notes->latency_ns, err);
	/* The two times of a realloc of a block are its latency. */
	if (s->has_latency && ev->old_addr)
		return add_latency(kind, ev->end_ns - ev->time_ns, err);
	return 0;
}

static int add_mark(struct tape_stats *s, const struct tape_event *ev,
		    struct err *err)
{
	struct stats_mark *mark;

	if (s->nr_marks == STATS_MARKS_MAX)
		return 0;
	if (!s->marks)
		s->marks = calloc(STATS_MARKS_MAX, sizeof(*s->marks));
	if (!s->marks)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	mark = &s->marks[s->nr_marks++];
	mark->time_ns = ev->time_ns;
	mark->live_bytes = s->live_bytes;
	mark->text = strdup(ev->text);
	return mark->text ? 0 : err_set(err, ERR_NOMEM, 0, "out of memory");
}

/* Events that are no calls on blocks. */
static int count_other(struct tape_stats *s, struct thread_stats *t,
		       const struct tape_event *ev, struct err *err)
{
	switch ((enum tape_kind)ev->kind) {
	case TAPE_FREE_NULL:
		s->null_frees += ev->size;
		break;
	case TAPE_THREAD_START:
		t->tid = ev->addr;
		t->born = true;
		if (++s->threads_alive > s->threads_most)
			s->threads_most = s->threads_alive;
		break;
	case TAPE_THREAD_END:
		t->ended = true;
		s->threads_alive -= s->threads_alive > 0;
		break;
	case TAPE_THREAD_NAME:
		snprintf(t->name, sizeof(t->name), "%s", ev->text);
		break;
	case TAPE_MARK:
		return add_mark(s, ev, err);
	default:
		break;
	}
	return 0;
}

int stats_count(struct tape_stats *s, const struct tape_event *ev,
		struct err *err)
{
	struct thread_stats *t = &s->threads[ev->thread];
	struct kind_stats *kind = &s->kinds[ev->kind];

	s->events++;
	kind->events++;
	if (!t->events++)
		t->first_ns = ev->time_ns;
	t->last_ns = ev->end_ns;
	if (ev->kind >= TAPE_FREE_NULL)
		return count_other(s, t, ev, err);
	if (ev->flags & TAPE_FAILED) {
		s->failed_calls++;
		kind->failed++;
	} else if (!tape_kind_is_alloc(ev->kind)) {
		t->frees++;
		s->frees++;
	} else if (ev->addr) {
		count_alloc(s, t, ev);
	}
	if (!ev->size && tape_kind_is_alloc(ev->kind)) {
		s->zero_sizes++;
		kind->zero_sizes++;
	}
	return s->has_latency || ev->notes ? count_latency(s, ev, err) : 0;
}
