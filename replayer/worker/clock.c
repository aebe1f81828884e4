// SPDX-License-Identifier: MIT
/*
 * The pace of the replay: what a thread does when it is told the tape's time,
 * and what time the allocator is shown meanwhile.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "replayer/worker/clock.h"
#include "replayer/worker/system.h"
#include "replayer/worker/worker.h"

#define SECOND_NS 1000000000ULL
/* A thread that is early by less does not sleep: waking takes longer. */
#define SPIN_NS 20000

enum { NR_CLOCKS = CLOCK_TAI + 1 };

/*
 * Written before any library is initialised, and at the start of the replay,
 * but for now_ns and origin_ns.
 */
static struct {
	int (*gettime)(clockid_t id, struct timespec *ts); /* NULL: no vDSO */
	enum worker_pace pace;
	double speed;
	uint64_t bases[NR_CLOCKS];   /* what the clocks showed at first */
	_Atomic uint64_t started_ns; /* the real clock at the start, or 0 */
	uint64_t before_ns;          /* shown time up to the start */
	_Atomic uint64_t now_ns;     /* virtual: shown time after the start */
	_Atomic uint64_t origin_ns; /* 1 + the tape's time at the start, or 0 */
} state;

static uint64_t to_ns(const struct timespec *ts)
{
	return (uint64_t)ts->tv_sec * SECOND_NS + (uint64_t)ts->tv_nsec;
}

static void from_ns(struct timespec *ts, uint64_t ns)
{
	ts->tv_sec = (time_t)(ns / SECOND_NS);
	ts->tv_nsec = (long)(ns % SECOND_NS);
}

int clock_real(clockid_t id, struct timespec *ts)
{
	long rc;

	if (state.gettime)
		return state.gettime(id, ts);
	rc = system_call(SYS_clock_gettime, id, (long)ts, 0, 0);
	if (rc >= 0)
		return 0;
	errno = (int)-rc;
	return -1;
}

uint64_t clock_real_ns(void)
{
	struct timespec ts;

	clock_real(CLOCK_MONOTONIC, &ts);
	return to_ns(&ts);
}

void clock_real_sleep(uint64_t ns)
{
	uint64_t until = clock_real_ns() + ns, now;
	_Atomic uint32_t never = 0;
	struct timespec ts;

	while ((now = clock_real_ns()) < until) {
		from_ns(&ts, until - now);
		/* Nobody wakes it: a sleep that is no call of nanosleep. */
		syscall(SYS_futex, &never, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0);
	}
}

/* Clocks of wall time; those of CPU time stay as they are. */
static bool is_wall_clock(clockid_t id)
{
	return id >= 0 && id < NR_CLOCKS && id != CLOCK_PROCESS_CPUTIME_ID &&
	       id != CLOCK_THREAD_CPUTIME_ID;
}

/*
 * Before the constructors of any library, which may read clocks already and
 * make threads that sleep. What the driver asks for lies at the begin of the
 * report, whose descriptor is the second argument.
 */
static void look_up(int argc, char **argv)
{
	struct worker_order order;
	struct timespec ts;
	clockid_t id;

	/* Without a vDSO the C library's function would come by clock_trap.c. */
	if (getauxval(AT_SYSINFO_EHDR))
		*(void **)&state.gettime = dlsym(RTLD_NEXT, "clock_gettime");
	for (id = 0; id < NR_CLOCKS; id++)
		if (is_wall_clock(id) && !clock_real(id, &ts))
			state.bases[id] = to_ns(&ts);
	if (argc == 3 &&
	    pread(atoi(argv[2]), &order, sizeof(order), 0) == sizeof(order)) {
		state.pace = order.pace;
		state.speed = order.speed;
	}
}

static __attribute__((section(".preinit_array"),
		      used)) void (*const look_up_early)(int argc,
							 char **argv) = look_up;

/* Time of the real clock since the bases were read. */
static uint64_t real_elapsed_ns(void)
{
	return clock_real_ns() - state.bases[CLOCK_MONOTONIC];
}

void clock_start(void)
{
	state.before_ns = real_elapsed_ns();
	atomic_store_explicit(&state.now_ns, state.before_ns,
			      memory_order_relaxed);
	/* Release: who sees the start sees what was before. */
	atomic_store_explicit(&state.started_ns, clock_real_ns(),
			      memory_order_release);
}

bool clock_is_bent(void)
{
	return state.pace == WORKER_VIRTUAL ||
	       (state.pace == WORKER_RECORDED && state.speed != 1);
}

bool clock_is_virtual(void)
{
	return state.pace == WORKER_VIRTUAL;
}

uint64_t clock_shown_ns(void)
{
	/* Acquire, here and below: who reads a time has seen what was before. */
	uint64_t started =
		atomic_load_explicit(&state.started_ns, memory_order_acquire);

	if (!started)
		return real_elapsed_ns();
	if (clock_is_virtual())
		return atomic_load_explicit(&state.now_ns,
					    memory_order_acquire);
	return state.before_ns +
	       (uint64_t)((double)(clock_real_ns() - started) * state.speed);
}

int clock_shown(clockid_t id, struct timespec *ts)
{
	if (!clock_is_bent() || !is_wall_clock(id) || !state.bases[id])
		return clock_real(id, ts);
	from_ns(ts, state.bases[id] + clock_shown_ns());
	return 0;
}

uint64_t clock_until(clockid_t id, const struct timespec *ts)
{
	struct timespec now;

	if (clock_shown(id, &now) || to_ns(&now) >= to_ns(ts))
		return 0;
	return to_ns(ts) - to_ns(&now);
}

uint64_t clock_real_span(uint64_t shown_ns)
{
	if (!clock_is_bent() || !atomic_load(&state.started_ns))
		return shown_ns;
	return (uint64_t)((double)shown_ns / state.speed);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

clockid_t clock_of_time(const struct timespec *ts)
{
	uint64_t at = to_ns(ts);

	return distance(at, state.bases[CLOCK_MONOTONIC]) <
			       distance(at, state.bases[CLOCK_REALTIME])
		       ? CLOCK_MONOTONIC
		       : CLOCK_REALTIME;
}

/* Let virtual time pass, stopping wherever somebody sleeps until then. */
static void advance(uint64_t to)
{
	uint64_t now =
		atomic_load_explicit(&state.now_ns, memory_order_relaxed);

	while (now < to) {
		uint64_t stop = clock_next_stop(now, to);

		/* Release: see clock_shown_ns. */
		if (!atomic_compare_exchange_weak_explicit(
			    &state.now_ns, &now, stop, memory_order_release,
			    memory_order_relaxed))
			continue;
		now = stop;
		clock_reached(now);
	}
}

void clock_idle(uint64_t ns)
{
	if (clock_is_virtual())
		advance(clock_shown_ns() + ns);
	else
		clock_real_sleep(clock_real_span(ns));
}

/* What the tape's time is since the start; its first time is the start. */
static uint64_t since_origin(uint64_t time_ns)
{
	uint64_t origin =
		atomic_load_explicit(&state.origin_ns, memory_order_relaxed);

	if (!origin && atomic_compare_exchange_strong(&state.origin_ns, &origin,
						      time_ns + 1))
		origin = time_ns + 1;
	return time_ns + 1 > origin ? time_ns + 1 - origin : 0;
}

/* Until the real clock is there; the thread's lag is measured from then. */
static void wait_until(struct worker_thread *t, uint64_t shown_ns)
{
	uint64_t due =
		atomic_load_explicit(&state.started_ns, memory_order_relaxed) +
		clock_real_span(shown_ns);

	t->due_ns = due;
	if (t->now_ns >= due)
		return;
	t->now_ns = clock_real_ns();
	if (t->now_ns + SPIN_NS < due) {
		t->waits_slept++;
		clock_real_sleep(due - t->now_ns - SPIN_NS / 2);
	}
	while ((t->now_ns = clock_real_ns()) < due)
		system_relax();
}

void worker_clock(struct worker_thread *t, uint64_t time_ns)
{
	t->time_ns = time_ns;
	if (worker.order.pace == WORKER_VIRTUAL)
		advance(state.before_ns + since_origin(time_ns));
	else if (worker.order.pace == WORKER_RECORDED)
		wait_until(t, since_origin(time_ns));
}
