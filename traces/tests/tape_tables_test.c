// SPDX-License-Identifier: MIT
/*
 * Frames and modules: numbers through the whole tape, blocks in front of the
 * events that need them, what damage and hostile bytes do to them.
 */
#include "traces/tape_repair.h"
#include "traces/tape_stacks.h"
#include "traces/tape_tables.h"
#include "traces/tests/tape_testing.h"

#define FRAMES 3000

static const struct tape_module modules[] = {
	{ "/usr/bin/prog", "00112233aabb", 0x555555554000, 0x555555554000,
	  0x555555575000 },
	{ "/usr/lib/libc.so.6", "ff", 0x7ffff7c00000, 0x7ffff7c28000,
	  UINT64_MAX },
	{ "[vdso]", "", 0, 0, 0 },
};

static const struct tape_event one = {
	.kind = TAPE_MALLOC, .time_ns = 500, .addr = 0x1000, .size = 24
};

static struct tape_frame_node node_of(uint32_t number)
{
	uint64_t seed = number;

	return (struct tape_frame_node){
		.address = testing_wild(&seed),
		.parent = (uint32_t)(testing_random(&seed) % number),
		.module = (uint32_t)(testing_random(&seed) % 4),
	};
}

static struct tape_writer *start(struct tape_buf *tape)
{
	struct tape_writer_config config = { .time_unit_ns = 1 };
	struct tape_sink sink = { testing_append, tape };
	struct tape_writer *w;
	struct err err = { 0 };
	size_t i;

	assert_done(tape_writer_open(&w, &sink, NULL, &config, &err), &err);
	for (i = 0; i < 3; i++)
		assert_done(tape_writer_module(w, &modules[i], &err), &err);
	return w;
}

/* FRAMES frames, a block of them and one of events for every 1000. */
static void write_tape(struct tape_buf *tape)
{
	struct tape_writer *w = start(tape);
	struct tape_end end = { .clean = true };
	struct err err = { 0 };
	uint32_t i;

	for (i = 1; i <= FRAMES; i++) {
		struct tape_frame_node node = node_of(i);

		assert_done(tape_writer_frame(w, node.parent, node.module,
					      node.address, &err),
			    &err);
		if (i % 1000)
			continue;
		assert_done(tape_writer_add(w, 0, &one, 1, &err), &err);
		assert_done(tape_writer_flush(w, &err), &err);
	}
	assert_done(tape_writer_close(w, &end, &err), &err);
}

/* All frames, but those from first to last, which are empty. */
static void check_frames(struct tape_reader *r, uint32_t first, uint32_t last)
{
	struct tape_frame_node *nodes;
	struct err err = { 0 };
	uint32_t i;
	size_t nr;

	assert_done(tape_reader_frames(r, &nodes, &nr, &err), &err);
	assert_int_equal(nr, tape_reader_info(r)->frames);
	for (i = 0; i <= nr; i++) {
		struct tape_frame_node node = { 0, 0, 0 };

		if (i && (i < first || i > last))
			node = node_of(i);
		assert_int_equal(nodes[i].address, node.address);
		assert_int_equal(nodes[i].parent, node.parent);
		assert_int_equal(nodes[i].module, node.module);
	}
	free(nodes);
}

static void check_modules(struct tape_reader *r)
{
	struct tape_module *list;
	struct err err = { 0 };
	size_t i, nr;

	assert_done(tape_reader_modules(r, &list, &nr, &err), &err);
	assert_int_equal(nr, 3);
	assert_string_equal(list[0].path, "");
	assert_string_equal(list[0].build_id, "");
	for (i = 0; i < nr; i++) {
		assert_string_equal(list[i + 1].path, modules[i].path);
		assert_string_equal(list[i + 1].build_id, modules[i].build_id);
		assert_int_equal(list[i + 1].bias, modules[i].bias);
		assert_int_equal(list[i + 1].start, modules[i].start);
		assert_int_equal(list[i + 1].end, modules[i].end);
	}
	free(list);
}

static struct tape_reader *reopen(const struct tape_buf *tape, size_t len,
				  unsigned flags)
{
	struct tape_reader *r;
	struct err err = { 0 };

	assert_done(tape_reader_open_memory(&r, tape->bytes, len, flags, &err),
		    &err);
	return r;
}

static void test_round_trip(void **state)
{
	struct tape_buf tape = { 0 };
	struct tape_reader *r;
	int indexed;

	(void)state;
	write_tape(&tape);
	for (indexed = 0; indexed < 2; indexed++) {
		r = reopen(&tape, tape.len - !indexed, 0);
		assert_int_equal(tape_reader_info(r)->indexed, indexed);
		assert_int_equal(tape_reader_info(r)->frames, FRAMES);
		assert_int_equal(tape_reader_info(r)->modules, 3);
		assert_int_equal(tape_reader_info(r)->events, 3);
		/* Numbers of frames are no times. */
		assert_int_equal(tape_reader_info(r)->duration_ns, 500);
		check_frames(r, 0, 0);
		check_modules(r);
		tape_reader_close(r);
	}
	tape_buf_release(&tape);
}

static void test_none(void **state)
{
	struct tape_sink sink = { testing_append, NULL };
	struct tape_end end = { .clean = true };
	struct tape_frame_node *nodes;
	struct tape_buf tape = { 0 };
	struct tape_module *list;
	struct tape_writer *w;
	struct tape_reader *r;
	struct err err = { 0 };
	size_t nr;

	(void)state;
	sink.ctx = &tape;
	assert_done(tape_writer_open(&w, &sink, NULL, NULL, &err), &err);
	assert_done(tape_writer_close(w, &end, &err), &err);
	r = reopen(&tape, tape.len, 0);
	assert_done(tape_reader_frames(r, &nodes, &nr, &err), &err);
	assert_int_equal(nr, 0);
	assert_int_equal(nodes[0].parent, 0);
	free(nodes);
	assert_done(tape_reader_modules(r, &list, &nr, &err), &err);
	assert_int_equal(nr, 0);
	assert_string_equal(list[0].path, "");
	free(list);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

/* Where the tape is cut, all that its events need lies before. */
static void test_every_cut(void **state)
{
	struct tape_buf tape = { 0 };
	size_t len;

	(void)state;
	write_tape(&tape);
	for (len = tape.len / 20; len < tape.len; len += 97) {
		struct tape_reader *r = reopen(&tape, len, 0);
		const struct tape_info *info = tape_reader_info(r);

		assert_true(info->frames >= 1000 * info->events);
		if (info->frames)
			check_modules(r);
		check_frames(r, 0, 0);
		tape_reader_close(r);
	}
	tape_buf_release(&tape);
}

/* The offset of the block of this type that holds this number. */
static size_t find_block(const struct tape_buf *tape, uint8_t type,
			 uint32_t number)
{
	struct tape_frame f;
	size_t at;

	for (at = 0; at + TAPE_BLOCK_HEADER <= tape->len; at++)
		if (tape_frame_unpack(&f, tape->bytes + at) && f.type == type &&
		    f.first <= number && number <= f.last)
			return at;
	fail_msg("no block of type %u with number %u", type, number);
	return 0;
}

/* Without the second block of frames, the others keep their numbers. */
static void test_damage(void **state)
{
	struct tape_buf tape = { 0 }, mended = { 0 };
	struct tape_sink sink = { testing_append, &mended };
	struct tape_frame_node *nodes;
	struct tape_reader *r;
	struct err err = { 0 };
	size_t nr;

	(void)state;
	write_tape(&tape);
	tape.bytes[find_block(&tape, TAPE_BLOCK_STACKS, 1001) + 100] ^= 1;
	r = reopen(&tape, tape.len, 0);
	assert_int_equal(tape_reader_frames(r, &nodes, &nr, &err), -ERR_FORMAT);
	assert_non_null(strstr(err.text, "--repair"));
	tape_reader_close(r);
	r = reopen(&tape, tape.len, TAPE_SALVAGE);
	check_frames(r, 1001, 2000);
	assert_int_equal(tape_reader_info(r)->bad_blocks, 1);
	err_clear(&err);
	assert_done(tape_repair(r, &sink, &err), &err);
	tape_reader_close(r);
	r = reopen(&mended, mended.len, 0);
	assert_true(tape_reader_info(r)->indexed);
	check_frames(r, 1001, 2000);
	check_modules(r);
	tape_reader_close(r);
	tape_buf_release(&tape);
	tape_buf_release(&mended);
}

/* Frames of modules that damage took are nowhere. */
static void test_lost_modules(void **state)
{
	struct tape_buf tape = { 0 }, mended = { 0 };
	struct tape_sink sink = { testing_append, &mended };
	struct tape_frame_node *nodes;
	struct tape_reader *r;
	struct err err = { 0 };
	size_t i, nr;

	(void)state;
	write_tape(&tape);
	tape.bytes[find_block(&tape, TAPE_BLOCK_MODULES, 1) + 70] ^= 1;
	r = reopen(&tape, tape.len, TAPE_SALVAGE);
	assert_done(tape_repair(r, &sink, &err), &err);
	tape_reader_close(r);
	r = reopen(&mended, mended.len, 0);
	assert_int_equal(tape_reader_info(r)->modules, 0);
	assert_done(tape_reader_frames(r, &nodes, &nr, &err), &err);
	assert_int_equal(nr, FRAMES);
	for (i = 1; i <= nr; i++) {
		struct tape_frame_node node = node_of((uint32_t)i);

		assert_int_equal(nodes[i].parent, node.parent);
		assert_int_equal(nodes[i].module, 0);
		assert_int_equal(nodes[i].address,
				 node.module ? 0 : node.address);
	}
	free(nodes);
	tape_reader_close(r);
	tape_buf_release(&tape);
	tape_buf_release(&mended);
}

static void test_arguments(void **state)
{
	struct tape_module backwards = { "x", "", 0, 2, 1 };
	struct tape_buf tape = { 0 };
	struct tape_writer *w = start(&tape);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(tape_writer_frame(w, 1, 0, 5, &err), -ERR_ARG);
	err_clear(&err);
	assert_int_equal(tape_writer_frame(w, 0, 4, 5, &err), -ERR_ARG);
	err_clear(&err);
	assert_int_equal(tape_writer_module(w, &backwards, &err), -ERR_ARG);
	err_clear(&err);
	assert_done(tape_writer_frame(w, 0, 3, 5, &err), &err);
	assert_done(tape_writer_frame(w, 1, 0, 5, &err), &err);
	tape_writer_free(w);
	tape_buf_release(&tape);
}

static int refuse(void *ctx, const void *buf, size_t len)
{
	struct tape_sink *to = ctx;

	return to->ctx ? to->write(to->ctx, buf, len) : ENOSPC;
}

/* What the sink refused is forgotten, the tape before it ends soundly. */
static void test_forget(void **state)
{
	struct tape_buf tape = { 0 };
	struct tape_sink to = { testing_append, &tape };
	struct tape_sink sink = { refuse, &to };
	struct tape_end end = { .clean = true };
	struct tape_writer *w;
	struct tape_reader *r;
	struct err err = { 0 };

	(void)state;
	assert_done(tape_writer_open(&w, &sink, NULL, NULL, &err), &err);
	assert_done(tape_writer_frame(w, 0, 0, 5, &err), &err);
	assert_done(tape_writer_flush(w, &err), &err);
	assert_done(tape_writer_frame(w, 1, 0, 5, &err), &err);
	assert_done(tape_writer_module(w, &modules[0], &err), &err);
	assert_true(tape_writer_waiting(w) > 0);
	to.ctx = NULL;
	assert_int_equal(tape_writer_flush(w, &err), -ERR_IO);
	assert_int_equal(tape_writer_forget(w), 0);
	assert_int_equal(tape_writer_waiting(w), 0);
	to.ctx = &tape;
	err_clear(&err);
	assert_done(tape_writer_close(w, &end, &err), &err);
	r = reopen(&tape, tape.len, 0);
	assert_true(tape_reader_info(r)->indexed);
	assert_int_equal(tape_reader_info(r)->frames, 1);
	assert_int_equal(tape_reader_info(r)->modules, 0);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

/* Rows that no writer makes. */
static void test_hostile(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		uint8_t type;
		uint32_t count;
		bool sound;
	} rows[] = {
		{ "\x01\x00\x00", 3, TAPE_BLOCK_STACKS, 1, true },
		{ "\x05\x03\x02", 3, TAPE_BLOCK_STACKS, 1, true },
		{ "\x00\x00\x00", 3, TAPE_BLOCK_STACKS, 1, false },
		{ "\x06\x00\x00", 3, TAPE_BLOCK_STACKS, 1, false },
		{ "\x01\xff\xff\x7f\x00", 5, TAPE_BLOCK_STACKS, 1, false },
		{ "\x01\x00\x00\x00", 4, TAPE_BLOCK_STACKS, 1, false },
		{ "\x01\x00\x00", 3, TAPE_BLOCK_STACKS, 0xffffffff, false },
		{ "\x01\x00\x80", 3, TAPE_BLOCK_STACKS, 1, false },
		{ "", 0, TAPE_BLOCK_STACKS, 1, false },
		{ "p\0b\0\x01\x01\x01", 7, TAPE_BLOCK_MODULES, 1, true },
		{ "\0\0\0\0\0", 5, TAPE_BLOCK_MODULES, 1, true },
		{ "pbpbpbp", 7, TAPE_BLOCK_MODULES, 1, false },
		{ "p\0b\0\x01\x01\x01z", 8, TAPE_BLOCK_MODULES, 1, false },
		{ "p\0b\0\x01\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 16,
		  TAPE_BLOCK_MODULES, 1, false },
		{ "p\0b\0\x01\x01", 6, TAPE_BLOCK_MODULES, 1, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tape_buf raw = { (uint8_t *)malloc(rows[i].len + 1),
					rows[i].len, 0 };
		struct tape_frame f = { .type = rows[i].type,
					.count = rows[i].count,
					.first = 5 };

		memcpy(raw.bytes, rows[i].bytes, rows[i].len);
		if (tape_table_sound(&f, &raw) != rows[i].sound)
			fail_msg("rows %zu", i);
		tape_buf_release(&raw);
	}
}

static void test_plausible(void **state)
{
	uint8_t type = TAPE_BLOCK_STACKS;

	(void)state;
	assert_true(tape_table_plausible(type, 1, 1, 1, 0));
	assert_true(tape_table_plausible(type, 7, 9, 3, 4));
	assert_true(tape_table_plausible(type, TAPE_FRAMES_MAX, TAPE_FRAMES_MAX,
					 1, 0));
	assert_false(tape_table_plausible(type, 0, 0, 1, 0));
	assert_false(tape_table_plausible(type, 1, 0, 0, 0));
	assert_false(tape_table_plausible(type, 4, 4, 1, 4));
	assert_false(tape_table_plausible(type, 7, 9, 2, 4));
	assert_false(tape_table_plausible(type, 9, 7, UINT32_MAX, 4));
	assert_false(tape_table_plausible(type, TAPE_FRAMES_MAX,
					  TAPE_FRAMES_MAX + 1, 2, 0));
	assert_false(tape_table_plausible(TAPE_BLOCK_MODULES,
					  TAPE_MODULES_MAX + 1,
					  TAPE_MODULES_MAX + 1, 1, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_lost_modules),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_plausible),
	};

	return cmocka_run_group_tests_name("tape_tables", tests, NULL, NULL);
}
