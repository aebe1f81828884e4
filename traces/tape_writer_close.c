// SPDX-License-Identifier: MIT
/* How a tape ends: the END block, the index, the trailer. */
#include "traces/base/err.h"
#include "traces/tape_samples.h"
#include "traces/tape_writer_impl.h"

static int write_end(struct tape_writer *w, const struct tape_end *end,
		     struct err *err)
{
	struct tape_frame f = { .type = TAPE_BLOCK_END,
				.thread = TAPE_NO_THREAD };
	struct tape_buf buf = { 0 };
	int ret = tape_end_pack(end, w->events, &buf, &f.count, err);

	if (!ret) {
		struct tape_piece piece = { buf.bytes, buf.len };

		ret = tape_writer_block(w, &f, &piece, 1, err);
	}
	tape_buf_release(&buf);
	return ret;
}

static int write_index(struct tape_writer *w, struct err *err)
{
	struct tape_frame f = { .type = TAPE_BLOCK_INDEX,
				.flags = TAPE_BLOCK_OPTIONAL,
				.thread = TAPE_NO_THREAD,
				.count = w->index.nr };
	uint8_t trailer[TAPE_TRAILER];
	uint64_t offset = w->bytes;
	struct tape_buf rows = w->index.rows;
	int ret;

	if (w->index.full)
		return 0;
	/* Writing it adds to it. */
	w->index.rows = (struct tape_buf){ 0 };
	ret = tape_writer_block(
		w, &f, &(struct tape_piece){ rows.bytes, rows.len }, 1, err);
	tape_buf_release(&rows);
	if (ret)
		return ret;
	tape_trailer_pack(trailer, offset, w->bytes + TAPE_TRAILER);
	return tape_writer_emit(w, trailer, sizeof(trailer), err);
}

int tape_writer_close(struct tape_writer *w, const struct tape_end *end,
		      struct err *err)
{
	int ret = tape_writer_flush(w, err);

	if (!ret)
		ret = write_end(w, end, err);
	if (!ret)
		ret = write_index(w, err);
	tape_writer_free(w);
	return ret;
}
