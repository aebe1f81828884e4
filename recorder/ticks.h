// SPDX-License-Identifier: MIT
/*
 * From clock ticks of the records to nanoseconds of the tape. Which clock the
 * records use is decided here too. One user at a time.
 */
#ifndef RECORDER_TICKS_H
#define RECORDER_TICKS_H

#include <stdint.h>

#include "recorder/ring.h"

struct ticks {
	uint32_t clock;       /* enum ring_clock */
	uint64_t origin;      /* ticks at time 0 */
	uint64_t origin_ns;   /* the same moment on CLOCK_MONOTONIC */
	uint64_t ns_per_tick; /* fixed point, 32 bits of fraction */
	uint64_t window;      /* ticks of records lie from here on */
};

/* Choose the clock and begin to measure its rate. */
void ticks_start(struct ticks *t);

/*
 * Measure the rate since ticks_start; waits until that is 5 ms ago. One rate
 * serves the whole tape, so that times of threads compare. Time 0 is when it
 * returns: just before the program starts.
 */
void ticks_calibrate(struct ticks *t);

/* Time 0 is now: nothing that has a time was recorded yet. */
void ticks_rebase(struct ticks *t);

/* Before each batch of records: they are at most 2^45 ticks old. */
void ticks_set_window(struct ticks *t);

/* The moment, in ns of the tape. */
uint64_t ticks_now_ns(const struct ticks *t);

static inline uint64_t ticks_to_ns(const struct ticks *t, uint64_t ticks)
{
	if (ticks < t->origin)
		return 0;
	return (uint64_t)((unsigned __int128)(ticks - t->origin) *
				  t->ns_per_tick >>
			  32);
}

/* All of the ticks whose low RING_TIME_BITS a record holds. */
static inline uint64_t ticks_unwrap(const struct ticks *t, uint64_t low)
{
	return t->window + ((low - t->window) & RING_TIME_MASK);
}

#endif
