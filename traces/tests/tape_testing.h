// SPDX-License-Identifier: MIT
/* What the unit tests of libtape share: tapes in memory, seeded events. */
#ifndef TRACES_TESTS_TAPE_TESTING_H
#define TRACES_TESTS_TAPE_TESTING_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "traces/base/err.h"
#include "traces/tape_buf.h"
#include "traces/tape_reader.h"
#include "traces/tape_writer.h"

/* A call that must succeed; the error's text is shown when it does not. */
#define assert_done(call, err)       \
 do {                                \
  int done_ret = (call);             \
  if (done_ret)                      \
   print_error("%s\n", (err)->text); \
  assert_int_equal(done_ret, 0);     \
 } while (0)

static inline int testing_append(void *ctx, const void *buf, size_t len)
{
	struct tape_buf *out = ctx;

	if (!tape_buf_reserve(out, len))
		return ENOMEM;
	memcpy(out->bytes + out->len, buf, len);
	out->len += len;
	return 0;
}

static inline uint64_t testing_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* A number of any magnitude: as many bits as another number says. */
static inline uint64_t testing_wild(uint64_t *seed)
{
	unsigned bits = (unsigned)(testing_random(seed) % 65);

	return bits ? testing_random(seed) >> (64 - bits) : 0;
}

/* Often one of a few blocks, so that addresses return; else any number. */
static inline uint64_t testing_address(uint64_t *seed)
{
	uint64_t r = testing_random(seed);

	if (r % 4 == 0)
		return testing_wild(seed);
	return 0x7f0000001000 + ((r >> 8) % 50) * 48 + (r % 64 == 1 ? 8 : 0);
}

static inline uint64_t testing_size(uint64_t *seed)
{
	return testing_random(seed) % 2 ? testing_random(seed) % 64
					: testing_wild(seed);
}

#define TESTING_NOTES 32768 /* events with notes that may be kept at a time */

/*
 * Notes of any magnitude in a ring, which outlives what a test compares. No
 * stack: it would need frames on the tape.
 */
static inline const struct tape_notes *testing_notes(uint64_t *seed)
{
	static struct tape_notes ring[TESTING_NOTES];
	static unsigned at;
	struct tape_notes *n = &ring[at++ % TESTING_NOTES];

	*n = (struct tape_notes){
		.usable_bytes = testing_wild(seed) >> 1,
		.touched_bytes = testing_wild(seed) >> 1,
		.latency_ns = (uint32_t)testing_wild(seed),
		.has = (uint8_t)(testing_random(seed) % 16 & ~TAPE_NOTE_STACK),
	};
	return n;
}

/*
 * Any event that the format can hold: only the fields that its kind carries
 * are set. Time moves on from *time.
 */
static inline struct tape_event testing_event(uint64_t *seed, uint64_t *time)
{
	uint8_t kind = (uint8_t)(1 + testing_random(seed) % TAPE_MARK);
	struct tape_event ev = { .kind = kind };

	*time += testing_random(seed) % 16 ? testing_random(seed) % 300
					   : testing_wild(seed) >> 24;
	ev.time_ns = *time;
	if (kind <= TAPE_FREE_ALIGNED_SIZED) {
		ev.addr = testing_address(seed);
		if (testing_random(seed) % 8 == 0) {
			ev.flags = TAPE_FAILED;
			ev.addr = 0;
		}
		if (kind != TAPE_FREE)
			ev.size = testing_size(seed);
		if (testing_random(seed) % 4 == 0)
			ev.notes = testing_notes(seed);
	}
	if (tape_kind_is_realloc(kind)) {
		ev.old_addr = testing_random(seed) % 2 ? testing_address(seed)
						       : ev.addr;
		*time += testing_wild(seed) >> 40;
	}
	if (tape_kind_has_alignment(kind))
		ev.alignment = testing_wild(seed);
	if (kind == TAPE_FREE_NULL)
		ev.size = testing_wild(seed);
	if (kind == TAPE_THREAD_START)
		ev.addr = testing_wild(seed);
	if (kind == TAPE_THREAD_NAME || kind == TAPE_MARK)
		ev.text = testing_random(seed) % 2 ? "worker 7" : "";
	ev.end_ns = *time;
	return ev;
}

/* Whether a call has a place for this note; of usable, whether it may have. */
static inline bool testing_keeps(const struct tape_event *ev,
				 enum tape_note note)
{
	bool moves = tape_kind_is_realloc(ev->kind) && ev->old_addr;
	bool gives = moves || (tape_kind_is_free(ev->kind) && ev->addr);

	switch (note) {
	case TAPE_NOTE_STACK:
		return tape_kind_is_alloc(ev->kind);
	case TAPE_NOTE_LATENCY:
		return !moves;
	default:
		return gives;
	}
}

static inline void testing_same_notes(const struct tape_event *a,
				      const struct tape_event *b)
{
	struct tape_notes none = { .has = 0 };
	const struct tape_notes *an = a->notes ? a->notes : &none;
	const struct tape_notes *bn = b->notes ? b->notes : &none;
	unsigned bit, has = 0;

	for (bit = 1; bit < 16; bit *= 2)
		if (an->has & bit && testing_keeps(a, bit))
			has |= bit;
	/* Only what was given back by an escape. */
	if (!(bn->has & TAPE_NOTE_USABLE))
		has &= ~(unsigned)TAPE_NOTE_USABLE;
	assert_int_equal(bn->has, has);
	assert_true(b->notes == NULL || bn->has);
	if (has & TAPE_NOTE_STACK)
		assert_int_equal(an->stack, bn->stack);
	if (has & TAPE_NOTE_LATENCY)
		assert_int_equal(an->latency_ns, bn->latency_ns);
	if (has & TAPE_NOTE_USABLE)
		assert_int_equal(an->usable_bytes, bn->usable_bytes);
	if (has & TAPE_NOTE_TOUCHED)
		assert_int_equal(an->touched_bytes, bn->touched_bytes);
}

static inline void testing_same(const struct tape_event *a,
				const struct tape_event *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->time_ns, b->time_ns);
	assert_int_equal(a->end_ns, b->end_ns);
	assert_int_equal(a->addr, b->addr);
	assert_int_equal(a->old_addr, b->old_addr);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->alignment, b->alignment);
	if (tape_kind_has_text(a->kind))
		assert_string_equal(a->text, b->text);
	else if (a->kind <= TAPE_FREE_ALIGNED_SIZED)
		testing_same_notes(a, b);
}

#endif
