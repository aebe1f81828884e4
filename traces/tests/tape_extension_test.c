// SPDX-License-Identifier: MIT
/*
 * What a later version may add: this reader skips optional columns and
 * blocks that it does not know, and refuses the others.
 */
#include <zstd.h>

#include "traces/tape_block.h"
#include "traces/tape_header.h"
#include "traces/tape_index.h"
#include "traces/tests/tape_testing.h"

static const struct tape_event events[] = {
	{ .kind = TAPE_MALLOC, .time_ns = 10, .addr = 0x1000, .size = 24 },
	{ .kind = TAPE_FREE, .time_ns = 20, .addr = 0x1000 },
};

struct tape_parts {
	struct tape_buf tape;
	struct tape_index index;
	ZSTD_CCtx *zstd;
};

static void start(struct tape_parts *t)
{
	struct tape_header header = { .time_unit_ns = 1 };
	struct err err = { 0 };
	uint8_t *bytes;
	size_t len;

	memset(t, 0, sizeof(*t));
	t->zstd = ZSTD_createCCtx();
	assert_done(tape_header_pack(&header, NULL, &bytes, &len, &err), &err);
	testing_append(&t->tape, bytes, len);
	free(bytes);
}

static void add_frame(struct tape_parts *t, struct tape_frame *f,
		      const struct tape_piece *pieces, size_t nr)
{
	static uint8_t out[4096];
	struct err err = { 0 };
	size_t len;

	f->sequence = (uint32_t)t->index.nr;
	assert_done(tape_frame_build(f, t->zstd, pieces, nr, out, sizeof(out),
				     &len, &err),
		    &err);
	assert_done(tape_index_add(&t->index, f, t->tape.len, &err), &err);
	testing_append(&t->tape, out, len);
}

/* The two events, and behind their columns one more with this id. */
static void add_events(struct tape_parts *t, uint8_t extra_id)
{
	uint8_t extra[] = { extra_id, 3, 'x', 'y', 'z' };
	struct tape_piece pieces[TAPE_BLOCK_PIECES + 1];
	struct tape_block b = { 0 };
	struct tape_frame f = {
		.type = TAPE_BLOCK_EVENTS, .count = 2, .first = 10, .last = 20
	};
	struct err err = { 0 };
	size_t nr;

	assert_done(tape_block_add(&b, events, 2, 1, &err), &err);
	nr = tape_block_pieces(&b, pieces);
	pieces[nr].bytes = extra;
	pieces[nr++].len = sizeof(extra);
	add_frame(t, &f, pieces, nr);
	tape_block_release(&b);
}

static void add_unknown(struct tape_parts *t, uint8_t flags)
{
	struct tape_frame f = { .type = 77,
				.flags = flags,
				.thread = TAPE_NO_THREAD };

	add_frame(t, &f, &(struct tape_piece){ "later", 5 }, 1);
}

static void add_index(struct tape_parts *t)
{
	struct tape_frame f = { .type = TAPE_BLOCK_INDEX,
				.flags = TAPE_BLOCK_OPTIONAL,
				.thread = TAPE_NO_THREAD,
				.count = (uint32_t)t->index.nr };
	uint8_t trailer[TAPE_TRAILER];
	struct tape_buf payload = { 0 };
	uint64_t offset = t->tape.len;
	struct err err = { 0 };

	assert_done(tape_index_pack(&t->index, &payload, &err), &err);
	add_frame(t, &f, &(struct tape_piece){ payload.bytes, payload.len }, 1);
	tape_trailer_pack(trailer, offset, t->tape.len + TAPE_TRAILER);
	testing_append(&t->tape, trailer, sizeof(trailer));
	tape_buf_release(&payload);
}

/* Read all and release the parts; how many events, or the error. */
static int read_and_release(struct tape_parts *t, bool indexed)
{
	struct tape_cursor *c;
	struct tape_reader *r;
	struct tape_event ev;
	struct err err = { 0 };
	int ret, nr = 0;

	ret = tape_reader_open_memory(&r, t->tape.bytes, t->tape.len, 0, &err);
	if (!ret) {
		assert_int_equal(tape_reader_info(r)->indexed, indexed);
		assert_done(tape_cursor_open(&c, r, 0, &err), &err);
		while ((ret = tape_cursor_next(c, &ev, &err)) > 0)
			nr++;
		tape_cursor_close(c);
		tape_reader_close(r);
	}
	tape_index_release(&t->index);
	tape_buf_release(&t->tape);
	ZSTD_freeCCtx(t->zstd);
	return ret ? ret : nr;
}

static void test_columns(void **state)
{
	struct tape_parts t;

	(void)state;
	start(&t);
	add_events(&t, TAPE_COL_OPTIONAL | 40);
	assert_int_equal(read_and_release(&t, false), 2);
	start(&t);
	add_events(&t, 40);
	assert_int_equal(read_and_release(&t, false), -ERR_FORMAT);
	start(&t);
	add_events(&t, TAPE_COL_KIND); /* twice */
	assert_int_equal(read_and_release(&t, false), -ERR_FORMAT);
}

static void test_blocks(void **state)
{
	struct tape_parts t;
	int indexed;

	(void)state;
	for (indexed = 0; indexed < 2; indexed++) {
		start(&t);
		add_unknown(&t, TAPE_BLOCK_OPTIONAL);
		add_events(&t, TAPE_COL_OPTIONAL | 40);
		if (indexed)
			add_index(&t);
		assert_int_equal(read_and_release(&t, indexed), 2);
		start(&t);
		add_events(&t, TAPE_COL_OPTIONAL | 40);
		add_unknown(&t, 0);
		if (indexed)
			add_index(&t);
		assert_int_equal(read_and_release(&t, indexed), -ERR_VERSION);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_blocks),
	};

	return cmocka_run_group_tests_name("tape_extension", tests, NULL, NULL);
}
