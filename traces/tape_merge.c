// SPDX-License-Identifier: MIT
/*
 * K-way merge over the threads' cursors with a binary heap. A thread's cursor
 * is opened when time reaches its first block and closed behind its last
 * event, so that memory follows the threads that live at the same time.
 */
#include "traces/tape_merge.h"
#include "traces/base/err.h"
#include "traces/tape_reader_impl.h"

/* A thread that is open: its cursor and its next step. */
struct stream {
	struct tape_cursor *cursor;
	struct tape_step step;
	uint64_t key; /* time of the step */
	uint8_t late; /* at equal times: 0 frees, 1 does not */
	uint32_t thread;
};

/* A thread that is still to be opened. */
struct pending {
	uint64_t first_ns;
	uint32_t thread;
};

struct tape_merge {
	struct tape_reader *reader;
	struct stream **heap; /* the earliest first */
	size_t nr_heap;
	struct pending *pending; /* by time */
	size_t nr_pending;
	size_t next_pending;
	bool advance; /* the top's step was handed out */
};

static int compare_pending(const void *pa, const void *pb)
{
	const struct pending *a = pa, *b = pb;

	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	return a->thread < b->thread ? -1 : a->thread > b->thread;
}

/*
 * The earliest of a thread's blocks counts: in a damaged tape this may be
 * another than the first one, and times may be too large for ns.
 */
static void list_threads(struct tape_merge *m)
{
	const struct tape_index *index = &m->reader->index;
	uint64_t unit = m->reader->header.time_unit_ns;
	struct pending *p = NULL;
	size_t i;

	for (i = 0; i < index->nr_order; i++) {
		const struct tape_index_entry *e =
			&index->entries[index->order[i]];
		uint64_t first_ns = e->first > UINT64_MAX / unit
					    ? UINT64_MAX
					    : e->first * unit;

		if (!p || p->thread != e->thread) {
			p = &m->pending[m->nr_pending++];
			*p = (struct pending){ first_ns, e->thread };
		} else if (first_ns < p->first_ns) {
			p->first_ns = first_ns;
		}
	}
	qsort(m->pending, m->nr_pending, sizeof(*m->pending), compare_pending);
}

int tape_merge_open(struct tape_merge **out, struct tape_reader *r,
		    struct err *err)
{
	struct tape_merge *m = calloc(1, sizeof(*m));
	size_t i, nr = 0;

	*out = NULL;
	if (!m)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	m->reader = r;
	for (i = 0; i < r->index.nr_order; i++)
		nr += !i ||
		      r->index.entries[r->index.order[i]].thread !=
			      r->index.entries[r->index.order[i - 1]].thread;
	m->pending = malloc((nr + 1) * sizeof(*m->pending));
	m->heap = malloc((nr + 1) * sizeof(struct stream *));
	if (!m->pending || !m->heap) {
		tape_merge_close(m);
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	}
	list_threads(m);
	*out = m;
	return 0;
}

static inline bool before(const struct stream *a, const struct stream *b)
{
	if (a->key != b->key)
		return a->key < b->key;
	if (a->late != b->late)
		return a->late < b->late;
	return a->thread < b->thread;
}

static void sift_down(struct tape_merge *m)
{
	struct stream *top = m->heap[0];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < m->nr_heap) {
		if (child + 1 < m->nr_heap &&
		    before(m->heap[child + 1], m->heap[child]))
			child++;
		if (before(top, m->heap[child]))
			break;
		m->heap[at] = m->heap[child];
		at = child;
	}
	m->heap[at] = top;
}

static void push(struct tape_merge *m, struct stream *s)
{
	size_t at = m->nr_heap++;

	while (at && before(s, m->heap[(at - 1) / 2])) {
		m->heap[at] = m->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	m->heap[at] = s;
}

static void close_stream(struct stream *s)
{
	tape_cursor_close(s->cursor);
	free(s);
}

/* Read the thread's next event as a step. 1: there is one, 0: it has ended. */
static inline int read_step(struct stream *s, struct tape_step *step,
			    struct err *err)
{
	int ret = tape_cursor_next(s->cursor, &step->ev, err);

	if (ret <= 0)
		return ret;
	step->phase = TAPE_WHOLE;
	s->late = !tape_kind_is_free(step->ev.kind);
	/* Of nothing, it only returns a block; end_ns is time_ns of others. */
	step->time_ns = step->ev.end_ns;
	if (tape_kind_is_realloc(step->ev.kind) && step->ev.old_addr) {
		step->phase = TAPE_BEGIN;
		step->time_ns = step->ev.time_ns;
		s->late = 0;
	}
	s->key = step->time_ns;
	return 1;
}

/* Set the stream's next step. 1: there is one, 0: the thread has ended. */
static int advance(struct stream *s, struct err *err)
{
	struct tape_step *step = &s->step;

	if (step->phase != TAPE_BEGIN)
		return read_step(s, step, err);
	step->phase = TAPE_FINISH;
	s->key = step->time_ns = step->ev.end_ns;
	s->late = 1;
	return 1;
}

static int open_stream(struct tape_merge *m, uint32_t thread, struct err *err)
{
	struct stream *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	s->thread = thread;
	ret = tape_cursor_open(&s->cursor, m->reader, thread, err);
	if (!ret)
		ret = advance(s, err);
	if (ret > 0)
		push(m, s);
	else
		close_stream(s);
	return ret < 0 ? ret : 0;
}

/* Open every thread that may have the next step. */
static int open_pending(struct tape_merge *m, struct err *err)
{
	int ret = 0;

	while (!ret && m->next_pending < m->nr_pending) {
		const struct pending *p = &m->pending[m->next_pending];

		if (m->nr_heap && p->first_ns > m->heap[0]->key)
			break;
		m->next_pending++;
		ret = open_stream(m, p->thread, err);
	}
	return ret;
}

/* Move the top stream on, behind the step that was handed out. */
static int advance_top(struct tape_merge *m, struct err *err)
{
	int ret = advance(m->heap[0], err);

	m->advance = false;
	if (ret < 0)
		return ret;
	if (!ret) {
		close_stream(m->heap[0]);
		m->heap[0] = m->heap[--m->nr_heap];
	}
	if (m->nr_heap)
		sift_down(m);
	return 0;
}

/*
 * The one thread that is left needs no sorting. Its steps go to the caller
 * straight away: a copy of what was just written waits for the writes.
 */
static int next_alone(struct tape_merge *m, struct tape_step *step,
		      struct err *err)
{
	struct stream *s = m->heap[0];
	int ret = read_step(s, step, err);

	if (ret > 0 && step->phase == TAPE_BEGIN)
		s->step = *step;
	if (ret)
		return ret;
	close_stream(s);
	m->nr_heap = 0;
	m->advance = false;
	return 0;
}

int tape_merge_next(struct tape_merge *m, struct tape_step *step,
		    struct err *err)
{
	int ret;

	if (m->advance && m->nr_heap == 1 && m->next_pending == m->nr_pending &&
	    m->heap[0]->step.phase != TAPE_BEGIN)
		return next_alone(m, step, err);
	ret = m->advance ? advance_top(m, err) : 0;
	if (!ret && m->next_pending < m->nr_pending)
		ret = open_pending(m, err);
	if (ret)
		return ret;
	if (!m->nr_heap)
		return 0;
	*step = m->heap[0]->step;
	m->advance = true;
	return 1;
}

void tape_merge_close(struct tape_merge *m)
{
	size_t i;

	if (!m)
		return;
	for (i = 0; i < m->nr_heap; i++)
		close_stream(m->heap[i]);
	free(m->heap);
	free(m->pending);
	free(m);
}
