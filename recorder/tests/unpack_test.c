// SPDX-License-Identifier: MIT
/* Notes of events, usable sizes, definitions: what comes beside the events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recorder/ticks.h"
#include "recorder/unpack.h"

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

static void put_note(struct fixture *f, uint64_t pos, unsigned which,
		     uint64_t value)
{
	put(f, pos, ring_first(RING_NOTE, 0, which), value);
}

static uint32_t find_stack(void *ctx, uint64_t hash)
{
	(void)ctx;
	return hash == 0xabcdef0123456789 ? 7 : 0;
}

struct definition {
	unsigned kind;
	uint64_t value, words[4];
	size_t nr;
};

static void define_stack(void *ctx, unsigned kind, uint64_t value,
			 const uint64_t *words, size_t nr)
{
	struct definition *d = ctx;

	assert_true(nr <= 4);
	d->kind = kind;
	d->value = value;
	d->nr = nr;
	memcpy(d->words, words, nr * sizeof(*words));
}

static void notes_belong_to_the_next_event(void **state)
{
	const struct unpack_stacks stacks = { .find = find_stack };
	struct tape_notes notes[64];
	struct fixture *f = *state;

	f->unpack.notes = notes;
	f->unpack.stacks = &stacks;
	put_event(f, 0, RING_MALLOC, 64, 1, 1);
	put_note(f, 1, RING_NOTE_STACK, 0xabcdef0123456789);
	put_note(f, 2, RING_NOTE_LATENCY, 1234);
	/* They wait for it. */
	assert_int_equal(unpack(f), 1);
	assert_null(f->ev[0].notes);
	assert_int_equal(f->unpack.pos, 1);
	put_event(f, 3, RING_MALLOC, 128, 5, 2);
	put_note(f, 4, RING_NOTE_STACK, 1); /* a stack that is not known */
	put_event(f, 5, RING_MEMALIGN, 4096, 6, 3);
	put_word(f, 6, 4096);
	put_event(f, 7, RING_MALLOC, 192, 7, 4);
	assert_int_equal(unpack(f), 3);
	assert_int_equal(f->ev[0].size, 5);
	assert_ptr_equal(f->ev[0].notes, &notes[0]);
	assert_int_equal(notes[0].has, TAPE_NOTE_STACK | TAPE_NOTE_LATENCY);
	assert_int_equal(notes[0].stack, 7);
	assert_int_equal(notes[0].latency_ns, 1234);
	assert_null(f->ev[1].notes);
	assert_int_equal(f->ev[1].alignment, 4096);
	assert_null(f->ev[2].notes);
	assert_int_equal(f->unpack.pos, 8);
}

static void blocks_tell_their_sizes(void **state)
{
	struct tape_notes notes[64];
	struct fixture *f = *state;

	f->unpack.notes = notes;
	put_event(f, 0, RING_FREE_USABLE, 64, 24, 1);
	put_note(f, 1, RING_NOTE_TOUCHED, 70000);
	put_event(f, 2, RING_REALLOC_BEGIN, 128, 100000, 2);
	put_event(f, 3, RING_FREE, 256, 0, 3); /* of a handler */
	put_event(f, 4, RING_REALLOC, 512, 9, 4);
	put(f, 5, ring_first(RING_WIDE, 0, RING_FREE_USABLE),
	    ring_second(5, RING_FREE_USABLE));
	put_word(f, 6, 4096);
	put_word(f, 7, 1ull << 33);
	put_word(f, 8, 0);
	assert_int_equal(unpack(f), 4);
	assert_int_equal(f->ev[0].kind, TAPE_FREE);
	assert_int_equal(f->ev[0].size, 0);
	assert_int_equal(notes[0].has, TAPE_NOTE_USABLE);
	assert_int_equal(notes[0].usable_bytes, 24);
	assert_null(f->ev[1].notes);
	assert_int_equal(f->ev[2].old_addr, 128);
	assert_int_equal(f->ev[2].size, 9);
	assert_int_equal(notes[2].has, TAPE_NOTE_USABLE | TAPE_NOTE_TOUCHED);
	assert_int_equal(notes[2].usable_bytes, 100000);
	assert_int_equal(notes[2].touched_bytes, 70000);
	assert_int_equal(f->ev[3].kind, TAPE_FREE);
	assert_true(notes[3].usable_bytes == 1ull << 33);
}

static void a_free_waits_for_its_latency(void **state)
{
	struct tape_notes notes[64];
	struct fixture *f = *state;

	f->unpack.notes = notes;
	put_note(f, 0, RING_NOTE_AFTERWARDS, 0);
	put_event(f, 1, RING_FREE, 64, 0, 1);
	assert_int_equal(unpack(f), 0);
	assert_int_equal(unpack_gap(&f->unpack, f->ring, false, UNPACK_NEAR),
			 0);
	put(f, 2, ring_kind_bits(RING_NOTE_AFTER), 99);
	assert_int_equal(unpack(f), 1);
	assert_int_equal(notes[0].latency_ns, 99);
	/* This one's is left by longjmp, and the program goes on. */
	put_note(f, 3, RING_NOTE_AFTERWARDS, 0);
	put_event(f, 4, RING_FREE, 128, 0, 2);
	put_event(f, 6, RING_MALLOC, 192, 1, 3);
	assert_int_equal(unpack(f), 0);
	assert_int_equal(unpack_gap(&f->unpack, f->ring, false, UNPACK_NEAR),
			 3);
	unpack_skip(&f->unpack, f->ring, 3);
	assert_int_equal(f->unpack.interrupted, 1);
	assert_int_equal(unpack(f), 2);
	assert_int_equal(f->ev[0].addr, 128);
	assert_null(f->ev[0].notes);
	assert_int_equal(f->ev[1].addr, 192);
	/* In the last one the program was killed. */
	put_note(f, 7, RING_NOTE_AFTERWARDS, 0);
	put_event(f, 8, RING_FREE, 256, 0, 4);
	assert_int_equal(unpack_gap(&f->unpack, f->ring, false, UNPACK_NEAR),
			 0);
	assert_int_equal(unpack_gap(&f->unpack, f->ring, true, UNPACK_NEAR), 3);
	unpack_skip(&f->unpack, f->ring, 3);
	assert_int_equal(unpack(f), 1);
	assert_int_equal(f->ev[0].addr, 256);
	assert_int_equal(unpack_gap(&f->unpack, f->ring, true, UNPACK_NEAR), 0);
}

static void notes_without_their_event_are_dropped(void **state)
{
	struct tape_notes notes[64];
	struct fixture *f = *state;

	f->unpack.notes = notes;
	put_note(f, 0, RING_NOTE_LATENCY, 5);
	assert_int_equal(unpack(f), 0);
	assert_int_equal(unpack_gap(&f->unpack, f->ring, false, UNPACK_NEAR),
			 0);
	put_event(f, 3, RING_MALLOC, 64, 1, 1);
	assert_int_equal(unpack_gap(&f->unpack, f->ring, false, UNPACK_NEAR),
			 3);
	unpack_skip(&f->unpack, f->ring, 3);
	assert_int_equal(f->unpack.interrupted, 2);
	assert_int_equal(unpack(f), 1);
	assert_null(f->ev[0].notes);
}

static void definitions_are_passed_on(void **state)
{
	struct definition d = { 0 };
	const struct unpack_stacks stacks = { define_stack, find_stack, &d };
	struct fixture *f = *state;

	f->unpack.stacks = &stacks;
	put_word(f, 1, 11);
	put_word(f, 2, 12);
	put_word(f, 3, 13);
	put(f, 0, ring_first(RING_STACK_DEF, 0, 3), 0xabcdef0123456789);
	put_event(f, 4, RING_MALLOC, 64, 1, 1);
	assert_int_equal(unpack(f), 1);
	assert_int_equal(d.kind, RING_STACK_DEF);
	assert_true(d.value == 0xabcdef0123456789);
	assert_int_equal(d.nr, 3);
	assert_int_equal(d.words[0], 11);
	assert_int_equal(d.words[2], 13);
	assert_int_equal(f->unpack.pos, 5);
}

#define UNPACK_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest unpack_tests[] = {
		UNPACK_TEST(notes_belong_to_the_next_event),
		UNPACK_TEST(blocks_tell_their_sizes),
		UNPACK_TEST(a_free_waits_for_its_latency),
		UNPACK_TEST(notes_without_their_event_are_dropped),
		UNPACK_TEST(definitions_are_passed_on),
	};

	return cmocka_run_group_tests_name("unpack", unpack_tests, NULL, NULL);
}
