// SPDX-License-Identifier: MIT
/*
 * Sleeping in shown time. Threads of an allocator's own sleep until a time;
 * when virtual time comes there, it stops until they have done their work and
 * sleep again, since in the program that work takes no time either. It does
 * not stop for long: a thread may also end, or wait for something else.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "replayer/worker/clock.h"

#define SLICE_NS 1000000ULL   /* between two looks at the clock */
#define STOP_NS  100000000ULL /* that virtual time stops at most */

enum { MAX_SLEEPERS = 64 };

/* A sleeper's deadline; these stand for none. */
#define FREE  UINT64_MAX
#define TAKEN (UINT64_MAX - 1)

static _Atomic uint64_t deadlines[MAX_SLEEPERS];
static _Atomic uint32_t nr_places; /* that were ever taken */
static _Atomic uint32_t ticks;     /* raised when a deadline is reached */
static _Atomic uint32_t awake;     /* woken, and not yet asleep again */

static _Thread_local bool replaying;
static _Thread_local bool woken;

void clock_is_replaying(void)
{
	replaying = true;
}

static void futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t ns)
{
	struct timespec ts = { .tv_nsec = (long)ns };

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, &ts, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

/* A place of its own; -1 when all are taken. */
static int take_place(void)
{
	uint32_t i;

	for (i = 0; i < MAX_SLEEPERS; i++) {
		uint32_t nr = atomic_load(&nr_places);
		uint64_t free = FREE;

		if (i >= nr) {
			if (!atomic_compare_exchange_strong(&nr_places, &nr,
							    i + 1))
				continue;
			atomic_store(&deadlines[i], TAKEN);
			return (int)i;
		}
		if (atomic_compare_exchange_strong(&deadlines[i], &free, TAKEN))
			return (int)i;
	}
	return -1;
}

/* What it was woken for is done. */
static void fall_asleep(void)
{
	uint32_t nr = atomic_load(&awake);

	if (!woken)
		return;
	woken = false;
	while (nr && !atomic_compare_exchange_weak(&awake, &nr, nr - 1))
		;
	if (nr == 1)
		futex_wake(&awake);
}

int clock_wait_begin(uint64_t deadline_ns)
{
	int place;

	if (replaying)
		return -1;
	place = take_place();
	if (place >= 0 && deadline_ns < TAKEN)
		atomic_store(&deadlines[place], deadline_ns);
	fall_asleep();
	return place;
}

void clock_wait_end(int place)
{
	if (place < 0)
		return;
	/* Virtual time has stopped for it: it counts as awake, see below. */
	woken = atomic_exchange(&deadlines[place], FREE) == TAKEN;
}

uint64_t clock_next_stop(uint64_t now, uint64_t to)
{
	uint32_t nr = atomic_load(&nr_places), i;
	uint64_t stop = to;

	for (i = 0; i < nr && i < MAX_SLEEPERS; i++) {
		uint64_t deadline = atomic_load(&deadlines[i]);

		if (deadline > now && deadline < stop)
			stop = deadline;
	}
	return stop;
}

void clock_reached(uint64_t now)
{
	uint32_t nr = atomic_load(&nr_places), i, left, due = 0;
	uint64_t waited;

	for (i = 0; i < nr && i < MAX_SLEEPERS; i++) {
		uint64_t deadline = atomic_load(&deadlines[i]);

		if (deadline > now)
			continue;
		atomic_fetch_add(&awake, 1);
		/* Who gets here first counts it; it may also have left. */
		if (atomic_compare_exchange_strong(&deadlines[i], &deadline,
						   TAKEN))
			due++;
		else
			atomic_fetch_sub(&awake, 1);
	}
	if (!due)
		return;
	atomic_fetch_add(&ticks, 1);
	futex_wake(&ticks);
	for (waited = 0; waited < STOP_NS && (left = atomic_load(&awake));
	     waited += SLICE_NS / 8)
		futex_wait(&awake, left, SLICE_NS / 8);
	if (waited >= STOP_NS)
		atomic_store(&awake, 0);
}

void clock_sleep_until(uint64_t deadline_ns)
{
	int place = clock_wait_begin(deadline_ns);
	uint64_t shown = clock_shown_ns();
	uint64_t end = UINT64_MAX;

	if (place < 0 && deadline_ns > shown)
		end = clock_real_ns() + (deadline_ns - shown);
	while (clock_shown_ns() < deadline_ns && clock_real_ns() < end) {
		uint32_t seen = atomic_load(&ticks);

		if (clock_shown_ns() < deadline_ns)
			futex_wait(&ticks, seen, SLICE_NS);
	}
	clock_wait_end(place);
}
