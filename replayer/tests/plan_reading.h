// SPDX-License-Identifier: MIT
/* Walks over the plans that tests have made. */
#ifndef REPLAYER_TESTS_PLAN_READING_H
#define REPLAYER_TESTS_PLAN_READING_H

#include "replayer/tests/plan_testing.h"

/* A walk over one thread's stream. */
struct reading {
	const uint64_t *words;
	const uint64_t *at;
	uint64_t word, next; /* of the op read last */
	uint32_t slot, arg, code;
};

static inline void open_stream(struct reading *r, const struct history *y,
			       uint32_t thread)
{
	const struct plan_thread *table =
		(const void *)(y->map + y->h.threads_at);

	memset(r, 0, sizeof(*r));
	r->words = (const uint64_t *)(const void *)y->map;
	r->at = r->words + (uint64_t)table[thread].first_page * 512;
}

static inline bool is_wide(uint32_t code)
{
	return code == PLAN_SKEW || code == PLAN_MALLOC_BIG ||
	       code == PLAN_CALLOC_BIG || code == PLAN_REALLOC ||
	       code == PLAN_REALLOCARRAY || code == PLAN_REALLOC_NEW_BIG ||
	       code >= PLAN_REALLOCARRAY_NEW;
}

/* The next op that is neither a mark nor a jump. */
static inline enum plan_code read_op(struct reading *r)
{
	for (;;) {
		r->word = *r->at;
		r->code = (uint32_t)r->word & PLAN_CODE_MASK;
		r->slot = plan_slot(r->word);
		r->arg = plan_arg(r->word);
		if (r->code == PLAN_NEXT) {
			r->at = r->words + (uint64_t)r->slot * 512;
			continue;
		}
		r->next = r->at[1];
		if (r->code != PLAN_STOP && r->code != PLAN_EXIT)
			r->at += 1 + is_wide(r->code);
		if (r->code != PLAN_MARK)
			return (enum plan_code)r->code;
	}
}

#endif
