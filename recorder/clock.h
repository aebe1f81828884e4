// SPDX-License-Identifier: MIT
/*
 * The clock of the records, read by the shim and the drain alike.
 *
 * x86: plain rdtsc. It may run ahead of a load or exchange that still waits for
 * its cache line, so that a block which passes between threads within some tens
 * of ns can be stamped in the wrong order; readers of tapes mend and count
 * that. A fence before it would close the window, at the price of a second
 * rdtsc for every event.
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
