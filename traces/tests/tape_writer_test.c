// SPDX-License-Identifier: MIT
/* Writer and reader together: samples, ends, drops, flushes, full disks. */
#include "traces/tape_writer_impl.h"
#include "traces/tests/tape_testing.h"

static const struct tape_event one = { .time_ns = 500,
				       .end_ns = 500,
				       .kind = TAPE_MALLOC,
				       .addr = 0x1000,
				       .size = 24 };

static struct tape_writer *start(struct tape_buf *tape, unsigned unit_ns)
{
	struct tape_writer_config config = { .time_unit_ns = unit_ns };
	struct tape_sink sink = { testing_append, tape };
	struct tape_writer *w;
	struct err err = { 0 };

	assert_done(tape_writer_open(&w, &sink, NULL, &config, &err), &err);
	return w;
}

static struct tape_reader *reopen(const struct tape_buf *tape)
{
	struct tape_reader *r;
	struct err err = { 0 };

	assert_done(
		tape_reader_open_memory(&r, tape->bytes, tape->len, 0, &err),
		&err);
	return r;
}

static void test_end(void **state)
{
	struct tape_end end = { .exit_status = 139,
				.duration_ns = 777000,
				.dropped = 5,
				.reason = "limit of size" };
	struct tape_buf tape = { 0 };
	struct tape_writer *w = start(&tape, 1);
	struct tape_reader *r;
	struct err err = { 0 };

	(void)state;
	assert_done(tape_writer_add(w, 0, &one, 1, &err), &err);
	assert_done(tape_writer_close(w, &end, &err), &err);
	r = reopen(&tape);
	assert_true(tape_reader_end(r)->clean);
	assert_int_equal(tape_reader_end(r)->exit_status, 139);
	assert_int_equal(tape_reader_end(r)->dropped, 5);
	assert_string_equal(tape_reader_end(r)->reason, "limit of size");
	assert_int_equal(tape_reader_info(r)->duration_ns, 777000);
	assert_int_equal(tape_reader_info(r)->dropped, 5);
	assert_int_equal(tape_reader_info(r)->bytes, tape.len);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

/* What was flushed is there although nothing was closed. */
static void test_flush(void **state)
{
	struct tape_buf tape = { 0 };
	struct tape_writer *w = start(&tape, 1);
	struct tape_reader *r;
	struct err err = { 0 };

	(void)state;
	assert_done(tape_writer_add(w, 3, &one, 1, &err), &err);
	assert_done(tape_writer_add(w, 1, &one, 1, &err), &err);
	assert_done(tape_writer_flush(w, &err), &err);
	assert_done(tape_writer_add(w, 1, &one, 1, &err), &err);
	assert_int_equal(tape_writer_bytes(w), tape.len);
	assert_int_equal(tape_writer_events(w), 3);
	tape_writer_free(w);
	r = reopen(&tape);
	assert_int_equal(tape_reader_info(r)->events, 2);
	assert_int_equal(tape_reader_info(r)->threads, 4);
	assert_int_equal(tape_reader_info(r)->lost_bytes, 0);
	assert_false(tape_reader_info(r)->indexed);
	assert_false(tape_reader_end(r)->clean);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

static void test_drops(void **state)
{
	struct tape_end end = { .clean = true };
	struct tape_buf tape = { 0 };
	struct tape_writer *w = start(&tape, 1);
	struct tape_reader *r;
	struct err err = { 0 };

	(void)state;
	tape_writer_drop(w, 0, 7);
	assert_done(tape_writer_add(w, 0, &one, 1, &err), &err);
	assert_done(tape_writer_end_thread(w, 0, &err), &err);
	tape_writer_drop(w, 1, 4); /* a thread of which nothing is left */
	assert_done(tape_writer_close(w, &end, &err), &err);
	r = reopen(&tape);
	assert_int_equal(tape_reader_info(r)->dropped, 11);
	assert_int_equal(tape_reader_info(r)->events, 1);
	assert_int_equal(tape_reader_info(r)->threads, 2);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

static void test_samples(void **state)
{
	struct tape_end end = { .clean = true };
	struct tape_buf tape = { 0 };
	struct tape_writer *w = start(&tape, 10);
	struct tape_sample *got, s = { 0 };
	struct tape_reader *r;
	struct err err = { 0 };
	size_t i, nr;

	(void)state;
	for (i = 0; i < 1000; i++) {
		s.time_ns = i * 1000;
		s.rss_anon_bytes = (i % 7) << 30;
		s.rss_file_bytes = 4096 * i;
		s.swap_bytes = i % 3;
		s.minor_faults = UINT64_MAX - i;
		s.major_faults = i / 2;
		s.threads = (uint32_t)(i % 5);
		assert_done(tape_writer_sample(w, &s, &err), &err);
	}
	assert_done(tape_writer_close(w, &end, &err), &err);
	r = reopen(&tape);
	assert_int_equal(tape_reader_info(r)->samples, 1000);
	assert_done(tape_reader_samples(r, &got, &nr, &err), &err);
	assert_int_equal(nr, 1000);
	for (i = 0; i < nr; i++) {
		assert_int_equal(got[i].time_ns, i * 1000);
		assert_int_equal(got[i].rss_anon_bytes, (i % 7) << 30);
		assert_int_equal(got[i].rss_file_bytes, 4096 * i);
		assert_int_equal(got[i].minor_faults, UINT64_MAX - i);
		assert_int_equal(got[i].threads, i % 5);
	}
	free(got);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

/* Times go up, in units; what lies before its predecessor is raised. */
static void test_times(void **state)
{
	struct tape_event ev[3] = { one, one, one };
	struct tape_end end = { .clean = true };
	struct tape_buf tape = { 0 };
	struct tape_writer *w = start(&tape, 8);
	struct tape_cursor *c;
	struct tape_reader *r;
	struct err err = { 0 };

	(void)state;
	ev[0].time_ns = 1001;
	ev[1].kind = TAPE_REALLOC;
	ev[1].time_ns = 900;
	ev[1].end_ns = 1100;
	ev[2].time_ns = 1050;
	assert_done(tape_writer_add(w, 0, ev, 3, &err), &err);
	assert_done(tape_writer_close(w, &end, &err), &err);
	r = reopen(&tape);
	assert_done(tape_cursor_open(&c, r, 0, &err), &err);
	assert_int_equal(tape_cursor_next(c, &ev[0], &err), 1);
	assert_int_equal(ev[0].time_ns, 1000);
	assert_int_equal(tape_cursor_next(c, &ev[1], &err), 1);
	assert_int_equal(ev[1].time_ns, 1000);
	assert_int_equal(ev[1].end_ns, 1096);
	assert_int_equal(tape_cursor_next(c, &ev[2], &err), 1);
	assert_int_equal(ev[2].time_ns, 1096);
	assert_int_equal(tape_cursor_next(c, &ev[2], &err), 0);
	tape_cursor_close(c);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

/* Long marks fill a block by their bytes, long before it has its events. */
static void test_long_texts(void **state)
{
	static char text[4000];
	struct tape_event mark = { .kind = TAPE_MARK, .text = text };
	struct tape_end end = { .clean = true };
	struct tape_buf tape = { 0 };
	struct tape_sink sink = { testing_append, &tape };
	struct tape_writer_config config = { .pool = tape_pool_new(1u << 30) };
	struct tape_writer *w;
	struct tape_reader *r;
	struct err err = { 0 };
	int i;

	(void)state;
	assert_done(tape_writer_open(&w, &sink, NULL, &config, &err), &err);
	memset(text, 'm', sizeof(text) - 1);
	for (i = 0; i < 20000; i++)
		assert_int_equal(tape_writer_add(w, 0, &mark, 1, &err), 0);
	assert_done(tape_writer_close(w, &end, &err), &err);
	r = reopen(&tape);
	assert_int_equal(tape_reader_info(r)->events, 20000);
	assert_int_equal(tape_reader_info(r)->blocks, 4); /* with END */
	tape_reader_close(r);
	tape_buf_release(&tape);
	tape_pool_free(config.pool);
}

/* A thread may call malloc behind its end; its times still go up. */
static void test_after_end(void **state)
{
	struct tape_event early = one, late = one;
	struct tape_end end = { .clean = true };
	struct tape_buf tape = { 0 };
	struct tape_writer *w = start(&tape, 1);
	struct tape_cursor *c;
	struct tape_reader *r;
	struct err err = { 0 };

	(void)state;
	late.time_ns = late.end_ns = 900;
	assert_done(tape_writer_add(w, 0, &late, 1, &err), &err);
	assert_done(tape_writer_end_thread(w, 0, &err), &err);
	assert_done(tape_writer_end_thread(w, 0, &err), &err);
	assert_done(tape_writer_add(w, 0, &early, 1, &err), &err);
	assert_done(tape_writer_close(w, &end, &err), &err);
	r = reopen(&tape);
	assert_done(tape_cursor_open(&c, r, 0, &err), &err);
	assert_int_equal(tape_cursor_next(c, &late, &err), 1);
	assert_int_equal(tape_cursor_next(c, &early, &err), 1);
	assert_int_equal(early.time_ns, 900);
	assert_int_equal(tape_cursor_next(c, &early, &err), 0);
	tape_cursor_close(c);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

static int fail_after(void *ctx, const void *buf, size_t len)
{
	size_t *left = ctx;

	(void)buf;
	if (len > *left)
		return ENOSPC;
	*left -= len;
	return 0;
}

static void test_full_disk(void **state)
{
	struct tape_end end = { .clean = true };
	struct tape_writer *w;
	size_t left;

	(void)state;
	for (left = 0; left < 600; left += 20) {
		size_t room = left;
		struct tape_sink sink = { fail_after, &room };
		struct err err = { 0 };
		int ret = tape_writer_open(&w, &sink, NULL, NULL, &err);

		if (!ret) {
			ret = tape_writer_add(w, 0, &one, 1, &err);
			assert_int_equal(ret, 0);
			ret = tape_writer_close(w, &end, &err);
		}
		if (left < 300) {
			assert_int_equal(ret, -ERR_IO);
			assert_int_equal(err.sys, ENOSPC);
		}
	}
}

struct small_disk {
	struct tape_buf tape;
	bool full;
};

static int append_or_refuse(void *ctx, const void *buf, size_t len)
{
	struct small_disk *disk = ctx;

	return disk->full ? ENOSPC : testing_append(&disk->tape, buf, len);
}

/* A refused block leaves no trace: what came before it ends cleanly. */
static void test_forget(void **state)
{
	struct tape_end end = { .reason = "disk full" };
	struct small_disk disk = { 0 };
	struct tape_sink sink = { append_or_refuse, &disk };
	struct tape_writer *w;
	struct tape_reader *r;
	struct err err = { 0 };

	(void)state;
	assert_done(tape_writer_open(&w, &sink, NULL, NULL, &err), &err);
	assert_done(tape_writer_add(w, 0, &one, 1, &err), &err);
	assert_done(tape_writer_flush(w, &err), &err);
	assert_int_equal(tape_writer_waiting(w), 0);
	assert_done(tape_writer_add(w, 0, &one, 1, &err), &err);
	assert_done(tape_writer_add(w, 1, &one, 1, &err), &err);
	assert_true(tape_writer_waiting(w) > 4);
	disk.full = true;
	assert_int_equal(tape_writer_flush(w, &err), -ERR_IO);
	assert_int_equal(tape_writer_end_thread(w, 0, &err), -ERR_IO);
	assert_int_equal(tape_writer_forget(w), 2);
	assert_int_equal(tape_writer_waiting(w), 0);
	disk.full = false;
	err_clear(&err);
	assert_done(tape_writer_close(w, &end, &err), &err);
	r = reopen(&disk.tape);
	assert_true(tape_reader_end(r)->clean);
	assert_true(tape_reader_info(r)->indexed);
	assert_int_equal(tape_reader_info(r)->events, 1);
	assert_string_equal(tape_reader_end(r)->reason, "disk full");
	tape_reader_close(r);
	tape_buf_release(&disk.tape);
}

static void test_bad_arguments(void **state)
{
	struct tape_writer_config config = { .block_events = 1u << 30 };
	struct tape_buf tape = { 0 };
	struct tape_sink sink = { testing_append, &tape };
	struct tape_event ev = { .kind = TAPE_KIND_END };
	struct tape_writer *w;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(tape_writer_open(&w, &sink, NULL, &config, &err),
			 -ERR_ARG);
	w = start(&tape, 0);
	err_clear(&err);
	assert_int_equal(tape_writer_add(w, 0, &ev, 1, &err), -ERR_ARG);
	err_clear(&err);
	assert_int_equal(tape_writer_add(w, 1u << 24, &one, 1, &err),
			 -ERR_NOMEM);
	tape_writer_free(w);
	tape_writer_free(NULL);
	tape_buf_release(&tape);
}

static void test_hash(void **state)
{
	struct tape_end end = { .clean = true };
	struct tape_buf tape = { 0 };
	struct tape_writer *w = start(&tape, 1);
	struct tape_reader *r;
	struct err err = { 0 };
	char a[33], b[33];

	(void)state;
	assert_done(tape_writer_close(w, &end, &err), &err);
	r = reopen(&tape);
	assert_done(tape_reader_hash(r, a, &err), &err);
	assert_done(tape_reader_hash(r, b, &err), &err);
	assert_int_equal(strlen(a), 32);
	assert_string_equal(a, b);
	tape_reader_close(r);
	tape.bytes[tape.len - 1] ^= 1; /* of the trailer: it is scanned then */
	r = reopen(&tape);
	assert_done(tape_reader_hash(r, b, &err), &err);
	assert_string_not_equal(a, b);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

/* An index that grew too large is given up; the tape is whole without it. */
static void test_full_index(void **state)
{
	const struct tape_frame f = { .type = TAPE_BLOCK_EVENTS,
				      .stored_len = 100 };
	struct tape_end end = { .clean = true };
	struct tape_buf tape = { 0 };
	struct tape_writer *w = start(&tape, 1);
	struct tape_reader *r;
	struct err err = { 0 };
	uint64_t i;

	(void)state;
	assert_done(tape_writer_add(w, 0, &one, 1, &err), &err);
	assert_done(tape_writer_flush(w, &err), &err);
	for (i = 0; i < 3000000 && !w->index.full; i++) {
		assert_done(tape_index_reserve(&w->index, &err), &err);
		tape_index_put(&w->index, &f, i * 200);
	}
	assert_true(w->index.full);
	w->index.nr = 1; /* that is how many really are there */
	assert_true(w->index.rows.cap <= 1u << 20);
	assert_done(tape_writer_add(w, 0, &one, 1, &err), &err);
	assert_done(tape_writer_close(w, &end, &err), &err);
	r = reopen(&tape);
	assert_false(tape_reader_info(r)->indexed);
	assert_int_equal(tape_reader_info(r)->events, 2);
	assert_true(tape_reader_end(r)->clean);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_after_end),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_bad_arguments),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_full_index),
	};

	return cmocka_run_group_tests_name("tape_writer", tests, NULL, NULL);
}
