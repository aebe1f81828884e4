// SPDX-License-Identifier: MIT
/* Packing of records, laps, holes, wrapped times; the parser of samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/sample.h"
#include "recorder/ticks.h"
#include "recorder/unpack.h"
#include "traces/tape.h"

/* A clock of one tick per ns, so that times can be told by heart. */
static struct ticks ticks = { .clock = RING_CLOCK_COUNTER,
			      .ns_per_tick = 1ull << 32 };

struct fixture {
	struct ring_record *ring;
	struct unpack unpack;
	struct tape_event ev[64];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->ring = calloc(RING_RECORDS, sizeof(*f->ring));
	ticks.origin = 0;
	ticks.window = 0;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(f->ring);
	free(f);
	return 0;
}

static void put(struct fixture *f, uint64_t pos, uint64_t first,
		uint64_t second)
{
	struct ring_record *r = &f->ring[pos % RING_RECORDS];

	r->second = second;
	r->first = first | ring_lap(pos);
}

static void put_event(struct fixture *f, uint64_t pos, unsigned kind,
		      uint64_t addr, uint64_t size, uint64_t time)
{
	assert_true(ring_fits(addr, size));
	put(f, pos, ring_first(kind, addr, size), ring_second(time, size));
}

static void put_word(struct fixture *f, uint64_t pos, uint64_t word)
{
	put(f, pos, ring_kind_bits(RING_WORD), word);
}

static size_t unpack(struct fixture *f)
{
	return unpack_events(&f->unpack, f->ring, &ticks, f->ev, 64);
}

static void fields_keep_their_extremes(void **state)
{
	static const uint64_t addrs[] = { 0, 8, 0x7ffffffffff8,
					  0xfffffffffff8 };
	static const uint64_t sizes[] = { 0, 1, 0x1fff, 0x2000, 0x7fffffff };
	struct fixture *f = *state;
	size_t i, j, kind;
	uint64_t pos = 0;

	for (i = 0; i < 4; i++)
		for (j = 0; j < 5; j++)
			for (kind = RING_MALLOC; kind <= RING_CALLOC; kind++) {
				put_event(f, pos, (unsigned)kind, addrs[i],
					  sizes[j], 1000 + pos);
				assert_int_equal(unpack(f), 1);
				assert_int_equal(f->ev[0].kind, kind);
				assert_int_equal(f->ev[0].addr, addrs[i]);
				assert_int_equal(f->ev[0].size, sizes[j]);
				assert_int_equal(f->ev[0].time_ns, 1000 + pos);
				pos++;
				assert_int_equal(f->ev[0].flags,
						 addrs[i] ? 0 : TAPE_FAILED);
			}
	assert_false(ring_fits(4, 0));
	assert_false(ring_fits(1ull << 48, 0));
	assert_false(ring_fits(0, 1ull << 31));
}

static void every_kind_has_its_code(void **state)
{
	unsigned kind;

	(void)state;
	for (kind = 0; kind < RING_KIND_END; kind++)
		assert_int_equal(ring_kind_of(ring_first(kind, 0xfffffffffff8,
							 0x7fffffff)),
				 kind);
}

static void wide_and_aligned_events(void **state)
{
	struct fixture *f = *state;

	put(f, 0, ring_first(RING_WIDE, 0, RING_REALLOC_NEW),
	    ring_second(5, RING_REALLOC_NEW));
	put_word(f, 1, 0xfff0000000000001);
	put_word(f, 2, UINT64_MAX);
	put_word(f, 3, 0);
	put_event(f, 4, RING_MEMALIGN, 4096, 100, 6);
	put_word(f, 5, 4096);
	assert_int_equal(unpack(f), 2);
	assert_int_equal(f->unpack.pos, 6);
	assert_int_equal(f->ev[0].kind, TAPE_REALLOC);
	assert_true(f->ev[0].addr == 0xfff0000000000001);
	assert_true(f->ev[0].size == UINT64_MAX);
	assert_int_equal(f->ev[1].kind, TAPE_MEMALIGN);
	assert_int_equal(f->ev[1].alignment, 4096);
	assert_int_equal(f->ev[1].time_ns, 6);
}

static void reallocs_are_joined(void **state)
{
	struct fixture *f = *state;

	put_event(f, 0, RING_REALLOC_BEGIN, 64, 0, 10);
	/* A handler interrupts, and reallocates itself. */
	put_event(f, 1, RING_REALLOC_BEGIN, 128, 0, 20);
	put_event(f, 2, RING_REALLOC, 256, 7, 30);
	put_event(f, 3, RING_REALLOC, 0, 9, 40);
	put_event(f, 4, RING_REALLOC_BEGIN, 64, 0, 50);
	put_event(f, 5, RING_REALLOC, 0, 0, 60);
	put_event(f, 6, RING_REALLOC_BEGIN, 64, 0, 70);
	put_event(f, 7, RING_REALLOC_CANCEL, 64, 0, 80);
	put_event(f, 8, RING_REALLOC, 64, 1, 90); /* its begin is lost */
	assert_int_equal(unpack(f), 3);
	assert_int_equal(f->ev[0].old_addr, 128);
	assert_int_equal(f->ev[0].addr, 256);
	assert_int_equal(f->ev[0].time_ns, 20);
	assert_int_equal(f->ev[0].end_ns, 30);
	assert_int_equal(f->ev[1].old_addr, 64);
	assert_int_equal(f->ev[1].flags, TAPE_FAILED);
	assert_int_equal(f->ev[1].time_ns, 10);
	assert_int_equal(f->ev[1].end_ns, 40);
	/* realloc to nothing frees: NULL is no failure there. */
	assert_int_equal(f->ev[2].old_addr, 64);
	assert_int_equal(f->ev[2].flags, 0);
}

static void laps_end_where_the_writer_is(void **state)
{
	struct fixture *f = *state;
	uint64_t pos, total = 0;

	for (pos = 0; pos < 3 * RING_RECORDS + 7; pos++) {
		put_event(f, pos, RING_FREE, 8, 0, pos);
		if (pos % 50 != 49)
			continue;
		total += unpack(f);
		assert_int_equal(f->unpack.pos, pos + 1);
		assert_int_equal(unpack(f), 0);
	}
	assert_int_equal(total + unpack(f), pos);
}

static void holes_are_skipped_for_good(void **state)
{
	struct fixture *f = *state;
	uint64_t pos;

	/* Position 1 stays open in the first lap, and is not in the second. */
	put_event(f, 0, RING_FREE, 8, 0, 1);
	put_event(f, 2, RING_FREE, 16, 0, 2);
	assert_int_equal(unpack(f), 1);
	assert_int_equal(unpack_gap(&f->unpack, f->ring, false, UNPACK_NEAR),
			 1);
	unpack_skip(&f->unpack, f->ring, 1);
	assert_int_equal(f->unpack.interrupted, 1);
	assert_int_equal(unpack(f), 1);
	assert_int_equal(f->ev[0].addr, 16);
	assert_int_equal(unpack_gap(&f->unpack, f->ring, false, UNPACK_NEAR),
			 0);
	for (pos = 3; pos < 2 * RING_RECORDS + 1; pos++) {
		put_event(f, pos, RING_FREE, 8, 0, pos);
		unpack(f);
	}
	/* What was open two laps ago is not taken for this lap's. */
	assert_int_equal(unpack(f), 0);
	assert_int_equal(f->unpack.pos, pos);
}

/* The program may be stopped between the words of a record and itself. */
static void words_alone_are_no_hole(void **state)
{
	struct fixture *f = *state;

	put_word(f, 1, 4096);
	assert_int_equal(unpack_gap(&f->unpack, f->ring, false, UNPACK_NEAR),
			 0);
	assert_int_equal(unpack_gap(&f->unpack, f->ring, true, UNPACK_NEAR), 1);
	put_event(f, 2, RING_FREE, 16, 0, 2);
	assert_int_equal(unpack_gap(&f->unpack, f->ring, false, UNPACK_NEAR),
			 2);
	put_event(f, 0, RING_MEMALIGN, 4096, 100, 1);
	assert_int_equal(unpack_gap(&f->unpack, f->ring, false, UNPACK_NEAR),
			 0);
	assert_int_equal(unpack(f), 2);
	assert_int_equal(f->ev[0].alignment, 4096);
}

static void times_unwrap(void **state)
{
	static const uint64_t origin = (5ull << RING_TIME_BITS) - 100;
	struct fixture *f = *state;

	ticks.origin = origin;
	/* The reader's moment is 200 ticks on: the low bits have wrapped. */
	ticks.window = origin + 200 - (RING_TIME_MASK >> 1);
	put_event(f, 0, RING_FREE, 8, 0, origin + 50);
	put_event(f, 1, RING_FREE, 8, 0, origin + 150);
	put_event(f, 2, RING_FREE, 8, 0, origin - 10); /* before the start */
	assert_int_equal(unpack(f), 3);
	assert_int_equal(f->ev[0].time_ns, 50);
	assert_int_equal(f->ev[1].time_ns, 150);
	assert_int_equal(f->ev[2].time_ns, 0);
}

static void rates_are_exact(void **state)
{
	struct ticks t = { .ns_per_tick = (1ull << 32) / 4 * 3 };

	(void)state;
	assert_int_equal(ticks_to_ns(&t, 4), 3);
	assert_true(ticks_to_ns(&t, 4ull << 50) == 3ull << 50);
}

/* Our own process stands still or grows, as we like. */
static void a_change_brings_the_sample_before_it(void **state)
{
	const size_t len = 8u << 20;
	struct tape_sample out[2];
	struct sampler s;
	unsigned nr, i;
	char *block;

	(void)state;
	sampler_open(&s, getpid());
	assert_int_equal(sampler_take(&s, 1, 0, out), 1);
	for (i = 2, nr = 0; i < 50 && !s.held.time_ns; i++)
		nr += sampler_take(&s, i * 1000000000ull, 0, out);
	assert_true(s.held.time_ns > 0);
	block = mmap(NULL, len, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	assert_true(block != MAP_FAILED);
	nr = sampler_take(&s, i * 1000000000ull, 0, out);
	assert_int_equal(nr, 2);
	assert_true(out[0].time_ns < out[1].time_ns);
	assert_true(out[1].rss_anon_bytes >= out[0].rss_anon_bytes + len);
	assert_int_equal(s.held.time_ns, 0);
	munmap(block, len);
	sampler_close(&s);
}

/* At an edge of a window there is a sample, though nothing has changed. */
static void an_edge_has_its_sample(void **state)
{
	struct tape_sample out[2];
	struct sampler s;
	unsigned i;

	(void)state;
	sampler_open(&s, getpid());
	assert_int_equal(sampler_edge(&s, 1, 0, out), 1);
	assert_int_equal(out[0].time_ns, 1);
	for (i = 2; i < 50 && !s.held.time_ns; i++)
		sampler_take(&s, i * 1000000000ull, 0, out);
	assert_int_equal(sampler_edge(&s, 60000000000ull, 0, out), 2);
	assert_true(out[0].time_ns < out[1].time_ns);
	assert_true(out[1].time_ns == 60000000000ull);
	sampler_close(&s);
}

static void samples_are_parsed(void **state)
{
	static const char status[] = "Name:\tx\nVmRSS:\t99 kB\n"
				     "RssAnon:\t    3072 kB\nRssFile:\t 8 kB\n"
				     "RssShmem:\t4 kB\nVmSwap:\t16 kB\n"
				     "Threads:\t7\n";
	static const char stat[] = "42 (a) b (c) S 1 2 3 4 5 6 77 8 99 10\n";
	struct tape_sample s = { 0 };

	(void)state;
	assert_true(sample_parse(&s, status, stat));
	assert_int_equal(s.rss_anon_bytes, 3 << 20);
	assert_int_equal(s.rss_file_bytes, 12 << 10);
	assert_int_equal(s.swap_bytes, 16 << 10);
	assert_int_equal(s.threads, 7);
	assert_int_equal(s.minor_faults, 77);
	assert_int_equal(s.major_faults, 99);
	assert_false(sample_parse(&s, "Name:\tx\nState:\tZ (zombie)\n", stat));
}

#define RING_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest ring[] = {
		RING_TEST(fields_keep_their_extremes),
		RING_TEST(every_kind_has_its_code),
		RING_TEST(wide_and_aligned_events),
		RING_TEST(reallocs_are_joined),
		RING_TEST(laps_end_where_the_writer_is),
		RING_TEST(holes_are_skipped_for_good),
		RING_TEST(words_alone_are_no_hole),
		RING_TEST(times_unwrap),
		RING_TEST(rates_are_exact),
		RING_TEST(samples_are_parsed),
		RING_TEST(an_edge_has_its_sample),
		RING_TEST(a_change_brings_the_sample_before_it),
	};

	return cmocka_run_group_tests_name("ring", ring, NULL, NULL);
}
