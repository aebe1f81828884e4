// SPDX-License-Identifier: MIT
/*
 * Notes of calls: what comes back of them, in blocks where few or all have
 * some, what they cost, and what bytes that no writer makes do to a reader.
 */
#include <stdio.h>

#include "traces/tape_block.h"
#include "traces/tape_merge.h"
#include "traces/tape_stacks.h"
#include "traces/tests/tape_testing.h"

#define NR     20000
#define FRAMES 5000

static struct tape_writer *start(struct tape_buf *tape, unsigned block_events,
				 uint32_t frames)
{
	struct tape_writer_config config = { .time_unit_ns = 1,
					     .block_events = block_events };
	struct tape_sink sink = { testing_append, tape };
	struct tape_writer *w;
	struct err err = { 0 };

	assert_done(tape_writer_open(&w, &sink, NULL, &config, &err), &err);
	for (; frames; frames--)
		assert_done(tape_writer_frame(w, 0, 0, 16 * frames, &err),
			    &err);
	return w;
}

static struct tape_reader *finish(struct tape_buf *tape, struct tape_writer *w)
{
	struct tape_end end = { .clean = true };
	struct tape_reader *r;
	struct err err = { 0 };

	assert_done(tape_writer_close(w, &end, &err), &err);
	assert_done(
		tape_reader_open_memory(&r, tape->bytes, tape->len, 0, &err),
		&err);
	return r;
}

/*
 * A call whose address was never seen: a block given back is an escape, so
 * that its usable size is kept. One call of rarity has notes.
 */
static struct tape_event make_event(int i, uint64_t *seed, unsigned rarity)
{
	uint8_t kind = (uint8_t)(1 + testing_random(seed) % TAPE_FREE_NULL);
	struct tape_event ev = { .kind = kind,
				 .time_ns = 10 * (uint64_t)i,
				 .end_ns = 10 * (uint64_t)i,
				 .size = kind != TAPE_FREE,
				 .alignment = tape_kind_has_alignment(kind) };
	static struct tape_notes notes[NR];

	if (kind > TAPE_FREE_ALIGNED_SIZED)
		return ev;
	if (testing_random(seed) % 8)
		ev.addr = 0x10000 + 0x100 * (uint64_t)i;
	if (tape_kind_is_realloc(kind) && testing_random(seed) % 4)
		ev.old_addr = 0x10080 + 0x100 * (uint64_t)i;
	if (testing_random(seed) % rarity)
		return ev;
	notes[i] = *testing_notes(seed);
	notes[i].has = (uint8_t)(testing_random(seed) % 16);
	notes[i].stack = 1 + (uint32_t)(testing_random(seed) % FRAMES);
	ev.notes = &notes[i];
	return ev;
}

static void check_kept(const struct tape_event *a, const struct tape_event *b)
{
	unsigned bit, has = 0;

	testing_same(a, b);
	for (bit = 1; bit < 16 && a->notes; bit *= 2)
		if (a->notes->has & bit && testing_keeps(a, bit))
			has |= bit;
	assert_int_equal(b->notes ? b->notes->has : 0, has);
}

static void round_trip(unsigned block_events, unsigned rarity)
{
	static struct tape_event events[NR];
	struct tape_buf tape = { 0 };
	struct tape_writer *w = start(&tape, block_events, FRAMES);
	struct tape_cursor *c;
	struct tape_reader *r;
	struct tape_event ev;
	struct err err = { 0 };
	uint64_t seed = rarity;
	int i, nr;

	for (i = 0; i < NR; i += nr) {
		nr = 1 + (int)(testing_random(&seed) % 400);
		nr = nr < NR - i ? nr : NR - i;
		for (int k = i; k < i + nr; k++)
			events[k] = make_event(k, &seed, rarity);
		assert_done(tape_writer_add(w, 0, &events[i], (size_t)nr, &err),
			    &err);
	}
	r = finish(&tape, w);
	assert_done(tape_cursor_open(&c, r, 0, &err), &err);
	for (i = 0; i < NR; i++) {
		assert_int_equal(tape_cursor_next(c, &ev, &err), 1);
		check_kept(&events[i], &ev);
	}
	assert_int_equal(tape_cursor_next(c, &ev, &err), 0);
	tape_cursor_close(c);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

static void test_round_trip(void **state)
{
	(void)state;
	round_trip(0, 1);
	round_trip(0, 3);
	round_trip(1, 2);
	round_trip(7, 2);
}

/* Most batches of a block have none, and many blocks have none either. */
static void test_rare(void **state)
{
	(void)state;
	round_trip(0, 1000);
	round_trip(1000, 1000);
	round_trip(300, 5000);
}

/*
 * A block that was taken a moment ago is known: its usable size is left out,
 * but not behind a flush.
 */
static void test_usable(void **state)
{
	struct tape_notes n = { .usable_bytes = 40, .has = TAPE_NOTE_USABLE };
	struct tape_event ev[] = {
		{ .kind = TAPE_MALLOC, .addr = 0x1000, .size = 24 },
		{ .kind = TAPE_FREE, .addr = 0x1000, .notes = &n },
		{ .kind = TAPE_FREE, .addr = 0x2000, .notes = &n },
		{ .kind = TAPE_REALLOC,
		  .old_addr = 0x3000,
		  .addr = 0x4000,
		  .size = 99,
		  .notes = &n },
	};
	struct tape_buf tape = { 0 };
	struct tape_writer *w = start(&tape, 0, 0);
	struct tape_cursor *c;
	struct tape_reader *r;
	struct err err = { 0 };
	int i;

	(void)state;
	assert_done(tape_writer_add(w, 0, ev, 4, &err), &err);
	assert_done(tape_writer_flush(w, &err), &err);
	assert_done(tape_writer_add(w, 0, &ev[1], 1, &err), &err);
	r = finish(&tape, w);
	assert_done(tape_cursor_open(&c, r, 0, &err), &err);
	for (i = 0; i < 5; i++) {
		assert_int_equal(tape_cursor_next(c, &ev[0], &err), 1);
		if (i < 2) {
			assert_null(ev[0].notes);
			continue;
		}
		assert_int_equal(ev[0].notes->has, TAPE_NOTE_USABLE);
		assert_int_equal(ev[0].notes->usable_bytes, 40);
	}
	tape_cursor_close(c);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

/* A stack that no tape can have is none. */
static void test_no_stack(void **state)
{
	static const uint32_t stacks[] = { 0, 2, TAPE_FRAMES_MAX + 1, 1,
					   UINT32_MAX };
	struct tape_buf tape = { 0 };
	struct tape_writer *w = start(&tape, 0, 2);
	struct tape_cursor *c;
	struct tape_reader *r;
	struct err err = { 0 };
	struct tape_event ev;
	int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		struct tape_notes n = { .stack = stacks[i],
					.has = TAPE_NOTE_STACK };

		ev = (struct tape_event){ .kind = TAPE_MALLOC,
					  .addr = 0x1000,
					  .notes = &n };
		assert_done(tape_writer_add(w, 0, &ev, 1, &err), &err);
	}
	r = finish(&tape, w);
	assert_done(tape_cursor_open(&c, r, 0, &err), &err);
	for (i = 0; i < 5; i++) {
		assert_int_equal(tape_cursor_next(c, &ev, &err), 1);
		assert_int_equal(ev.notes != NULL, i % 2);
		assert_int_equal(ev.notes ? ev.notes->stack : 0,
				 i % 2 ? stacks[i] : 0);
	}
	assert_int_equal(tape_cursor_next(c, &ev, &err), 0);
	tape_cursor_close(c);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

/* Both steps of a realloc see its notes; other threads' steps lie between. */
static void test_merge(void **state)
{
	struct tape_notes n = { .stack = 2,
				.touched_bytes = 65536,
				.has = TAPE_NOTE_STACK | TAPE_NOTE_TOUCHED };
	struct tape_notes other = { .stack = 1, .has = TAPE_NOTE_STACK };
	struct tape_event move = { .kind = TAPE_REALLOC,
				   .time_ns = 10,
				   .end_ns = 30,
				   .old_addr = 0x1000,
				   .addr = 0x2000,
				   .size = 8,
				   .notes = &n };
	struct tape_event take = { .kind = TAPE_MALLOC,
				   .time_ns = 20,
				   .addr = 0x1000,
				   .size = 8,
				   .notes = &other };
	static const uint32_t stacks[] = { 2, 1, 2 };
	struct tape_buf tape = { 0 };
	struct tape_writer *w = start(&tape, 1, 2);
	struct tape_merge *m;
	struct tape_reader *r;
	struct tape_step step;
	struct err err = { 0 };
	int i;

	(void)state;
	assert_done(tape_writer_add(w, 0, &move, 1, &err), &err);
	assert_done(tape_writer_add(w, 1, &take, 1, &err), &err);
	r = finish(&tape, w);
	assert_done(tape_merge_open(&m, r, &err), &err);
	for (i = 0; i < 3; i++) {
		assert_int_equal(tape_merge_next(m, &step, &err), 1);
		assert_int_equal(step.ev.notes->stack, stacks[i]);
		assert_int_equal(step.ev.thread, i % 2);
		if (i != 1)
			assert_int_equal(step.ev.notes->touched_bytes, 65536);
	}
	assert_int_equal(tape_merge_next(m, &step, &err), 0);
	tape_merge_close(m);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

/* Bytes of a tape of NR mallocs, with a stack out of these at each, or 0. */
static size_t tape_len(uint32_t stacks, bool zipf)
{
	struct tape_buf tape = { 0 };
	struct tape_writer *w = start(&tape, 0, 0);
	struct err err = { 0 };
	uint64_t seed = 1;
	size_t len;
	int i;

	for (i = 0; i < NR; i++) {
		struct tape_notes n = { .has = TAPE_NOTE_STACK };
		struct tape_event ev = { .kind = TAPE_MALLOC,
					 .time_ns = 10 * (uint64_t)i,
					 .addr = 0x1000 + 64 * (uint64_t)i,
					 .size = 24 };
		uint64_t r = testing_random(&seed) % (stacks ? stacks : 1);

		if (zipf)
			r >>= testing_random(&seed) % 25;
		n.stack = 1 + (uint32_t)r;
		ev.notes = stacks ? &n : NULL;
		assert_done(tape_writer_add(w, 0, &ev, 1, &err), &err);
	}
	tape_reader_close(finish(&tape, w));
	len = tape.len;
	tape_buf_release(&tape);
	return len;
}

static void test_stack_bytes(void **state)
{
	static const uint32_t stacks[] = { 100, 10000, 1000000,
					   TAPE_FRAMES_MAX };
	size_t i, without = tape_len(0, false);

	(void)state;
	for (i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		double any = (double)(tape_len(stacks[i], false) - without);
		double few = (double)(tape_len(stacks[i], true) - without);

		print_message("bytes per stack of %u: %.2f at random, %.2f "
			      "where few are frequent\n",
			      stacks[i], any / NR, few / NR);
		assert_true(any / NR <= 4);
		assert_true(few <= any);
	}
}

/* Decode three calls with one more column behind those of the writer. */
static int decode(uint8_t id, const char *bytes, uint8_t len, uint8_t *has)
{
	static const struct tape_event ev[] = {
		{ .kind = TAPE_MALLOC, .addr = 0x1000, .size = 8 },
		{ .kind = TAPE_FREE, .addr = 0x9000 },
		{ .kind = TAPE_FREE, .addr = 0x1000 },
	};
	struct tape_piece pieces[TAPE_BLOCK_PIECES];
	struct tape_frame f = { .count = 3 };
	struct tape_block b = { 0 };
	struct tape_buf raw = { 0 };
	struct tape_unblock u = { .left = 0 };
	struct tape_event got;
	struct err err = { 0 };
	uint8_t head[] = { id, len };
	size_t i, nr;
	int ret = -1;

	assert_done(tape_block_add(&b, ev, 3, 1, &err), &err);
	nr = tape_block_pieces(&b, pieces);
	for (i = 0; i < nr; i++)
		testing_append(&raw, pieces[i].bytes, pieces[i].len);
	testing_append(&raw, head, 2);
	testing_append(&raw, bytes, len);
	f.raw_len = (uint32_t)raw.len;
	*has = 0;
	if (tape_unblock_init(&u, &f, raw.bytes, 1)) {
		u.notes.nr_frames = 100;
		while ((ret = tape_unblock_next(&u, &got)) > 0)
			*has |= got.notes ? got.notes->has : 0;
	}
	tape_block_release(&b);
	tape_buf_release(&raw);
	return ret;
}

static void test_hostile(void **state)
{
	static const struct {
		uint8_t id, len, has;
		const char *bytes;
		int ret;
	} columns[] = {
		{ TAPE_COL_STACK, 1, TAPE_NOTE_STACK, "\x03", 0 },
		{ TAPE_COL_STACK, 1, 0, "\x00", 0 },
		{ TAPE_COL_STACK, 0, 0, "", 0 },
		{ TAPE_COL_STACK, 2, 0, "\x91\x03", 0 }, /* the 200th */
		{ TAPE_COL_STACK, 1, 0, "\x01", -1 },    /* the 0th */
		{ TAPE_COL_STACK, 1, 0, "\x02", -1 },    /* one before it */
		{ TAPE_COL_STACK, 5, 0, "\xff\xff\xff\xff\x7f", -1 },
		{ TAPE_COL_STACK, 1, 0, "\x80", -1 },
		{ TAPE_COL_STACK, 2, TAPE_NOTE_STACK, "\x03\x03", -1 },
		{ TAPE_COL_USABLE, 1, TAPE_NOTE_USABLE, "\x09", 0 },
		{ TAPE_COL_USABLE, 2, TAPE_NOTE_USABLE, "\x09\x09", -1 },
		{ TAPE_COL_TOUCHED, 2, TAPE_NOTE_TOUCHED, "\x00\x01", 0 },
		{ TAPE_COL_LATENCY, 3, TAPE_NOTE_LATENCY, "\x00\x00\x7f", 0 },
		{ TAPE_COL_LATENCY, 5, TAPE_NOTE_LATENCY,
		  "\x80\x80\x80\x80\x10", 0 },
		{ TAPE_COL_LATENCY, 5, 0, "\x81\x80\x80\x80\x10", -1 },
		{ TAPE_COL_NOTES_END, 2, 0, "\x00\x01", 0 },
		{ 127, 1, 0, "\x00", -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		uint8_t has;
		int ret = decode(columns[i].id, columns[i].bytes,
				 columns[i].len, &has);

		if (ret != columns[i].ret || has != columns[i].has)
			fail_msg("column %zu: %d, notes %u", i, ret, has);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_rare),
		cmocka_unit_test(test_usable),
		cmocka_unit_test(test_no_stack),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_stack_bytes),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("tape_notes", tests, NULL, NULL);
}
