// SPDX-License-Identifier: MIT
/* Recording with more than the event; see special.h. */
#include <errno.h>

#include "recorder/shim/real.h"
#include "recorder/shim/residency.h"
#include "recorder/shim/special.h"
#include "recorder/shim/stack.h"

static void add_note(struct rec_event *e, unsigned which, uint64_t value)
{
	e->notes[e->nr_notes].which = which;
	e->notes[e->nr_notes++].value = value;
}

/* After the real call: who made it. */
static void add_stack(struct rec_event *e, uint32_t mode)
{
	uint64_t stack;

	/* The first call of all may only now be known to be recorded. */
	if (unlikely(mode & RING_NEW))
		mode = special_mode();
	if (!(mode & RING_STACKS))
		return;
	stack = stack_sample(rec_self, e->value[1]);
	if (stack)
		add_note(e, RING_NOTE_STACK, stack);
}

void special_begin_on(struct special_take *call)
{
	call->mark = rec_mark();
	if (call->mode & RING_LATENCY)
		call->begin = clock_ticks(shim.clock);
}

void special_end(const struct special_take *call, unsigned kind,
		 const void *ptr, size_t size, size_t alignment)
{
	struct rec_event e = { .kind = kind,
			       .value = { (uintptr_t)ptr, size, alignment } };

	if (call->mode & RING_LATENCY)
		add_note(&e, RING_NOTE_LATENCY,
			 clock_ticks(shim.clock) - call->begin);
	if (rec_nested(call->mark, ptr))
		return;
	add_stack(&e, call->mode);
	rec_append_event(&e, NULL);
}

/*
 * What is told of a block that is given back: its size, where it may be older
 * than the recording, and how much of it was touched.
 */
static void tell_block(struct rec_event *e, uint32_t mode, void *ptr)
{
	uint64_t touched;
	size_t usable;

	if (!(mode & (RING_WINDOW | RING_RESIDENCY)) || !real.usable_known)
		return;
	usable = real.malloc_usable_size(ptr);
	if (mode & RING_RESIDENCY && residency_of(ptr, usable, &touched))
		add_note(e, RING_NOTE_TOUCHED, touched);
	if (!(mode & RING_WINDOW))
		return;
	if (e->kind == RING_FREE)
		e->kind = RING_FREE_USABLE;
	if (e->kind == RING_FREE_USABLE || e->kind == RING_REALLOC_BEGIN)
		e->value[1] = usable;
}

void special_giving(struct special_give *call, unsigned kind, void *ptr,
		    size_t size, size_t alignment)
{
	struct rec_event e = { .kind = kind,
			       .value = { (uintptr_t)ptr, size, alignment } };
	uint32_t mode = special_mode();

	call->place.thread = NULL;
	if (mode & RING_PAUSED)
		return;
	tell_block(&e, mode, ptr);
	if (mode & RING_LATENCY) {
		add_note(&e, RING_NOTE_AFTERWARDS, 0);
		e.after = true;
	}
	rec_append_event(&e, &call->place);
	if (call->place.thread)
		call->begin = clock_ticks(shim.clock);
}

void special_given(const struct special_give *call)
{
	if (call->place.thread)
		rec_append_after(&call->place,
				 clock_ticks(shim.clock) - call->begin);
}

static __attribute__((noinline)) void *malloc_noted(size_t size)
{
	struct special_take call;
	void *ptr;

	if (!special_begin(&call))
		return real.malloc(size);
	ptr = real.malloc(size);
	special_end(&call, RING_MALLOC, ptr, size, 0);
	return ptr;
}

/* Paused calls need no frame of their own. */
void *special_malloc(size_t size)
{
	return shim_mode() & RING_PAUSED ? real.malloc(size)
					 : malloc_noted(size);
}

void *special_calloc(size_t nr, size_t size)
{
	struct special_take call;
	void *ptr;

	if (!special_begin(&call))
		return real.calloc(nr, size);
	ptr = real.calloc(nr, size);
	special_end(&call, RING_CALLOC, ptr, shim_product(nr, size), 0);
	return ptr;
}

/* Its begin and its end tell how long it took. */
static void *realloc_block(void *ptr, size_t size, unsigned kind, uint32_t mode)
{
	struct rec_event e = { .kind = RING_REALLOC_BEGIN,
			       .value = { (uintptr_t)ptr } };
	bool recorded;
	uint64_t mark;
	void *moved;

	tell_block(&e, mode, ptr);
	recorded = rec_append_event(&e, NULL);
	mark = rec_mark();
	moved = real.realloc(ptr, size);
	if (!recorded)
		return moved;
	e = (struct rec_event){ .kind = kind,
				.value = { (uintptr_t)moved, size } };
	if (unlikely(rec_nested(mark, moved)))
		e.kind = RING_REALLOC_CANCEL;
	else
		add_stack(&e, mode);
	rec_append_event(&e, NULL);
	return moved;
}

void *special_realloc(void *ptr, size_t size, unsigned kind)
{
	struct special_take call;
	void *moved;

	if (!special_begin(&call))
		return real.realloc(ptr, size);
	if (ptr)
		return realloc_block(ptr, size, kind, call.mode);
	moved = real.realloc(NULL, size);
	special_end(&call,
		    kind == RING_REALLOC ? RING_REALLOC_NEW
					 : RING_REALLOCARRAY_NEW,
		    moved, size, 0);
	return moved;
}

static __attribute__((noinline)) void free_noted(void *ptr)
{
	struct special_give call;
	uint32_t mode = special_mode();

	if (!(mode & ~(uint32_t)RING_STACKS)) {
		/* Of a free no stack is told, so there is no more to do. */
		rec_event(RING_FREE, ptr, 0);
		real.free(ptr);
		return;
	}
	special_giving(&call, RING_FREE, ptr, 0, 0);
	real.free(ptr);
	special_given(&call);
}

void special_free(void *ptr)
{
	if (shim_mode() & RING_PAUSED)
		real.free(ptr);
	else
		free_noted(ptr);
}
