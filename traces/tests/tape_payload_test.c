// SPDX-License-Identifier: MIT
/*
 * Payloads that are wrong behind right checksums: every byte of every block of
 * a golden tape with notes is changed, packed anew and read. It may be
 * refused, or give other events, but what is given keeps its promises.
 */
#include <zstd.h>

#include "traces/tape_frame.h"
#include "traces/tape_header.h"
#include "traces/tape_merge.h"
#include "traces/tape_source.h"
#include "traces/tape_stacks.h"
#include "traces/tests/tape_testing.h"

#define NOTED  "traces/tests/golden/v1-notes.tape"
#define BLOCKS 16

static struct whole {
	struct tape_source src;
	struct tape_header header;
	struct tape_frame frames[BLOCKS];
	struct tape_buf raw[BLOCKS];
	struct tape_buf tape; /* the header, then what is tried */
	size_t nr;
	ZSTD_CCtx *zstd;
} whole;

static int load(void **state)
{
	struct tape_meta meta = { 0 };
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	struct tape_buf stored = { 0 };
	uint8_t bytes[TAPE_BLOCK_HEADER];
	uint64_t at;
	struct err err = { 0 };

	(void)state;
	whole.zstd = ZSTD_createCCtx();
	assert_done(tape_source_open(&whole.src, NOTED, &err), &err);
	assert_done(tape_header_read(&whole.src, &whole.header, &meta, &err),
		    &err);
	tape_meta_release(&meta);
	for (at = whole.header.size; whole.nr < BLOCKS; whole.nr++) {
		struct tape_frame *f = &whole.frames[whole.nr];

		assert_done(tape_source_read(&whole.src, at, bytes,
					     sizeof(bytes), &err),
			    &err);
		assert_true(tape_frame_unpack(f, bytes));
		if (f->type == TAPE_BLOCK_INDEX)
			break;
		assert_done(tape_frame_read(f, &whole.src, at, zstd, &stored,
					    &whole.raw[whole.nr], &err),
			    &err);
		at += TAPE_BLOCK_HEADER + f->stored_len;
	}
	assert_true(whole.nr > 4 && whole.nr < BLOCKS);
	tape_buf_release(&stored);
	ZSTD_freeDCtx(zstd);
	return 0;
}

static int unload(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < whole.nr; i++)
		tape_buf_release(&whole.raw[i]);
	tape_buf_release(&whole.tape);
	tape_source_release(&whole.src);
	ZSTD_freeCCtx(whole.zstd);
	return 0;
}

/* All blocks as they are in memory, without an index. */
static void pack(void)
{
	static uint8_t out[1 << 18];
	struct err err = { 0 };
	size_t i, len;

	assert_true(tape_buf_reserve(&whole.tape, whole.header.size));
	assert_done(tape_source_read(&whole.src, 0, whole.tape.bytes,
				     whole.header.size, &err),
		    &err);
	whole.tape.len = whole.header.size;
	for (i = 0; i < whole.nr; i++) {
		struct tape_piece piece = { whole.raw[i].bytes,
					    whole.raw[i].len };
		struct tape_frame f = whole.frames[i];

		assert_done(tape_frame_build(&f, whole.zstd, &piece, 1, out,
					     sizeof(out), &len, &err),
			    &err);
		testing_append(&whole.tape, out, len);
	}
}

static void check_event(const struct tape_event *ev, uint32_t frames)
{
	const struct tape_notes *n = ev->notes;

	if (ev->kind > TAPE_FREE_ALIGNED_SIZED || !n)
		return;
	assert_true(n->has && n->has < 16);
	if (n->has & TAPE_NOTE_STACK)
		assert_true(n->stack && n->stack <= frames);
}

static int read_events(struct tape_reader *r, struct err *err)
{
	uint32_t frames = tape_reader_info(r)->frames;
	struct tape_merge *m;
	struct tape_step step;
	int ret = tape_merge_open(&m, r, err);

	if (ret)
		return ret;
	while ((ret = tape_merge_next(m, &step, err)) > 0)
		check_event(&step.ev, frames);
	tape_merge_close(m);
	return ret;
}

static int read_tables(struct tape_reader *r, struct err *err)
{
	struct tape_frame_node *nodes = NULL;
	struct tape_module *modules = NULL;
	size_t i, nr, nr_modules;
	int ret = tape_reader_modules(r, &modules, &nr_modules, err);

	if (ret)
		return ret;
	for (i = 0; i <= nr_modules; i++) {
		assert_true(strlen(modules[i].path) < 4096);
		assert_true(strlen(modules[i].build_id) < 4096);
		assert_true(modules[i].start <= modules[i].end);
	}
	ret = tape_reader_frames(r, &nodes, &nr, err);
	for (i = 1; !ret && i <= nr; i++) {
		assert_true(nodes[i].parent < i);
		assert_true(nodes[i].module <= nr_modules);
	}
	free(nodes);
	free(modules);
	return ret;
}

/* How many of both were refused. In salvage nothing may be. */
static unsigned try(unsigned flags)
{
	struct tape_reader *r;
	struct err err = { 0 };
	unsigned refused = 0;

	pack();
	if (tape_reader_open_memory(&r, whole.tape.bytes, whole.tape.len, flags,
				    &err))
		return 1;
	refused += read_events(r, &err) != 0;
	refused += read_tables(r, &err) != 0;
	tape_reader_close(r);
	return refused;
}

static void test_every_byte(void **state)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0x5a };
	unsigned tries = 0, refused = 0;
	size_t i, at;

	(void)state;
	assert_int_equal(try(0), 0);
	for (i = 0; i < whole.nr; i++) {
		for (at = 0; at < whole.raw[i].len; at++) {
			uint8_t flip = flips[at % sizeof(flips)];

			whole.raw[i].bytes[at] ^= flip;
			refused += try(0) != 0;
			assert_int_equal(try(TAPE_SALVAGE), 0);
			whole.raw[i].bytes[at] ^= flip;
			tries++;
		}
	}
	print_message("%u of %u payloads refused\n", refused, tries);
	assert_true(refused > tries / 4);
	assert_int_equal(try(0), 0);
}

/* Headers of tables that promise more, or other numbers, than there are. */
static void test_numbers(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < whole.nr; i++) {
		struct tape_frame was = whole.frames[i];
		struct tape_frame *f = &whole.frames[i];

		if (f->type < TAPE_BLOCK_STACKS)
			continue;
		f->count++;
		assert_true(try(0));
		f->last++;
		assert_true(try(0)); /* a row is missing */
		assert_int_equal(try(TAPE_SALVAGE), 0);
		*f = was;
		f->first = 0;
		assert_true(try(0));
		*f = was;
		f->first += 1000; /* others were lost: no error */
		f->last += 1000;
		assert_int_equal(try(0), 0);
		f->first += UINT32_MAX;
		f->last += UINT32_MAX;
		assert_true(try(0));
		assert_int_equal(try(TAPE_SALVAGE), 0);
		*f = was;
	}
	assert_int_equal(try(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests_name("tape_payload", tests, load, unload);
}
