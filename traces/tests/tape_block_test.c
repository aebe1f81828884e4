// SPDX-License-Identifier: MIT
/* Every kind of event, with values of every magnitude, survives a tape. */
#include "traces/tests/tape_testing.h"

#define NR 20000

struct round_trip {
	struct tape_writer_config config;
	uint64_t seed;
	uint32_t threads;
};

static void write_events(const struct round_trip *rt, struct tape_buf *tape,
			 struct tape_event *events)
{
	struct tape_sink sink = { testing_append, tape };
	struct tape_end end = { .clean = true };
	uint64_t seed = rt->seed, time = 0;
	struct tape_writer *w;
	struct err err = { 0 };
	size_t i;

	assert_done(tape_writer_open(&w, &sink, NULL, &rt->config, &err), &err);
	for (i = 0; i < NR; i++) {
		events[i] = testing_event(&seed, &time);
		events[i].thread =
			(uint32_t)(testing_random(&seed) % rt->threads);
		assert_done(tape_writer_add(w, events[i].thread, &events[i], 1,
					    &err),
			    &err);
	}
	assert_int_equal(tape_writer_events(w), NR);
	assert_done(tape_writer_close(w, &end, &err), &err);
}

static void check_thread(struct tape_reader *r, const struct tape_event *events,
			 uint32_t thread)
{
	struct tape_cursor *c;
	struct tape_event ev;
	struct err err = { 0 };
	size_t i;

	assert_done(tape_cursor_open(&c, r, thread, &err), &err);
	for (i = 0; i < NR; i++) {
		if (events[i].thread != thread)
			continue;
		assert_int_equal(tape_cursor_next(c, &ev, &err), 1);
		assert_int_equal(ev.thread, thread);
		testing_same(&events[i], &ev);
	}
	assert_int_equal(tape_cursor_next(c, &ev, &err), 0);
	tape_cursor_close(c);
}

static void round_trip(const struct round_trip *rt)
{
	static struct tape_event events[NR];
	struct tape_buf tape = { 0 };
	struct tape_reader *r;
	struct err err = { 0 };
	uint32_t i;

	write_events(rt, &tape, events);
	assert_done(tape_reader_open_memory(&r, tape.bytes, tape.len, 0, &err),
		    &err);
	assert_int_equal(tape_reader_info(r)->events, NR);
	assert_int_equal(tape_reader_info(r)->threads, rt->threads);
	assert_true(tape_reader_info(r)->indexed);
	for (i = 0; i < rt->threads; i++)
		check_thread(r, events, i);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

/*
 * The next event of a heap of a few hundred blocks, where addresses return as
 * from an allocator: what the writer has a fast path for, and now and then
 * something else in between.
 */
static struct tape_event plain_event(uint64_t *seed, uint64_t *time)
{
	static const uint8_t kinds[] = { TAPE_MALLOC, TAPE_MALLOC, TAPE_CALLOC,
					 TAPE_REALLOC };
	static uint64_t blocks[300];
	uint64_t r = testing_random(seed), *block = &blocks[r % 300];
	struct tape_event ev = { .kind = TAPE_FREE, .addr = *block };

	if ((r >> 32) % 200 == 0)
		return testing_event(seed, time);
	*time += (r >> 16) % 300;
	ev.time_ns = ev.end_ns = *time;
	if (*block) {
		*block = 0;
		return ev;
	}
	ev.kind = kinds[(r >> 40) % 4];
	ev.size = (r >> 44) % 600;
	*block = ev.addr = 0x5500000000 + r % 300 * 640 + (r % 37 ? 0 : 8);
	if (r % 5 == 0)
		ev.notes = testing_notes(seed);
	return ev;
}

static void test_plain_runs(void **state)
{
	static struct tape_event events[NR];
	struct tape_writer_config config = { .time_unit_ns = 1 };
	struct tape_buf tape = { 0 };
	struct tape_sink sink = { testing_append, &tape };
	struct tape_end end = { .clean = true };
	uint64_t seed = 11, time = 0;
	struct tape_writer *w;
	struct tape_reader *r;
	struct err err = { 0 };
	size_t i, nr;

	(void)state;
	for (i = 0; i < NR; i++)
		events[i] = plain_event(&seed, &time);
	assert_done(tape_writer_open(&w, &sink, NULL, &config, &err), &err);
	for (i = 0; i < NR; i += nr) {
		nr = 1 + testing_random(&seed) % 900;
		nr = nr < NR - i ? nr : NR - i;
		assert_done(tape_writer_add(w, 0, &events[i], nr, &err), &err);
	}
	assert_done(tape_writer_close(w, &end, &err), &err);
	assert_done(tape_reader_open_memory(&r, tape.bytes, tape.len, 0, &err),
		    &err);
	check_thread(r, events, 0);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

static void test_one_thread(void **state)
{
	(void)state;
	round_trip(&(struct round_trip){ { 1, 0, 0 }, 1, 1 });
}

static void test_small_blocks(void **state)
{
	(void)state;
	round_trip(&(struct round_trip){ { 1, 1, 0 }, 2, 1 });
	round_trip(&(struct round_trip){ { 1, 7, 0 }, 3, 3 });
}

static void test_many_threads(void **state)
{
	(void)state;
	round_trip(&(struct round_trip){ { 1, 100, NULL }, 4, 97 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_runs),
		cmocka_unit_test(test_one_thread),
		cmocka_unit_test(test_small_blocks),
		cmocka_unit_test(test_many_threads),
	};

	return cmocka_run_group_tests_name("tape_block", tests, NULL, NULL);
}
