// SPDX-License-Identifier: MIT
/*
 * A clock for single calls: the time stamp counter where it is invariant,
 * cntvct_el0 on aarch64, clock_gettime elsewhere. ticks_begin waits for
 * earlier instructions, ticks_end for those of the call.
 */
#ifndef REPLAYER_WORKER_TICKS_H
#define REPLAYER_WORKER_TICKS_H

#include <stdbool.h>
#include <stdint.h>

#include "replayer/worker/clock.h"

struct ticks_clock {
	uint64_t ns_per_tick;  /* 32.32 fixed point */
	bool counter;          /* else clock_gettime, in ns */
	uint64_t anchor_ticks; /* an anchor holds so long */
};

/* Where a count of ticks was in real time; zeroed at first. */
struct ticks_anchor {
	uint64_t ticks;
	uint64_t real_ns;
};

extern struct ticks_clock ticks_clock;

/* Choose and calibrate the clock; takes 20 ms. */
void ticks_init(void);
/* Median ns of an empty begin/end pair. */
uint64_t ticks_floor_ns(void);

static inline uint64_t ticks_begin(void)
{
	if (!ticks_clock.counter)
		return clock_real_ns();
#if defined(__x86_64__)
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc; lfence"
			 : "=a"(lo), "=d"(hi)::"memory");
	return (uint64_t)hi << 32 | lo;
#elif defined(__aarch64__)
	uint64_t now;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(now)::"memory");
	return now;
#else
	return clock_real_ns();
#endif
}

static inline uint64_t ticks_end(void)
{
#if defined(__x86_64__)
	uint32_t lo, hi;

	if (!ticks_clock.counter)
		return clock_real_ns();
	__asm__ volatile("rdtscp; lfence"
			 : "=a"(lo), "=d"(hi)::"rcx", "memory");
	return (uint64_t)hi << 32 | lo;
#else
	return ticks_begin();
#endif
}

static inline uint64_t ticks_to_ns(uint64_t ticks)
{
	return (uint64_t)(((unsigned __int128)ticks *
			   ticks_clock.ns_per_tick) >>
			  32);
}

/* The real time at which the count was, not long ago; to some 100 ns. */
static inline uint64_t ticks_real_ns(struct ticks_anchor *a, uint64_t ticks)
{
	/* Counters of two CPUs may differ a little: that counts as long ago. */
	if (ticks - a->ticks > ticks_clock.anchor_ticks) {
		a->real_ns = clock_real_ns();
		a->ticks = ticks;
	}
	return a->real_ns + ticks_to_ns(ticks - a->ticks);
}

#endif
