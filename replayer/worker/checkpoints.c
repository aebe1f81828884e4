// SPDX-License-Identifier: MIT
/*
 * Where the bytes are: memory page by page, the blocks' sizes as they were
 * asked for and as they are usable, and the allocator's own statistics, side
 * by side at some places. While other threads run, each of these is of a
 * slightly different moment: up to the window (4096 ops) of the memory pass.
 */
#include <string.h>

#include "allocators/statistics.h"
#include "replayer/worker/worker.h"

/* Marks may take this long together, or else this part of the time. */
#define FREE_NS   200000000ULL
#define TIME_PART 8

static _Atomic uint64_t spent_ns;
static uint64_t start_ns;

/* The threads' counts together; some of them may wrap, the sum does not. */
static void count_blocks(const struct worker *w, struct worker_checkpoint *c,
			 uint64_t *blocks)
{
	uint64_t requested = 0, usable = 0;
	/* The copies' tables of threads need not be one table. */
	uint64_t nr = (uint64_t)w->order.copies * w->h->nr_threads, i;

	*blocks = 0;
	for (i = 0; i < nr; i++) {
		const struct worker_thread *t =
			&w->copies[i / w->h->nr_threads]
				 .threads[i % w->h->nr_threads];

		requested += atomic_load_explicit(&t->requested,
						  memory_order_relaxed);
		usable +=
			atomic_load_explicit(&t->usable, memory_order_relaxed);
		*blocks +=
			atomic_load_explicit(&t->blocks, memory_order_relaxed);
	}
	/* A block counted where it was freed, but not yet where made. */
	c->requested = (int64_t)requested < 0 ? 0 : requested;
	c->usable = (int64_t)usable < 0 ? 0 : usable;
	if (!w->calls.usable_size)
		c->usable = *blocks = WORKER_UNKNOWN;
}

void worker_checkpoint(struct worker *w, enum worker_place place)
{
	struct worker_checkpoint *c = &w->report->checkpoints[place];
	struct alloc_stats s;
	uint64_t blocks;

	worker_memory_exact(c);
	count_blocks(w, c, &blocks);
	alloc_stats_read(c->usable, blocks, &s);
	c->cached = s.cached;
	c->free = s.free;
	c->metadata = s.metadata;
	c->dirty = s.dirty;
	c->allocated = s.allocated;
	c->mapped = s.mapped;
	c->retained = s.retained;
	c->taken = 1;
}

/* Which of the even places lies at that seq or before. */
static uint64_t place_of(const struct worker *w, uint64_t seq)
{
	uint64_t place = seq * WORKER_MARKS / (w->h->steps + 1);

	return place < WORKER_MARKS ? place : WORKER_MARKS - 1;
}

void worker_checkpoint_mark(struct worker *w, uint32_t mark)
{
	const struct plan_mark *marks =
		(const void *)((const char *)w->words + w->h->marks_at);
	uint64_t place = place_of(w, marks[mark].seq), begin, spent;

	/* The first mark of each place, whoever gets there first. */
	if (mark && place_of(w, marks[mark - 1].seq) == place)
		return;
	begin = clock_real_ns();
	spent = atomic_load_explicit(&spent_ns, memory_order_relaxed);
	if (spent > FREE_NS && spent > (begin - start_ns) / TIME_PART)
		return;
	w->report->checkpoints[place].mark = mark;
	worker_checkpoint(w, (enum worker_place)place);
	atomic_fetch_add_explicit(&spent_ns, clock_real_ns() - begin,
				  memory_order_relaxed);
}

/*
 * The first reading may take memory of the allocator's: it is done here, and
 * known. The allocator is there by then, as one call of it has been made.
 */
void worker_checkpoints_init(struct worker *w)
{
	struct worker_checkpoint before, after;
	struct alloc_stats s;

	start_ns = clock_real_ns();
	if (w->order.null || !alloc_stats_find(w->calls.malloc))
		return;
	w->calls.free(w->calls.malloc(64));
	worker_memory_exact(&before);
	alloc_stats_read(0, 0, &s);
	worker_memory_exact(&after);
	if (after.anon > before.anon)
		w->report->reading_bytes = after.anon - before.anon;
}
