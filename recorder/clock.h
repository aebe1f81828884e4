// SPDX-License-Identifier: MIT
/*
 * The clock of the records, read by the shim and the drain alike.
 *
 * x86: plain rdtsc. It cannot come out later than what follows it becomes
 * visible (stores leave the core in order, after it), which is what a free
 * needs. An allocation is stamped after the call, and there a fence or rdtscp
 * would close a window of some tens of ns in which rdtsc may run ahead of a
 * load that still waits for its cache line.
 */
#ifndef RECORDER_CLOCK_H
#define RECORDER_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "recorder/ring.h"

static inline uint64_t clock_counter(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
# error "no cycle counter known for this machine"
#endif
}

static inline uint64_t clock_monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static inline uint64_t clock_ticks(uint32_t clock)
{
	return __builtin_expect(clock == RING_CLOCK_COUNTER, 1)
		       ? clock_counter()
		       : clock_monotonic_ns();
}

#endif
