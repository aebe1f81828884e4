// SPDX-License-Identifier: MIT
/*
 * FORMAT.md holds a tape as a hex dump. It must be what the writer makes of
 * the events below, and the reader must find them in it. UPDATE=1 writes the
 * dump anew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "traces/tests/tape_testing.h"

#define DOCUMENT  "traces/FORMAT.md"
#define DUMP_ZSTD 10504 /* version of zstd that packed the dump */
#define BEGIN     "```hexdump\n"
#define END       "```\n"

static const struct tape_event events[] = {
	{ .kind = TAPE_THREAD_START, .time_ns = 1000, .addr = 4242 },
	{ .kind = TAPE_MALLOC, .time_ns = 1500, .addr = 0x5000, .size = 24 },
	{ .kind = TAPE_CALLOC, .time_ns = 1560, .addr = 0x5020, .size = 100 },
	{ .kind = TAPE_FREE, .time_ns = 1600, .addr = 0x5000 },
	{ .kind = TAPE_MALLOC, .time_ns = 1660, .addr = 0x5000, .size = 20 },
	{ .kind = TAPE_REALLOC,
	  .time_ns = 1700,
	  .end_ns = 1810,
	  .old_addr = 0x5020,
	  .addr = 0x5090,
	  .size = 300 },
	{ .kind = TAPE_ALIGNED_ALLOC,
	  .time_ns = 1900,
	  .addr = 0x6000,
	  .size = 64,
	  .alignment = 4096 },
	{ .kind = TAPE_MALLOC,
	  .flags = TAPE_FAILED,
	  .time_ns = 2000,
	  .size = 1ULL << 40 },
	{ .kind = TAPE_FREE_NULL, .time_ns = 2050, .size = 3 },
	{ .kind = TAPE_MARK, .time_ns = 2100, .text = "done" },
	{ .kind = TAPE_THREAD_END, .time_ns = 2200 },
};

#define NR (sizeof(events) / sizeof(events[0]))

static void write_tape(struct tape_buf *tape)
{
	static const struct tape_sample sample = { .time_ns = 1200,
						   .rss_anon_bytes = 8192,
						   .rss_file_bytes = 4096,
						   .minor_faults = 3,
						   .threads = 1 };
	struct tape_sink sink = { testing_append, tape };
	struct tape_end end = { .duration_ns = 2500, .reason = "exit" };
	struct tape_meta meta = { 0 };
	struct tape_writer *w;
	struct err err = { 0 };

	assert_done(tape_meta_set(&meta, "command", "true", &err), &err);
	assert_done(tape_writer_open(&w, &sink, &meta, NULL, &err), &err);
	assert_done(tape_writer_add(w, 0, events, NR, &err), &err);
	assert_done(tape_writer_sample(w, &sample, &err), &err);
	assert_done(tape_writer_close(w, &end, &err), &err);
	tape_meta_release(&meta);
}

static char *read_document(void)
{
	FILE *f = fopen(DOCUMENT, "r");
	char *text = calloc(1, 1 << 20);
	size_t len;

	assert_non_null(f);
	assert_non_null(text);
	len = fread(text, 1, (1 << 20) - 1, f);
	fclose(f);
	assert_true(len > 0 && len < (1 << 20) - 1);
	return text;
}

/* The dump in the document: from after BEGIN to before END. */
static char *find_dump(char *text, size_t *len)
{
	char *begin = strstr(text, BEGIN), *end;

	assert_non_null(begin);
	begin += strlen(BEGIN);
	end = strstr(begin, END);
	assert_non_null(end);
	*len = (size_t)(end - begin);
	return begin;
}

static void to_dump(const struct tape_buf *tape, struct tape_buf *dump)
{
	size_t at, i;

	assert_true(tape_buf_reserve(dump, tape->len * 8 + 100));
	for (at = 0; at < tape->len; at += 16) {
		char hex[3 * 16 + 1] = "", text[16 + 1] = "", line[96];

		for (i = 0; i < 16; i++) {
			bool there = at + i < tape->len;
			uint8_t byte = there ? tape->bytes[at + i] : 0;

			snprintf(hex + 3 * i, 4, there ? " %02x" : "   ", byte);
			if (there)
				text[i] = (char)(byte >= 0x20 && byte < 0x7f
							 ? byte
							 : '.');
		}
		snprintf(line, sizeof(line), "%04zx %s  %s\n", at, hex, text);
		testing_append(dump, line, strlen(line));
	}
}

static void from_dump(const char *dump, size_t len, struct tape_buf *tape)
{
	const char *line = dump;

	while (line < dump + len) {
		unsigned byte, i;

		for (i = 0; i < 16; i++) {
			uint8_t b;

			if (sscanf(line + 5 + 3 * i, " %2x", &byte) != 1 ||
			    line[6 + 3 * i] == ' ')
				break;
			b = (uint8_t)byte;
			testing_append(tape, &b, 1);
		}
		line = strchr(line, '\n') + 1;
	}
}

static void update(const char *text, const char *dump, size_t len,
		   const struct tape_buf *fresh)
{
	FILE *f = fopen(DOCUMENT, "w");

	assert_non_null(f);
	fwrite(text, 1, (size_t)(dump - text), f);
	fwrite(fresh->bytes, 1, fresh->len, f);
	fputs(dump + len, f);
	assert_int_equal(fclose(f), 0);
}

static void test_dump_is_fresh(void **state)
{
	char *text = read_document(), *dump;
	struct tape_buf tape = { 0 }, fresh = { 0 };
	const char *env = getenv("UPDATE");
	size_t len;

	(void)state;
	write_tape(&tape);
	to_dump(&tape, &fresh);
	dump = find_dump(text, &len);
	if (env && *env) {
		update(text, dump, len, &fresh);
	} else if (ZSTD_versionNumber() != DUMP_ZSTD) {
		skip(); /* another version may pack other bytes */
	} else {
		assert_int_equal(len, fresh.len);
		assert_memory_equal(dump, fresh.bytes, len);
	}
	tape_buf_release(&tape);
	tape_buf_release(&fresh);
	free(text);
}

static void test_dump_is_read(void **state)
{
	char *text = read_document(), *dump;
	struct tape_buf tape = { 0 };
	struct tape_cursor *c;
	struct tape_reader *r;
	struct tape_event ev;
	struct err err = { 0 };
	size_t i, len;

	(void)state;
	dump = find_dump(text, &len);
	from_dump(dump, len, &tape);
	assert_done(tape_reader_open_memory(&r, tape.bytes, tape.len, 0, &err),
		    &err);
	assert_true(tape_reader_info(r)->indexed);
	assert_int_equal(tape_reader_info(r)->samples, 1);
	assert_done(tape_cursor_open(&c, r, 0, &err), &err);
	for (i = 0; i < NR; i++) {
		struct tape_event expected = events[i];

		if (!expected.end_ns)
			expected.end_ns = expected.time_ns;
		assert_int_equal(tape_cursor_next(c, &ev, &err), 1);
		testing_same(&expected, &ev);
	}
	assert_int_equal(tape_cursor_next(c, &ev, &err), 0);
	tape_cursor_close(c);
	tape_reader_close(r);
	tape_buf_release(&tape);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dump_is_fresh),
		cmocka_unit_test(test_dump_is_read),
	};

	return cmocka_run_group_tests_name("tape_format", tests, NULL, NULL);
}
