// SPDX-License-Identifier: MIT
/*
 * Writers that share a pool stay within its budget together, and lose
 * nothing by that.
 */
#include <stdlib.h>

#include "traces/tests/tape_testing.h"

#define BUDGET  (256u << 10)
#define WRITERS 3
#define THREADS 40
#define NR      30000

struct shared_writer {
	struct tape_buf tape;
	struct tape_writer *writer;
	bool refuse;
	uint64_t seed; /* of the events of each thread, from its number on */
	uint64_t seeds[THREADS], times[THREADS], events[THREADS];
};

static int append_or_refuse(void *ctx, const void *buf, size_t len)
{
	struct shared_writer *s = ctx;

	return s->refuse ? ENOSPC : testing_append(&s->tape, buf, len);
}

static void open_shared(struct shared_writer *s, struct tape_pool *pool,
			uint64_t seed)
{
	struct tape_writer_config config = { .time_unit_ns = 1, .pool = pool };
	struct tape_sink sink = { append_or_refuse, s };
	struct err err = { 0 };
	uint32_t i;

	memset(s, 0, sizeof(*s));
	s->seed = seed;
	for (i = 0; i < THREADS; i++)
		s->seeds[i] = seed + i;
	assert_done(tape_writer_open(&s->writer, &sink, NULL, &config, &err),
		    &err);
}

static int add_next(struct shared_writer *s, uint32_t thread, struct err *err)
{
	struct tape_event ev =
		testing_event(&s->seeds[thread], &s->times[thread]);

	ev.notes = tape_kind_has_text(ev.kind) ? ev.notes : NULL;
	s->events[thread]++;
	return tape_writer_add(s->writer, thread, &ev, 1, err);
}

static void check_shared(struct shared_writer *s)
{
	struct tape_end end = { .clean = true };
	struct err err = { 0 };
	struct tape_reader *r;
	uint32_t i;

	assert_done(tape_writer_close(s->writer, &end, &err), &err);
	assert_done(tape_reader_open_memory(&r, s->tape.bytes, s->tape.len, 0,
					    &err),
		    &err);
	for (i = 0; i < THREADS; i++) {
		uint64_t seed = s->seed + i, time = 0;
		struct tape_event ev, want;
		struct tape_cursor *c;

		assert_done(tape_cursor_open(&c, r, i, &err), &err);
		while (s->events[i]--) {
			want = testing_event(&seed, &time);
			if (!tape_kind_has_text(want.kind))
				want.notes = NULL;
			want.thread = i;
			assert_int_equal(tape_cursor_next(c, &ev, &err), 1);
			testing_same(&want, &ev);
		}
		assert_int_equal(tape_cursor_next(c, &ev, &err), 0);
		tape_cursor_close(c);
	}
	tape_reader_close(r);
	tape_buf_release(&s->tape);
}

static void test_budget_is_kept(void **state)
{
	struct tape_pool *pool = tape_pool_new(BUDGET);
	static struct shared_writer s[WRITERS];
	struct err err = { 0 };
	uint64_t seed = 5;
	size_t most = 0;
	uint32_t i;

	(void)state;
	for (i = 0; i < WRITERS; i++)
		open_shared(&s[i], pool, 1000 * (i + 1));
	for (i = 0; i < NR; i++) {
		uint64_t r = testing_random(&seed);

		assert_done(
			add_next(&s[r % WRITERS], r / WRITERS % THREADS, &err),
			&err);
		assert_true(tape_pool_used(pool) <= BUDGET);
		if (tape_pool_used(pool) > most)
			most = tape_pool_used(pool);
	}
	/* It was used, too. */
	assert_true(most > BUDGET / 8 * 7);
	for (i = 0; i < WRITERS; i++)
		check_shared(&s[i]);
	assert_int_equal(tape_pool_used(pool), 0);
	tape_pool_free(pool);
}

/* What one cannot write any more does no harm to the others. */
static void test_one_fails(void **state)
{
	struct tape_pool *pool = tape_pool_new(BUDGET);
	static struct shared_writer bad, good;
	struct err err = { 0 };
	uint32_t i;

	(void)state;
	open_shared(&good, pool, 100);
	open_shared(&bad, pool, 200);
	for (i = 0; i < 400; i++)
		assert_done(add_next(&bad, i % 4, &err), &err);
	bad.refuse = true;
	for (i = 0; i < NR; i++)
		assert_done(add_next(&good, i % THREADS, &err), &err);
	assert_int_not_equal(tape_writer_flush(bad.writer, &err), 0);
	assert_int_equal(err.code, ERR_IO);
	tape_writer_free(bad.writer);
	tape_buf_release(&bad.tape);
	check_shared(&good);
	assert_int_equal(tape_pool_used(pool), 0);
	tape_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_budget_is_kept),
		cmocka_unit_test(test_one_fails),
	};

	return cmocka_run_group_tests_name("tape_pool", tests, NULL, NULL);
}
