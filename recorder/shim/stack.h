// SPDX-License-Identifier: MIT
/*
 * Stacks of the calls that are recorded, all or a sample of them. Each stack
 * is told to the drain once per thread; then its hash stands for it.
 *
 * Every function may be called in a signal handler that interrupted any
 * other, and be left by longjmp. errno is kept.
 */
#ifndef RECORDER_SHIM_STACK_H
#define RECORDER_SHIM_STACK_H

#include <stdbool.h>

#include "recorder/shim/shim.h"

#define STACK_PATH_BYTES 1024
#define STACK_ID_BYTES   64

/* What of a call makes a stack become due; per_call 0: its bytes. */
struct stack_dues {
	uint64_t per_call;
	uint64_t per_byte;
};

extern struct stack_dues stack_dues;

/* Read how stacks are wanted; before the first thread is given a ring. */
void stack_start(const struct ring_control *control);

/* The block is another thread's from now on, of the same process. */
void stack_begin(struct rec_thread *t);

/*
 * The hash of the stack that led to the call of our library, which has been
 * told to the drain; 0: there is none. t is rec_self, and may be NULL still.
 */
uint64_t stack_take(struct rec_thread *t, size_t size);

/*
 * To be called for each call that gives out a block, by our function that was
 * called or one below it. Returns the value of its RING_NOTE_STACK; 0: none.
 */
static inline uint64_t stack_sample(struct rec_thread *t, size_t size)
{
	if (likely(t)) {
		t->stack_left -= (int64_t)(stack_dues.per_call +
					   (size & stack_dues.per_byte));
		if (likely(t->stack_left > 0))
			return 0;
	}
	return stack_take(t, size);
}

/* stack_tell.c: write a definition into the ring; false: that failed. */
bool stack_tell(struct rec_thread *t, uint64_t hash, uint64_t generation,
		const uint64_t *ips, unsigned nr);

/* The words of a RING_MODULE_DEF. */
struct stack_module {
	uint64_t generation;
	uint64_t start;
	uint64_t end;
	uint64_t bias;
	uint64_t lengths;
	char text[STACK_ID_BYTES + STACK_PATH_BYTES]; /* build id, path */
};

struct stack_object;
/* Write what is known of a file; *m is room for it. */
bool stack_tell_module(struct rec_thread *t, uint64_t generation,
		       const struct stack_object *object,
		       struct stack_module *m);

#endif
