// SPDX-License-Identifier: MIT
/* Choice and calibration of the records' clock. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "recorder/clock.h"
#include "recorder/ticks.h"

#define CALIBRATION_NS 5000000u

/*
 * The kernel itself uses the TSC only where it is constant, does not stop and
 * agrees on all processors; aarch64's counter always is.
 */
static uint32_t choose_clock(void)
{
#if defined(__x86_64__)
	char name[32] = "";
	FILE *f = fopen("/sys/devices/system/clocksource/clocksource0/"
			"current_clocksource",
			"re");

	if (f) {
		if (!fgets(name, sizeof(name), f))
			name[0] = '\0';
		fclose(f);
	}
	return strcmp(name, "tsc\n") ? RING_CLOCK_MONOTONIC
				     : RING_CLOCK_COUNTER;
#else
	return RING_CLOCK_COUNTER;
#endif
}

/* Both clocks at one moment: the closest of some tries. */
static void read_both(const struct ticks *t, uint64_t *ticks, uint64_t *ns)
{
	uint64_t best = UINT64_MAX, before, after, seen;
	int i;

	for (i = 0; i < 8; i++) {
		before = clock_ticks(t->clock);
		seen = clock_monotonic_ns();
		after = clock_ticks(t->clock);
		if (after - before >= best)
			continue;
		best = after - before;
		*ticks = before + best / 2;
		*ns = seen;
	}
}

void ticks_start(struct ticks *t)
{
	t->clock = choose_clock();
	t->ns_per_tick = 1ull << 32;
	read_both(t, &t->origin, &t->origin_ns);
	ticks_set_window(t);
}

void ticks_calibrate(struct ticks *t)
{
	uint64_t ticks, ns, past = clock_monotonic_ns() - t->origin_ns;
	struct timespec rest;

	if (t->clock == RING_CLOCK_MONOTONIC) {
		read_both(t, &t->origin, &t->origin_ns);
		return;
	}
	if (past < CALIBRATION_NS) {
		rest = (struct timespec){ 0, (long)(CALIBRATION_NS - past) };
		nanosleep(&rest, NULL);
	}
	read_both(t, &ticks, &ns);
	t->ns_per_tick =
		(uint64_t)(((unsigned __int128)(ns - t->origin_ns) << 32) /
			   (ticks - t->origin));
	t->origin = ticks;
	t->origin_ns = ns;
}

void ticks_rebase(struct ticks *t)
{
	read_both(t, &t->origin, &t->origin_ns);
}

void ticks_set_window(struct ticks *t)
{
	t->window = clock_ticks(t->clock) - (RING_TIME_MASK >> 1);
}

uint64_t ticks_now_ns(const struct ticks *t)
{
	return ticks_to_ns(t, clock_ticks(t->clock));
}
