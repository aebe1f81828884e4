// SPDX-License-Identifier: MIT
/* Walking of one thread's blocks. */
#include "traces/base/err.h"
#include "traces/tape_block.h"
#include "traces/tape_reader_impl.h"

struct tape_cursor {
	struct tape_reader *reader;
	struct tape_unblock unblock;
	struct tape_index_entry *entry; /* the block being read, or NULL */
	struct tape_buf raw;
	size_t next; /* in index.order */
	size_t end;
	uint64_t last; /* time in units at which the last block ended */
	uint32_t thread;
};

int tape_cursor_open(struct tape_cursor **out, struct tape_reader *r,
		     uint32_t thread, struct err *err)
{
	struct tape_cursor *c = calloc(1, sizeof(*c));

	*out = c;
	if (!c)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	c->reader = r;
	c->thread = thread;
	c->end = tape_reader_blocks(r, thread, &c->next);
	c->end += c->next;
	return 0;
}

/* Start on the next block. 1: there is one, 0: none is left. */
static int next_block(struct tape_cursor *c, struct err *err)
{
	const struct tape_index *index = &c->reader->index;
	struct tape_frame f;
	int ret;

	while (c->next < c->end) {
		struct tape_index_entry *e =
			&index->entries[index->order[c->next++]];
		const char *what = NULL;

		ret = tape_reader_load(c->reader, e, &f, &c->raw, err);
		if (ret < 0)
			return ret;
		if (!ret)
			continue;
		if (f.first < c->last)
			what = "its time lies before the block before";
		else if (!tape_unblock_init(&c->unblock, &f, c->raw.bytes,
					    c->reader->header.time_unit_ns))
			what = "its columns";
		if (!what) {
			c->unblock.notes.nr_frames = c->reader->info.frames;
			c->entry = e;
			return 1;
		}
		ret = tape_reader_damaged(c->reader, e, f.count, what, err);
		if (ret)
			return ret;
	}
	return 0;
}

int tape_cursor_next(struct tape_cursor *c, struct tape_event *ev,
		     struct err *err)
{
	int ret;

	for (;;) {
		if (c->entry) {
			ret = tape_unblock_next(&c->unblock, ev);
			if (ret > 0) {
				ev->thread = c->thread;
				return 1;
			}
			c->last = c->unblock.time;
			if (ret < 0)
				ret = tape_reader_damaged(c->reader, c->entry,
							  c->unblock.left,
							  "its events", err);
			c->entry = NULL;
			if (ret)
				return ret;
		}
		ret = next_block(c, err);
		if (ret <= 0)
			return ret;
	}
}

void tape_cursor_close(struct tape_cursor *c)
{
	if (!c)
		return;
	tape_buf_release(&c->raw);
	free(c);
}
