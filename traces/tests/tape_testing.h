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
#include "traces/tests/tape_random.h"

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
