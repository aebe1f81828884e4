// SPDX-License-Identifier: MIT
/* Choice and calibration of the clock for single calls. */
#if defined(__x86_64__)
# include <cpuid.h>
#endif

#include "replayer/worker/ticks.h"

#define CALIBRATE_NS 20000000ULL
#define FLOOR_PAIRS  4096
/* The calibration is good to some 1e-5: 100 ns in this time. */
#define ANCHOR_NS 10000000ULL

struct ticks_clock ticks_clock;

/* Whether the counter runs evenly, whatever the CPU's frequency. */
static bool counter_is_even(void)
{
#if defined(__x86_64__)
	unsigned a, b, c, d;

	return __get_cpuid(0x80000007, &a, &b, &c, &d) && d & 1U << 8;
#elif defined(__aarch64__)
	return true;
#else
	return false;
#endif
}

void ticks_init(void)
{
	uint64_t ns, ns_begin, begin, end;

	ticks_clock.ns_per_tick = 1ULL << 32;
	ticks_clock.anchor_ticks = ANCHOR_NS;
	if (!counter_is_even())
		return;
	ticks_clock.counter = true;
	ns_begin = clock_real_ns();
	begin = ticks_begin();
	do {
		ns = clock_real_ns() - ns_begin;
		end = ticks_end();
	} while (ns < CALIBRATE_NS);
	ticks_clock.ns_per_tick =
		(uint64_t)(((unsigned __int128)ns << 32) / (end - begin));
	ticks_clock.anchor_ticks =
		(uint64_t)(((unsigned __int128)ANCHOR_NS << 32) /
			   ticks_clock.ns_per_tick);
}

uint64_t ticks_floor_ns(void)
{
	uint32_t counts[1024] = { 0 };
	unsigned i, seen = 0;

	for (i = 0; i < FLOOR_PAIRS; i++) {
		uint64_t begin = ticks_begin();
		uint64_t ns = ticks_to_ns(ticks_end() - begin);

		counts[ns < 1023 ? ns : 1023]++;
	}
	for (i = 0; i < 1023 && seen < FLOOR_PAIRS / 2; i++)
		seen += counts[i];
	return i ? i - 1 : 0;
}
