// SPDX-License-Identifier: MIT
/*
 * The writer's modules and frames. They wait until a block of events is
 * written, since one of its stacks may need them, or until they are many.
 */
#include "traces/base/err.h"
#include "traces/tape_writer_impl.h"

#define WAIT_BYTES (1u << 20)

static int flush(struct tape_writer *w, struct tape_table_pack *t, uint8_t type,
		 struct err *err)
{
	struct tape_piece piece = { t->rows.bytes, t->rows.len };
	struct tape_frame f = { .type = type,
				.flags = TAPE_BLOCK_OPTIONAL,
				.thread = TAPE_NO_THREAD,
				.count = t->waiting,
				.first = t->nr - t->waiting + 1,
				.last = t->nr };
	int ret;

	if (!t->waiting)
		return 0;
	ret = tape_writer_block(w, &f, &piece, 1, err);
	if (ret)
		return ret;
	t->rows.len = 0;
	t->waiting = 0;
	t->address = 0;
	return 0;
}

int tape_writer_tables_flush(struct tape_writer *w, struct err *err)
{
	int ret = flush(w, &w->modules, TAPE_BLOCK_MODULES, err);

	return ret ? ret : flush(w, &w->frames, TAPE_BLOCK_STACKS, err);
}

static int added(struct tape_writer *w, const struct tape_table_pack *t,
		 bool done, struct err *err)
{
	if (!done)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	return t->rows.len < WAIT_BYTES ? 0 : tape_writer_tables_flush(w, err);
}

int tape_writer_module(struct tape_writer *w, const struct tape_module *m,
		       struct err *err)
{
	if (w->modules.nr >= TAPE_MODULES_MAX)
		return err_set(err, ERR_ARG, 0,
			       "more than %u modules, which a tape cannot hold",
			       TAPE_MODULES_MAX);
	if (m->start > m->end)
		return err_set(err, ERR_ARG, 0,
			       "a module ends before it "
			       "starts");
	return added(w, &w->modules, tape_table_add_module(&w->modules, m),
		     err);
}

int tape_writer_frame(struct tape_writer *w, uint32_t parent, uint32_t module,
		      uint64_t address, struct err *err)
{
	struct tape_frame_node node = { address, parent, module };

	if (w->frames.nr >= TAPE_FRAMES_MAX)
		return err_set(err, ERR_ARG, 0,
			       "more than %u frames, which a tape cannot hold",
			       TAPE_FRAMES_MAX);
	if (parent > w->frames.nr || module > w->modules.nr)
		return err_set(err, ERR_ARG, 0,
			       "a frame's parent %u or module %u is not there",
			       parent, module);
	return added(w, &w->frames, tape_table_add_frame(&w->frames, &node),
		     err);
}

void tape_writer_tables_copied(struct tape_writer *w,
			       const struct tape_frame *f)
{
	if (f->type == TAPE_BLOCK_MODULES)
		w->modules.nr = (uint32_t)f->last;
	else if (f->type == TAPE_BLOCK_STACKS)
		w->frames.nr = (uint32_t)f->last;
}

static void forget(struct tape_table_pack *t)
{
	t->rows.len = 0;
	t->nr -= t->waiting;
	t->waiting = 0;
	t->address = 0;
}

void tape_writer_tables_forget(struct tape_writer *w)
{
	forget(&w->modules);
	forget(&w->frames);
}

void tape_writer_tables_release(struct tape_writer *w)
{
	tape_buf_release(&w->modules.rows);
	tape_buf_release(&w->frames.rows);
}
