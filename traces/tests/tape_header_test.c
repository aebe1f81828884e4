// SPDX-License-Identifier: MIT
/* The file header: metadata comes back, and hostile headers are refused. */
#include "traces/tape_format.h"
#include "traces/tape_hash.h"
#include "traces/tests/tape_testing.h"

static void write_tape(struct tape_buf *tape)
{
	struct tape_sink sink = { testing_append, tape };
	struct tape_end end = { .clean = true };
	struct tape_meta meta = { 0 };
	struct tape_writer *w;
	struct err err = { 0 };

	assert_done(tape_meta_set(&meta, "command", "./app -x", &err), &err);
	assert_done(tape_meta_set(&meta, "empty", "", &err), &err);
	assert_done(tape_meta_set(&meta, "kernel", "5", &err), &err);
	assert_done(tape_meta_set(&meta, "kernel", "6.1", &err), &err);
	assert_done(tape_writer_open(&w, &sink, &meta, NULL, &err), &err);
	assert_done(tape_writer_close(w, &end, &err), &err);
	tape_meta_release(&meta);
}

static void test_metadata(void **state)
{
	struct tape_buf tape = { 0 };
	const struct tape_meta *meta;
	struct tape_reader *r;
	struct err err = { 0 };

	(void)state;
	write_tape(&tape);
	assert_done(tape_reader_open_memory(&r, tape.bytes, tape.len, 0, &err),
		    &err);
	meta = tape_reader_meta(r);
	assert_int_equal(meta->nr, 3);
	assert_string_equal(meta->entries[0].key, "command");
	assert_string_equal(tape_meta_get(meta, "command"), "./app -x");
	assert_string_equal(tape_meta_get(meta, "empty"), "");
	assert_string_equal(tape_meta_get(meta, "kernel"), "6.1");
	assert_null(tape_meta_get(meta, "none"));
	assert_int_equal(tape_reader_info(r)->events, 0);
	assert_int_equal(tape_reader_info(r)->version, TAPE_VERSION);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

/* Set a 32-bit field, mend the checksum if asked to, and open. */
static int open_with(size_t offset, uint32_t value, bool mend, struct err *err)
{
	struct tape_buf tape = { 0 };
	struct tape_reader *r;
	uint32_t size;
	int ret;

	write_tape(&tape);
	put_le32(tape.bytes + offset, value);
	size = le32(tape.bytes + 12);
	if (mend && size <= tape.len && size > 8)
		put_le64(tape.bytes + size - 8,
			 tape_checksum(tape.bytes, size - 8));
	memset(err, 0, sizeof(*err));
	ret = tape_reader_open_memory(&r, tape.bytes, tape.len, 0, err);
	if (!ret)
		tape_reader_close(r);
	else
		assert_true(err->text[0]);
	tape_buf_release(&tape);
	return ret;
}

static void test_hostile(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(open_with(8, 1, true, &err), 0);
	assert_int_equal(open_with(0, 0x46454c7f, true, &err), -ERR_FORMAT);
	assert_int_equal(open_with(8, 2, true, &err), -ERR_VERSION);
	assert_non_null(strstr(err.text, "newer heaptape"));
	assert_int_equal(open_with(8, 0, true, &err), -ERR_FORMAT);
	assert_int_equal(open_with(12, 0, true, &err), -ERR_FORMAT);
	assert_int_equal(open_with(12, 47, true, &err), -ERR_FORMAT);
	assert_int_equal(open_with(12, 0xffffffff, true, &err), -ERR_FORMAT);
	assert_int_equal(open_with(12, 1 << 20, true, &err), -ERR_TRUNCATED);
	assert_int_equal(open_with(16, 1, true, &err), -ERR_VERSION);
	assert_int_equal(open_with(24, 0xff, true, &err), 0);
	assert_int_equal(open_with(32, 0, true, &err), -ERR_FORMAT);
	assert_int_equal(open_with(32, 2000000000, true, &err), -ERR_FORMAT);
	assert_int_equal(open_with(36, 4, true, &err), -ERR_FORMAT);
	assert_int_equal(open_with(36, 0xffffffff, true, &err), -ERR_FORMAT);
	assert_int_equal(open_with(40, 0xffffffff, true, &err), -ERR_FORMAT);
	assert_int_equal(open_with(44, 0xfffffff0, true, &err), -ERR_FORMAT);
	assert_int_equal(open_with(40, 0, true, &err), -ERR_FORMAT);
	assert_int_equal(open_with(48, 0, false, &err), -ERR_FORMAT);
}

static void test_text_mode(void **state)
{
	static const char changed[] = "\x89HTAPE\n....................";
	struct tape_reader *r;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(
		tape_reader_open_memory(&r, changed, sizeof(changed), 0, &err),
		-ERR_FORMAT);
	assert_non_null(strstr(err.text, "binary mode"));
	assert_null(r);
}

static void test_too_much_metadata(void **state)
{
	static char big[TAPE_HEADER_MAX + 1];
	struct tape_buf tape = { 0 };
	struct tape_sink sink = { testing_append, &tape };
	struct tape_meta meta = { 0 };
	struct tape_writer *w;
	struct err err = { 0 };

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	assert_done(tape_meta_set(&meta, "command", big, &err), &err);
	assert_int_equal(tape_writer_open(&w, &sink, &meta, NULL, &err),
			 -ERR_ARG);
	assert_null(w);
	tape_meta_release(&meta);
	tape_buf_release(&tape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_text_mode),
		cmocka_unit_test(test_too_much_metadata),
	};

	return cmocka_run_group_tests_name("tape_header", tests, NULL, NULL);
}
