// SPDX-License-Identifier: MIT
/*
 * The blocks of the writer's threads: one for each thread that has events, in
 * a list, so that threads that have ended cost nothing but how far they were.
 */
#include "traces/base/err.h"
#include "traces/tape_pool.h"
#include "traces/tape_writer_impl.h"

static int grow_threads(struct tape_writer *w, uint32_t thread)
{
	uint32_t nr = w->nr_threads ? w->nr_threads : 16;
	struct writer_thread *threads;

	if (thread >= TAPE_THREADS_MAX)
		return -1;
	while (nr <= thread)
		nr *= 2;
	threads = realloc(w->threads, nr * sizeof(*threads));
	if (!threads)
		return -1;
	memset(threads + w->nr_threads, 0,
	       (nr - w->nr_threads) * sizeof(*threads));
	w->threads = threads;
	w->nr_threads = nr;
	return 0;
}

struct writer_block *tape_writer_get_block(struct tape_writer *w,
					   uint32_t thread)
{
	struct writer_thread *t;
	struct writer_block *b;

	if (thread >= w->nr_threads && grow_threads(w, thread))
		return NULL;
	t = &w->threads[thread];
	if (t->block)
		return t->block;
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->columns.last = t->last;
	b->thread = thread;
	b->before = w->last_block;
	*(b->before ? &b->before->behind : &w->first_block) = b;
	w->last_block = b;
	w->pool->nr_blocks++;
	t->block = b;
	return b;
}

void tape_writer_account(struct tape_writer *w, struct writer_block *b)
{
	size_t bytes = tape_block_memory(&b->columns);

	w->pool->used_bytes += bytes - b->bytes;
	b->bytes = bytes;
}

int tape_writer_flush_block(struct tape_writer *w, struct writer_block *b,
			    struct err *err)
{
	struct tape_piece pieces[TAPE_BLOCK_PIECES];
	struct tape_block *c = &b->columns;
	struct tape_frame f = { .type = TAPE_BLOCK_EVENTS,
				.thread = b->thread,
				.count = c->count,
				.first = c->count ? c->first : c->last,
				.last = c->last,
				.dropped = c->dropped };
	int ret;

	if (!c->count && !c->dropped)
		return 0;
	ret = tape_writer_tables_flush(w, err);
	if (!ret)
		ret = tape_writer_block(w, &f, pieces,
					tape_block_pieces(c, pieces), err);
	if (ret)
		return ret;
	tape_block_clear(c);
	/* A thread that fills no block between flushes keeps no buffers. */
	if (f.count < w->config.block_events)
		tape_block_release(c);
	tape_writer_account(w, b);
	return 0;
}

void tape_writer_drop_block(struct tape_writer *w, struct writer_block *b)
{
	struct writer_thread *t = &w->threads[b->thread];

	t->last = b->columns.last;
	t->block = NULL;
	*(b->before ? &b->before->behind : &w->first_block) = b->behind;
	*(b->behind ? &b->behind->before : &w->last_block) = b->before;
	w->pool->nr_blocks--;
	w->pool->used_bytes -= b->bytes;
	tape_block_release(&b->columns);
	free(b);
}

int tape_writer_end_thread(struct tape_writer *w, uint32_t thread,
			   struct err *err)
{
	struct writer_block *b =
		thread < w->nr_threads ? w->threads[thread].block : NULL;
	int ret;

	if (!b)
		return 0;
	ret = tape_writer_flush_block(w, b, err);
	if (!ret)
		tape_writer_drop_block(w, b);
	return ret;
}
