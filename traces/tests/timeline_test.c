// SPDX-License-Identifier: MIT
/* Many samples become few, and what matters of them stays. */
#include "traces/tests/tape_testing.h"
/* The tool is no library; this part of it stands alone. */
#include "traces/tool/timeline.c"

#define SAMPLE_NS 1000

/* A tape of nr samples, the one at most with most memory. */
static struct tape_reader *make(struct tape_buf *bytes, uint64_t nr,
				uint64_t most)
{
	struct tape_sink sink = { testing_append, bytes };
	struct tape_end end = { .clean = true, .reason = "exit" };
	struct tape_meta meta = { 0 };
	struct tape_reader *r;
	struct tape_writer *w;
	struct err err = { 0 };
	uint64_t i;

	assert_done(tape_writer_open(&w, &sink, &meta, NULL, &err), &err);
	for (i = 0; i < nr; i++) {
		struct tape_sample s = { .time_ns = i * SAMPLE_NS,
					 .rss_anon_bytes = 4096 * (i % 7),
					 .rss_file_bytes = 4096 };

		if (i == most)
			s.rss_anon_bytes = 1 << 20;
		assert_done(tape_writer_sample(w, &s, &err), &err);
	}
	end.duration_ns = nr * SAMPLE_NS;
	assert_done(tape_writer_close(w, &end, &err), &err);
	assert_done(
		tape_reader_open_memory(&r, bytes->bytes, bytes->len, 0, &err),
		&err);
	return r;
}

static void check(uint64_t nr, uint64_t most)
{
	struct tape_buf bytes = { 0 };
	struct tape_reader *r = make(&bytes, nr, most);
	struct timeline t = { 0 };
	struct err err = { 0 };
	size_t i;

	assert_done(timeline_start(&t, r, &err), &err);
	assert_int_equal(t.all_samples, nr);
	assert_in_range(t.nr_samples, nr < TIMELINE_SAMPLES ? nr : 1,
			TIMELINE_SAMPLES);
	assert_int_equal(t.samples[t.nr_samples - 1].time_ns,
			 (nr - 1) * SAMPLE_NS);
	assert_int_equal(t.samples[timeline_anon_peak(&t)].time_ns,
			 most * SAMPLE_NS);
	assert_int_equal(t.rss_peak_bytes, (1 << 20) + 4096);
	for (i = 1; i < t.nr_samples; i++)
		assert_true(t.samples[i].time_ns > t.samples[i - 1].time_ns);
	/* Live bytes grow by one each sample; each bin ends where it does. */
	for (i = 0; i < nr; i++)
		if (i * SAMPLE_NS >= t.edge_ns)
			timeline_advance(&t, i * SAMPLE_NS, i, i);
	timeline_finish(&t, nr, nr);
	for (i = 0; i < t.nr_samples; i++)
		assert_int_equal(t.live_at[i],
				 t.samples[i].time_ns / SAMPLE_NS);
	assert_in_range(t.nr_bins, 1, TIMELINE_BINS);
	for (i = 0; i + 1 < t.nr_bins; i++) {
		uint64_t ended = t.bin_ns * (i + 1);

		assert_int_equal(t.bins[i].live_end_bytes,
				 (ended + SAMPLE_NS - 1) / SAMPLE_NS);
		assert_true(t.bins[i].sample->time_ns <= ended);
	}
	timeline_release(&t);
	tape_reader_close(r);
	tape_buf_release(&bytes);
}

static void test_few(void **state)
{
	(void)state;
	check(2, 1);
	check(5000, 0);
	check(TIMELINE_SAMPLES - 1, 70);
}

static void test_many(void **state)
{
	(void)state;
	check(TIMELINE_SAMPLES, TIMELINE_SAMPLES - 1);
	check(TIMELINE_SAMPLES + 1, TIMELINE_SAMPLES);
	check(300000, 123456);
}

static void test_none(void **state)
{
	struct timeline t = { 0 };

	(void)state;
	assert_null(timeline_sample_at(&t, 5));
	timeline_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
