// SPDX-License-Identifier: MIT
/*
 * Which memory around a stack pointer can be read. The stack that the system
 * gave to a thread stays as long as the thread: it is looked at once. Others
 * (of routines, of signal handlers) may be gone or have shrunk each time: their
 * pages are looked at anew, which costs a system call each.
 */
#ifndef RECORDER_SHIM_STACK_SPAN_H
#define RECORDER_SHIM_STACK_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#define STACK_PAGE 4096u
#define STACK_ROOM 4096u /* bytes of stack that must be left for us */

struct stack_range {
	uint64_t low;
	uint64_t high;
};

struct stack_span {
	struct stack_range own;   /* the thread's stack, as far as known */
	struct stack_range other; /* another one: only where to look */
};

static inline bool stack_holds(const struct stack_range *range, uint64_t addr)
{
	return addr - range->low < range->high - range->low;
}

/* stack_enter() where the thread's own stack is not known, or is left. */
bool stack_enter_other(struct stack_span *span, uint64_t sp,
		       struct stack_range *range);

/*
 * What can be read around sp, the calling thread's stack pointer. False: so
 * little is left below it that we better do nothing.
 */
static inline bool stack_enter(struct stack_span *span, uint64_t sp,
			       struct stack_range *range)
{
	*range = span->own;
	return __builtin_expect(stack_holds(range, sp - STACK_ROOM) &&
					sp < range->high,
				1) ||
	       stack_enter_other(span, sp, range);
}

/* The range of another stack pointer that was found there; false: none. */
bool stack_switch(const struct stack_span *span, uint64_t sp,
		  struct stack_range *range);

/* Let the range of another stack reach up to an address; false: it cannot. */
bool stack_extend(const struct stack_span *span, struct stack_range *range,
		  uint64_t addr);

#endif
