// SPDX-License-Identifier: MIT
/* The merge: order by time, ties, the two steps of a realloc, many threads. */
#include "traces/tape_merge.h"
#include "traces/tests/tape_testing.h"

struct written {
	struct tape_buf tape;
	struct tape_writer *w;
};

static void start(struct written *t, unsigned block_events)
{
	struct tape_writer_config config = { .time_unit_ns = 1,
					     .block_events = block_events };
	struct tape_sink sink = { testing_append, &t->tape };
	struct err err = { 0 };

	assert_done(tape_writer_open(&t->w, &sink, NULL, &config, &err), &err);
}

static void add(struct written *t, uint32_t thread, uint8_t kind,
		uint64_t time_ns, uint64_t end_ns, uint64_t addr)
{
	struct tape_event ev = { .kind = kind,
				 .time_ns = time_ns,
				 .end_ns = end_ns,
				 .addr = addr,
				 .size = 8 };
	struct err err = { 0 };

	if (tape_kind_is_realloc(kind))
		ev.old_addr = 0x1000;
	if (kind == TAPE_FREE)
		ev.size = 0;
	assert_done(tape_writer_add(t->w, thread, &ev, 1, &err), &err);
}

static struct tape_merge *merge(struct written *t, struct tape_reader **r)
{
	struct tape_end end = { .clean = true };
	struct tape_merge *m;
	struct err err = { 0 };

	assert_done(tape_writer_close(t->w, &end, &err), &err);
	assert_done(
		tape_reader_open_memory(r, t->tape.bytes, t->tape.len, 0, &err),
		&err);
	assert_done(tape_merge_open(&m, *r, &err), &err);
	return m;
}

static void expect(struct tape_merge *m, uint64_t time_ns, uint32_t thread,
		   uint8_t kind, enum tape_phase phase)
{
	struct tape_step step;
	struct err err = { 0 };

	assert_int_equal(tape_merge_next(m, &step, &err), 1);
	assert_int_equal(step.time_ns, time_ns);
	assert_int_equal(step.ev.thread, thread);
	assert_int_equal(step.ev.kind, kind);
	assert_int_equal(step.phase, phase);
}

static void finish(struct written *t, struct tape_merge *m,
		   struct tape_reader *r)
{
	struct tape_step step;
	struct err err = { 0 };

	assert_int_equal(tape_merge_next(m, &step, &err), 0);
	tape_merge_close(m);
	tape_reader_close(r);
	tape_buf_release(&t->tape);
}

static void test_ties(void **state)
{
	struct written t = { 0 };
	struct tape_merge *m;
	struct tape_reader *r;

	(void)state;
	start(&t, 0);
	add(&t, 0, TAPE_MALLOC, 10, 10, 0x1000);
	add(&t, 0, TAPE_MALLOC, 20, 20, 0x2000);
	add(&t, 1, TAPE_FREE, 20, 20, 0x1000);
	add(&t, 2, TAPE_MALLOC, 20, 20, 0x3000);
	add(&t, 2, TAPE_FREE, 30, 30, 0x3000);
	m = merge(&t, &r);
	expect(m, 10, 0, TAPE_MALLOC, TAPE_WHOLE);
	expect(m, 20, 1, TAPE_FREE, TAPE_WHOLE);
	expect(m, 20, 0, TAPE_MALLOC, TAPE_WHOLE);
	expect(m, 20, 2, TAPE_MALLOC, TAPE_WHOLE);
	expect(m, 30, 2, TAPE_FREE, TAPE_WHOLE);
	finish(&t, m, r);
}

/* Between its ends another thread gets the block that the realloc gave up. */
static void test_realloc_of_nothing(void **state)
{
	struct tape_event ev = { .kind = TAPE_REALLOC,
				 .time_ns = 10,
				 .end_ns = 30,
				 .addr = 0x2000,
				 .size = 8 };
	struct written t = { 0 };
	struct err err = { 0 };
	struct tape_merge *m;
	struct tape_reader *r;

	(void)state;
	start(&t, 0);
	assert_done(tape_writer_add(t.w, 0, &ev, 1, &err), &err);
	add(&t, 0, TAPE_REALLOC, 40, 50, 0x3000);
	add(&t, 0, TAPE_MALLOC, 60, 60, 0x4000);
	add(&t, 1, TAPE_MALLOC, 20, 20, 0x5000);
	m = merge(&t, &r);
	expect(m, 20, 1, TAPE_MALLOC, TAPE_WHOLE);
	expect(m, 30, 0, TAPE_REALLOC, TAPE_WHOLE);
	expect(m, 40, 0, TAPE_REALLOC, TAPE_BEGIN);
	expect(m, 50, 0, TAPE_REALLOC, TAPE_FINISH);
	expect(m, 60, 0, TAPE_MALLOC, TAPE_WHOLE);
	finish(&t, m, r);
}

static void test_two_steps(void **state)
{
	struct written t = { 0 };
	struct tape_merge *m;
	struct tape_reader *r;

	(void)state;
	start(&t, 0);
	add(&t, 0, TAPE_REALLOC, 10, 30, 0x2000);
	add(&t, 0, TAPE_MALLOC, 40, 40, 0x3000);
	add(&t, 1, TAPE_MALLOC, 10, 10, 0x4000);
	add(&t, 1, TAPE_MALLOC, 20, 20, 0x1000);
	add(&t, 1, TAPE_FREE, 30, 30, 0x4000);
	m = merge(&t, &r);
	expect(m, 10, 0, TAPE_REALLOC, TAPE_BEGIN);
	expect(m, 10, 1, TAPE_MALLOC, TAPE_WHOLE);
	expect(m, 20, 1, TAPE_MALLOC, TAPE_WHOLE);
	expect(m, 30, 1, TAPE_FREE, TAPE_WHOLE);
	expect(m, 30, 0, TAPE_REALLOC, TAPE_FINISH);
	expect(m, 40, 0, TAPE_MALLOC, TAPE_WHOLE);
	finish(&t, m, r);
}

static void test_text(void **state)
{
	struct tape_event name = { .kind = TAPE_THREAD_NAME,
				   .time_ns = 5,
				   .text = "worker" };
	struct written t = { 0 };
	struct tape_merge *m;
	struct tape_reader *r;
	struct tape_step step;
	struct err err = { 0 };

	(void)state;
	start(&t, 1); /* the next block must not take the text away */
	assert_done(tape_writer_add(t.w, 0, &name, 1, &err), &err);
	add(&t, 0, TAPE_MALLOC, 10, 10, 0x1000);
	m = merge(&t, &r);
	assert_int_equal(tape_merge_next(m, &step, &err), 1);
	assert_string_equal(step.ev.text, "worker");
	expect(m, 10, 0, TAPE_MALLOC, TAPE_WHOLE);
	finish(&t, m, r);
}

/* Many threads that are born and die, in small blocks: nothing is lost. */
static void test_many(void **state)
{
	struct written t = { 0 };
	uint64_t seed = 9, last = 0, time[300] = { 0 };
	struct tape_merge *m;
	struct tape_reader *r;
	struct tape_step step;
	struct err err = { 0 };
	int i, nr = 0;

	(void)state;
	start(&t, 3);
	for (i = 0; i < 6000; i++) {
		uint32_t thread = (uint32_t)(i / 20 + (i % 3 ? 0 : i % 7));

		thread = thread < 300 ? thread : 299;
		if (time[thread] < (uint64_t)i)
			time[thread] = (uint64_t)i;
		time[thread] += testing_random(&seed) % 50;
		add(&t, thread, TAPE_MALLOC, time[thread], time[thread],
		    0x1000 + 16 * testing_random(&seed) % 999);
	}
	m = merge(&t, &r);
	memset(time, 0, sizeof(time));
	while (tape_merge_next(m, &step, &err) > 0) {
		assert_true(step.time_ns >= last);
		last = step.time_ns;
		nr++;
	}
	assert_int_equal(nr, 6000);
	finish(&t, m, r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_realloc_of_nothing),
		cmocka_unit_test(test_two_steps),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("tape_merge", tests, NULL, NULL);
}
