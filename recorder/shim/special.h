// SPDX-License-Identifier: MIT
/*
 * Calls of which more is told than the event: usable sizes, latencies, stacks,
 * residency; and those that are only passed on, as recording is paused or over.
 * Every function may be called in a signal handler that interrupted any other.
 * errno is what the real function leaves.
 */
#ifndef RECORDER_SHIM_SPECIAL_H
#define RECORDER_SHIM_SPECIAL_H

#include "recorder/shim/record.h"

/* The malloc family in a mode that is not 0. */
void *special_malloc(size_t size);
void *special_calloc(size_t nr, size_t size);
void *special_realloc(void *ptr, size_t size, unsigned kind);
void special_free(void *ptr);

/* A call that returns a block, in any mode. */
struct special_take {
	uint32_t mode;
	uint64_t mark;
	uint64_t begin; /* ticks, if calls are timed */
};

/* A call that gives a block back, in any mode. */
struct special_give {
	struct rec_place place; /* where its latency goes */
	uint64_t begin;
};

/* What special_begin() does where recording is not paused. */
void special_begin_on(struct special_take *call);
/* After the real call: record it. */
void special_end(const struct special_take *call, unsigned kind,
		 const void *ptr, size_t size, size_t alignment);
/* Before the real call: record it, unless recording is paused. */
void special_giving(struct special_give *call, unsigned kind, void *ptr,
		    size_t size, size_t alignment);
/* After it. */
void special_given(const struct special_give *call);

/* The mode, of a process that is known by now. */
static inline uint32_t special_mode(void)
{
	uint32_t mode = shim_mode();

	if (unlikely(mode & RING_NEW)) {
		shim_prepare();
		mode = shim_mode();
	}
	return mode;
}

/* Before the real call. False: only make it. */
static inline bool special_begin(struct special_take *call)
{
	call->mode = special_mode();
	if (call->mode & RING_PAUSED)
		return false;
	special_begin_on(call);
	return true;
}

#endif
