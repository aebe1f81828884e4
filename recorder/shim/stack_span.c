// SPDX-License-Identifier: MIT
/*
 * Which memory around a stack pointer can be read; see stack_span.h. A thread's
 * own stack is known by what lies at its upper end: the thread's descriptor,
 * or, of the first thread, what the kernel put there. There are guard pages
 * between it and any other memory below.
 */
#include <stddef.h>

#include "recorder/shim/stack_rule.h"
#include "recorder/shim/stack_span.h"

#define GAP_MAX (8u << 20) /* no frame is larger, and few first depths */

extern void *__libc_stack_end; /* set by the loader: where main's stack began */

static inline uint64_t page_of(uint64_t addr)
{
	return addr & ~(uint64_t)(STACK_PAGE - 1);
}

/* Move the upper end up to behind an address, as far as can be read. */
static bool raise(struct stack_range *range, uint64_t addr)
{
	while (range->high <= addr && stack_readable(range->high))
		range->high += STACK_PAGE;
	return range->high > addr;
}

static bool lower(struct stack_range *range, uint64_t addr)
{
	while (range->low > addr && stack_readable(range->low - STACK_PAGE))
		range->low -= STACK_PAGE;
	return range->low <= addr;
}

/* Whether the stack reaches from sp up to its upper end. */
static bool reaches(uint64_t sp, uint64_t end, struct stack_range *range)
{
	range->low = page_of(sp);
	range->high = range->low + STACK_PAGE;
	return end > sp && end - sp < GAP_MAX && raise(range, end);
}

bool stack_enter_other(struct stack_span *span, uint64_t sp,
		       struct stack_range *range)
{
	struct stack_range *own = &span->own;

	if (!own->high &&
	    !reaches(sp, (uintptr_t)__builtin_thread_pointer(), own) &&
	    !reaches(sp, (uintptr_t)__libc_stack_end, own))
		*own = (struct stack_range){ 0, 0 };
	if (sp < own->high && own->low - (sp - STACK_ROOM) < GAP_MAX) {
		lower(own, sp - STACK_ROOM);
		if (sp >= own->low) {
			*range = *own;
			return own->low <= sp - STACK_ROOM;
		}
	}
	range->low = page_of(sp);
	range->high = range->low + STACK_PAGE;
	if (stack_holds(&span->other, sp))
		raise(range, span->other.high - 1);
	return lower(range, sp - STACK_ROOM);
}

bool stack_switch(const struct stack_span *span, uint64_t sp,
		  struct stack_range *range)
{
	if (stack_holds(&span->own, sp)) {
		*range = span->own;
		return true;
	}
	range->low = page_of(sp);
	range->high = range->low + STACK_PAGE;
	return stack_readable(sp);
}

bool stack_extend(const struct stack_span *span, struct stack_range *range,
		  uint64_t addr)
{
	return addr >= range->high && addr - range->high < GAP_MAX &&
	       range->high != span->own.high && raise(range, addr);
}
