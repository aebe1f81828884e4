// SPDX-License-Identifier: MIT
/*
 * Cut tapes lose at most their last block, and damaged ones are refused or
 * salvaged: every length and every bit of a small tape is tried.
 */
#include "traces/tape_merge.h"
#include "traces/tape_repair.h"
#include "traces/tests/tape_testing.h"

#define BLOCKS    6
#define PER_BLOCK 16
#define NR        (BLOCKS * PER_BLOCK)

static struct tape_buf whole;
static struct tape_event written[NR];
static uint64_t block_end[BLOCKS]; /* file offsets */

static int make_whole(void **state)
{
	struct tape_writer_config config = { .time_unit_ns = 1,
					     .block_events = PER_BLOCK };
	struct tape_sink sink = { testing_append, &whole };
	struct tape_end end = { .clean = true, .reason = "exit" };
	uint64_t seed = 5, time = 0;
	struct tape_writer *w;
	int i;

	(void)state;
	if (tape_writer_open(&w, &sink, NULL, &config, NULL))
		return -1;
	for (i = 0; i < NR; i++) {
		written[i] = testing_event(&seed, &time);
		if (tape_writer_add(w, 0, &written[i], 1, NULL))
			return -1;
		if (i % PER_BLOCK == PER_BLOCK - 1)
			block_end[i / PER_BLOCK] = whole.len;
	}
	return tape_writer_close(w, &end, NULL);
}

static int drop_whole(void **state)
{
	(void)state;
	tape_buf_release(&whole);
	return 0;
}

/*
 * Read to the end or an error; the events must be the written ones, in
 * order, some left out only where salvage found damage.
 */
static int read_all(struct tape_reader *r, uint64_t *nr, struct err *err)
{
	struct tape_cursor *c;
	struct tape_event ev;
	int ret, at = 0;

	*nr = 0;
	assert_int_equal(tape_cursor_open(&c, r, 0, err), 0);
	while ((ret = tape_cursor_next(c, &ev, err)) > 0) {
		if (tape_reader_info(r)->bad_blocks)
			while (at < NR && written[at].time_ns != ev.time_ns)
				at++;
		assert_true(at < NR);
		testing_same(&written[at++], &ev);
		(*nr)++;
	}
	tape_cursor_close(c);
	return ret;
}

static void test_every_cut(void **state)
{
	size_t len;

	(void)state;
	for (len = 0; len < whole.len; len++) {
		/* Of its own, so that reads behind the cut are seen. */
		uint8_t *cut = malloc(len ? len : 1);
		struct tape_reader *r;
		struct err err = { 0 };
		uint64_t nr, expected = 0;
		int ret;

		memcpy(cut, whole.bytes, len);
		ret = tape_reader_open_memory(&r, cut, len, 0, &err);
		if (ret) {
			assert_int_equal(ret, -ERR_TRUNCATED);
			assert_true(len < block_end[0]);
			assert_true(err.text[0]);
			free(cut);
			continue;
		}
		while (expected < BLOCKS && block_end[expected] <= len)
			expected++;
		assert_int_equal(read_all(r, &nr, &err), 0);
		assert_int_equal(nr, expected * PER_BLOCK);
		assert_int_equal(tape_reader_info(r)->events, nr);
		assert_false(tape_reader_info(r)->indexed);
		tape_reader_close(r);
		free(cut);
	}
}

/* The same file with one bit changed. */
static void try_flip(uint8_t *bytes, size_t bit, unsigned flags,
		     size_t *refused)
{
	struct tape_reader *r;
	struct err err = { 0 };
	uint64_t nr;
	int ret;

	bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	ret = tape_reader_open_memory(&r, bytes, whole.len, flags, &err);
	if (!ret) {
		ret = read_all(r, &nr, &err);
		if (flags & TAPE_SALVAGE) {
			assert_int_equal(ret, 0);
			assert_true(nr >= NR - 2 * PER_BLOCK);
		} else if (!ret) {
			assert_int_equal(nr, NR);
		}
		tape_reader_close(r);
	}
	if (ret) {
		assert_true(err.text[0]);
		(*refused)++;
	}
	bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void test_every_flip(void **state)
{
	uint8_t *bytes = malloc(whole.len);
	size_t bit, refused = 0, salvage_refused = 0;

	(void)state;
	memcpy(bytes, whole.bytes, whole.len);
	for (bit = 0; bit < 8 * whole.len; bit++) {
		try_flip(bytes, bit, 0, &refused);
		try_flip(bytes, bit, TAPE_SALVAGE, &salvage_refused);
	}
	/* Only a damaged file header leaves nothing to salvage. */
	assert_true(salvage_refused <= 8 * 48);
	assert_true(refused > 8 * block_end[0]);
	free(bytes);
}

/* A hole over a whole block, without the index: salvage goes on behind. */
static void test_resync(void **state)
{
	size_t len = whole.len - 32;
	uint8_t *bytes = malloc(len);
	struct tape_reader *r;
	struct err err = { 0 };
	uint64_t nr;

	(void)state;
	memcpy(bytes, whole.bytes, len);
	memset(bytes + block_end[1], 0xa5, block_end[2] - block_end[1]);
	assert_int_equal(tape_reader_open_memory(&r, bytes, len, 0, &err),
			 -ERR_FORMAT);
	assert_non_null(strstr(err.text, "--repair"));
	err_clear(&err);
	assert_done(tape_reader_open_memory(&r, bytes, len, TAPE_SALVAGE, &err),
		    &err);
	assert_int_equal(read_all(r, &nr, &err), 0);
	assert_int_equal(nr, NR - PER_BLOCK);
	assert_int_equal(tape_reader_info(r)->bad_blocks, 1);
	assert_int_equal(tape_reader_info(r)->lost_bytes,
			 block_end[2] - block_end[1]);
	tape_reader_close(r);
	free(bytes);
}

/* A crash of the machine may leave zeros at the end: a cut, not damage. */
static void test_zero_tail(void **state)
{
	size_t len = block_end[2] + 5000;
	uint8_t *bytes = calloc(1, len);
	struct tape_reader *r;
	struct err err = { 0 };

	(void)state;
	memcpy(bytes, whole.bytes, block_end[2]);
	assert_done(tape_reader_open_memory(&r, bytes, len, 0, &err), &err);
	assert_int_equal(tape_reader_info(r)->events, 3 * PER_BLOCK);
	assert_int_equal(tape_reader_info(r)->lost_bytes, 5000);
	tape_reader_close(r);
	free(bytes);
}

/* What repair writes is a sound tape of the blocks that were whole. */
static void test_repair(void **state)
{
	struct tape_buf mended = { 0 };
	struct tape_sink sink = { testing_append, &mended };
	uint8_t *bytes = malloc(whole.len);
	struct tape_reader *r;
	struct err err = { 0 };

	(void)state;
	memcpy(bytes, whole.bytes, whole.len);
	bytes[block_end[3] - 1] ^= 1;
	assert_done(tape_reader_open_memory(&r, bytes, whole.len, TAPE_SALVAGE,
					    &err),
		    &err);
	assert_done(tape_repair(r, &sink, &err), &err);
	assert_int_equal(tape_reader_info(r)->bad_blocks, 1);
	tape_reader_close(r);
	assert_done(
		tape_reader_open_memory(&r, mended.bytes, mended.len, 0, &err),
		&err);
	assert_true(tape_reader_info(r)->indexed);
	assert_true(tape_reader_end(r)->clean);
	assert_string_equal(tape_reader_end(r)->reason, "exit");
	assert_int_equal(tape_reader_info(r)->events, NR - PER_BLOCK);
	tape_reader_close(r);
	tape_buf_release(&mended);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_every_flip),
		cmocka_unit_test(test_resync),
		cmocka_unit_test(test_zero_tail),
		cmocka_unit_test(test_repair),
	};

	return cmocka_run_group_tests_name("tape_cut", tests, make_whole,
					   drop_whole);
}
