// SPDX-License-Identifier: MIT
/*
 * Copies whole blocks from one tape to another, byte by byte but for the
 * number in their header. A block counts as whole when all of it decodes.
 */
#include <stdio.h>

#include "traces/base/err.h"
#include "traces/tape_block.h"
#include "traces/tape_reader_impl.h"
#include "traces/tape_repair.h"
#include "traces/tape_tables.h"
#include "traces/tape_writer_impl.h"

/*
 * last: when the last good block of each thread ended, in units.
 * 1: every event decodes, 0: damaged (and counted), negative: error.
 */
static int verify(struct tape_reader *r, struct tape_index_entry *e,
		  const struct tape_frame *f, const struct tape_buf *raw,
		  uint64_t *last, struct err *err)
{
	struct tape_unblock u;
	struct tape_event ev;
	int ret = -1;

	if (f->first >= last[f->thread] &&
	    tape_unblock_init(&u, f, raw->bytes, r->header.time_unit_ns))
		do
			ret = tape_unblock_next(&u, &ev);
		while (ret > 0);
	if (ret < 0)
		return tape_reader_damaged(r, e, f->count, "its events", err);
	last[f->thread] = f->last;
	return 1;
}

static int copy_block(struct tape_reader *r, struct tape_index_entry *e,
		      struct tape_writer *w, struct tape_buf *raw,
		      uint64_t *last, struct err *err)
{
	struct tape_frame f;
	int ret;

	if (e->type == TAPE_BLOCK_END)
		return 0;
	ret = tape_reader_load(r, e, &f, raw, err);
	if (ret > 0 && e->type == TAPE_BLOCK_EVENTS)
		ret = verify(r, e, &f, raw, last, err);
	else if (ret > 0 && !tape_table_sound(&f, raw))
		ret = tape_reader_damaged(r, e, 0, "its rows", err);
	if (ret <= 0)
		return ret;
	/* The frame as it was read is still in the reader's scratch. */
	return tape_writer_copy(w, &f, r->stored.bytes, err);
}

static int write_end(struct tape_reader *r, struct tape_writer *w,
		     struct err *err)
{
	struct tape_end end = r->end;

	if (!end.clean) {
		end.clean = true;
		end.duration_ns = r->info.duration_ns;
		end.dropped = r->info.dropped;
		snprintf(end.reason, sizeof(end.reason), "cut, repaired");
	}
	return tape_writer_close(w, &end, err);
}

int tape_repair(struct tape_reader *r, const struct tape_sink *sink,
		struct err *err)
{
	struct tape_writer_config config = { .time_unit_ns =
						     r->header.time_unit_ns };
	uint64_t *last = calloc((size_t)r->info.threads + 1, sizeof(*last));
	struct tape_buf raw = { 0 };
	struct tape_writer *w;
	size_t i;
	int ret = tape_writer_open(&w, sink, &r->meta, &config, err);

	if (ret) {
		free(last);
		return ret;
	}
	if (!last)
		ret = err_set(err, ERR_NOMEM, 0, "out of memory");
	for (i = 0; i < r->index.nr && !ret; i++)
		ret = copy_block(r, &r->index.entries[i], w, &raw, last, err);
	if (ret)
		tape_writer_free(w);
	else
		ret = write_end(r, w, err);
	free(last);
	tape_buf_release(&raw);
	return ret;
}
