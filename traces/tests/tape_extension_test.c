// SPDX-License-Identifier: MIT
/*
 * What a later version may add: this reader skips optional columns and
 * blocks that it does not know, and refuses the others. So a reader that
 * knows nothing of notes, frames and modules reads a tape with them as if
 * they were not there: here they get numbers that this one does not know.
 */
#include <zstd.h>

#include "traces/tape_block.h"
#include "traces/tape_header.h"
#include "traces/tape_index.h"
#include "traces/tape_merge.h"
#include "traces/tape_source.h"
#include "traces/tape_varint.h"
#include "traces/tests/tape_testing.h"

#define NOTED "traces/tests/golden/v1-notes.tape"

static const struct tape_event events[] = {
	{ .kind = TAPE_MALLOC, .time_ns = 10, .addr = 0x1000, .size = 24 },
	{ .kind = TAPE_FREE, .time_ns = 20, .addr = 0x1000 },
};

struct tape_parts {
	struct tape_buf tape;
	struct tape_index_pack index;
	ZSTD_CCtx *zstd;
};

static void start_with(struct tape_parts *t, unsigned unit_ns)
{
	struct tape_header header = { .time_unit_ns = unit_ns };
	struct err err = { 0 };
	uint8_t *bytes;
	size_t len;

	memset(t, 0, sizeof(*t));
	t->zstd = ZSTD_createCCtx();
	assert_done(tape_header_pack(&header, NULL, &bytes, &len, &err), &err);
	testing_append(&t->tape, bytes, len);
	free(bytes);
}

static void start(struct tape_parts *t)
{
	start_with(t, 1);
}

static void release(struct tape_parts *t)
{
	tape_buf_release(&t->index.rows);
	tape_buf_release(&t->tape);
	ZSTD_freeCCtx(t->zstd);
}

static void add_frame(struct tape_parts *t, struct tape_frame *f,
		      const struct tape_piece *pieces, size_t nr)
{
	static uint8_t out[1 << 18];
	struct err err = { 0 };
	size_t len;

	f->sequence = t->index.nr;
	assert_done(tape_frame_build(f, t->zstd, pieces, nr, out, sizeof(out),
				     &len, &err),
		    &err);
	assert_done(tape_index_reserve(&t->index, &err), &err);
	tape_index_put(&t->index, f, t->tape.len);
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
				.count = t->index.nr };
	uint8_t trailer[TAPE_TRAILER];
	struct tape_buf payload = t->index.rows;
	uint64_t offset = t->tape.len;

	t->index.rows = (struct tape_buf){ 0 };
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
	release(t);
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

/* Give the columns of notes ids that nobody knows. */
static void rename_columns(struct tape_buf *raw)
{
	uint8_t *p = raw->bytes, *end = p + raw->len;

	while (p < end) {
		uint8_t *id = p++;
		uint64_t len = 0;

		p = (uint8_t *)varint_get(p, end, &len) + len;
		if (*id >= TAPE_COL_STACK)
			*id += 64;
	}
}

/* Copy the blocks of src up to its index, but for those numbers. */
static void copy_renamed(struct tape_parts *t, const struct tape_source *src,
			 uint64_t at)
{
	struct tape_buf stored = { 0 }, raw = { 0 };
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	uint8_t bytes[TAPE_BLOCK_HEADER];
	struct tape_frame f;
	struct err err = { 0 };

	for (;;) {
		assert_done(
			tape_source_read(src, at, bytes, sizeof(bytes), &err),
			&err);
		assert_true(tape_frame_unpack(&f, bytes));
		if (f.type == TAPE_BLOCK_INDEX)
			break;
		assert_done(
			tape_frame_read(&f, src, at, zstd, &stored, &raw, &err),
			&err);
		at += TAPE_BLOCK_HEADER + f.stored_len;
		if (f.type == TAPE_BLOCK_EVENTS)
			rename_columns(&raw);
		else if (f.type > TAPE_BLOCK_INDEX)
			f.type += 64;
		add_frame(t, &f, &(struct tape_piece){ raw.bytes, raw.len }, 1);
	}
	ZSTD_freeDCtx(zstd);
	tape_buf_release(&stored);
	tape_buf_release(&raw);
}

static struct tape_merge *merge(struct tape_reader *r)
{
	struct tape_merge *m;
	struct err err = { 0 };

	assert_done(tape_merge_open(&m, r, &err), &err);
	return m;
}

/* The same steps, in plain without their notes. */
static void compare(struct tape_reader *noted, struct tape_reader *plain)
{
	struct tape_merge *a = merge(noted), *b = merge(plain);
	struct tape_step x, y;
	struct err err = { 0 };
	int nr = 0;

	while (tape_merge_next(a, &x, &err) > 0) {
		assert_int_equal(tape_merge_next(b, &y, &err), 1);
		if (x.ev.kind <= TAPE_FREE_ALIGNED_SIZED) {
			assert_null(y.ev.notes);
			nr += x.ev.notes != NULL;
			x.ev.notes = NULL;
		}
		testing_same(&x.ev, &y.ev);
		assert_int_equal(x.time_ns, y.time_ns);
		assert_int_equal(x.phase, y.phase);
	}
	assert_int_equal(tape_merge_next(b, &y, &err), 0);
	assert_true(nr > 100);
	tape_merge_close(a);
	tape_merge_close(b);
}

static void test_notes(void **state)
{
	struct tape_header header;
	struct tape_meta meta = { 0 };
	struct tape_source src;
	struct tape_parts t;
	struct tape_reader *noted, *plain;
	struct err err = { 0 };
	int indexed;

	(void)state;
	assert_done(tape_source_open(&src, NOTED, &err), &err);
	assert_done(tape_header_read(&src, &header, &meta, &err), &err);
	assert_done(tape_reader_open(&noted, NOTED, 0, &err), &err);
	assert_true(tape_reader_info(noted)->frames > 10);
	assert_true(tape_reader_info(noted)->modules > 1);
	for (indexed = 0; indexed < 2; indexed++) {
		start_with(&t, header.time_unit_ns);
		copy_renamed(&t, &src, header.size);
		if (indexed)
			add_index(&t);
		assert_done(tape_reader_open_memory(&plain, t.tape.bytes,
						    t.tape.len, 0, &err),
			    &err);
		assert_int_equal(tape_reader_info(plain)->indexed, indexed);
		assert_int_equal(tape_reader_info(plain)->frames, 0);
		assert_int_equal(tape_reader_info(plain)->modules, 0);
		compare(noted, plain);
		tape_reader_close(plain);
		release(&t);
	}
	tape_reader_close(noted);
	tape_meta_release(&meta);
	tape_source_release(&src);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_notes),
	};

	return cmocka_run_group_tests_name("tape_extension", tests, NULL, NULL);
}
