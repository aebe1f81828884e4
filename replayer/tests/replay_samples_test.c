// SPDX-License-Identifier: MIT
/* A tape's samples in bounded memory, its peaks among them. */
#include "replayer/replay_tape.h"
#include "traces/tape_writer.h"
#include "traces/tests/tape_testing.h"

/* A tape of so many samples; that at peak is higher than the others. */
static struct tape_reader *tape_of(struct tape_buf *tape, uint64_t nr,
				   uint64_t peak)
{
	struct tape_writer_config config = { .time_unit_ns = 10 };
	struct tape_sink sink = { testing_append, tape };
	struct tape_end end = { .clean = true };
	struct tape_sample s = { .threads = 1 };
	struct tape_reader *r;
	struct tape_writer *w;
	struct err err = { 0 };
	uint64_t i;

	assert_done(tape_writer_open(&w, &sink, NULL, &config, &err), &err);
	for (i = 0; i < nr; i++) {
		s.time_ns = i * 1000;
		s.rss_anon_bytes = i == peak ? 1 << 30 : 4096 * (i % 5);
		s.rss_file_bytes = 8192;
		assert_done(tape_writer_sample(w, &s, &err), &err);
	}
	assert_done(tape_writer_close(w, &end, &err), &err);
	assert_done(
		tape_reader_open_memory(&r, tape->bytes, tape->len, 0, &err),
		&err);
	return r;
}

static void check(uint64_t nr, uint64_t peak, size_t expected)
{
	struct replay_tape read = { 0 };
	struct tape_buf tape = { 0 };
	struct tape_reader *r = tape_of(&tape, nr, peak);
	struct err err = { 0 };
	size_t i, peaks = 0;

	assert_done(replay_samples_read(&read, r, &err), &err);
	assert_int_equal(read.nr_samples, expected);
	for (i = 0; i < read.nr_samples; i++) {
		const struct tape_sample *s = &read.samples[i];

		assert_true(!i || s->time_ns > s[-1].time_ns);
		if (s->rss_anon_bytes == 1 << 30) {
			assert_int_equal(s->time_ns, peak * 1000);
			peaks++;
		}
	}
	assert_int_equal(peaks, nr ? 1 : 0);
	free(read.samples);
	tape_reader_close(r);
	tape_buf_release(&tape);
}

static void test_few_are_kept(void **state)
{
	(void)state;
	check(0, 0, 0);
	check(1, 0, 1);
	check(5000, 4321, 5000);
	check(REPLAY_SAMPLES, 7, REPLAY_SAMPLES);
}

static void test_many_are_thinned_but_for_peaks(void **state)
{
	(void)state;
	check(REPLAY_SAMPLES + 1, 12345, REPLAY_SAMPLES / 2 + 1);
	check(REPLAY_SAMPLES + 2, REPLAY_SAMPLES + 1, REPLAY_SAMPLES / 2 + 1);
	check(5 * REPLAY_SAMPLES / 2 + 3, 2 * REPLAY_SAMPLES + 5,
	      5 * REPLAY_SAMPLES / 8 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few_are_kept),
		cmocka_unit_test(test_many_are_thinned_but_for_peaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
