// SPDX-License-Identifier: MIT
/*
 * The C library's functions of time, as the allocator under test finds them:
 * the worker exports them, and an executable's symbols come first. Where the
 * pace does not bend time they do what the C library does.
 *
 * pthread_cond_timedwait and its kin wait in slices of real time, and look at
 * the shown clock in between.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <sys/time.h>
#include <unistd.h>

#include "replayer/worker/clock.h"

#define EXPORT    __attribute__((visibility("default")))
#define SECOND_NS 1000000000ULL
#define SLICE_NS  1000000ULL

EXPORT int clock_gettime(clockid_t id, struct timespec *ts)
{
	return clock_shown(id, ts);
}

EXPORT int gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec ts;

	(void)zone;
	clock_shown(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

EXPORT time_t time(time_t *out)
{
	struct timespec ts;

	clock_shown(CLOCK_REALTIME, &ts);
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

EXPORT int timespec_get(struct timespec *ts, int base)
{
	if (base != TIME_UTC)
		return 0;
	clock_shown(CLOCK_REALTIME, ts);
	return base;
}

static bool is_valid(const struct timespec *ts)
{
	return ts->tv_sec >= 0 && ts->tv_nsec >= 0 &&
	       (uint64_t)ts->tv_nsec < SECOND_NS;
}

static void sleep_for(uint64_t ns)
{
	if (clock_is_virtual())
		clock_sleep_until(clock_shown_ns() + ns);
	else
		clock_real_sleep(clock_real_span(ns));
}

EXPORT int nanosleep(const struct timespec *ts, struct timespec *rest)
{
	if (!is_valid(ts)) {
		errno = EINVAL;
		return -1;
	}
	sleep_for((uint64_t)ts->tv_sec * SECOND_NS + (uint64_t)ts->tv_nsec);
	if (rest)
		*rest = (struct timespec){ 0 };
	return 0;
}

EXPORT int clock_nanosleep(clockid_t id, int flags, const struct timespec *ts,
			   struct timespec *rest)
{
	if (!is_valid(ts))
		return EINVAL;
	if (flags & TIMER_ABSTIME)
		sleep_for(clock_until(id, ts));
	else
		nanosleep(ts, rest);
	return 0;
}

EXPORT int usleep(useconds_t us)
{
	sleep_for(us * 1000ULL);
	return 0;
}

EXPORT unsigned sleep(unsigned seconds)
{
	sleep_for(seconds * SECOND_NS);
	return 0;
}

/* One kind of timed wait: what it waits on, and the real function. */
struct wait {
	void *on;
	void *with;
	int (*real)(const struct wait *w, clockid_t id,
		    const struct timespec *until);
};

/* The C library's own; looked up early, as that may allocate. */
static struct {
	int (*cond)(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t id,
		    const struct timespec *until);
	int (*mutex)(pthread_mutex_t *mutex, clockid_t id,
		     const struct timespec *until);
	int (*semaphore)(sem_t *sem, clockid_t id,
			 const struct timespec *until);
} real;

static void look_up(void)
{
	*(void **)&real.cond = dlsym(RTLD_NEXT, "pthread_cond_clockwait");
	*(void **)&real.mutex = dlsym(RTLD_NEXT, "pthread_mutex_clocklock");
	*(void **)&real.semaphore = dlsym(RTLD_NEXT, "sem_clockwait");
}

static __attribute__((section(".preinit_array"),
		      used)) void (*const look_up_early)(void) = look_up;

/* The real time of the clock in so many real ns. */
static void real_deadline(clockid_t id, uint64_t ns, struct timespec *ts)
{
	clock_real(id, ts);
	ns += (uint64_t)ts->tv_nsec;
	ts->tv_sec += (time_t)(ns / SECOND_NS);
	ts->tv_nsec = (long)(ns % SECOND_NS);
}

/* Until the shown clock is at that time. ETIMEDOUT, or what real returns. */
static int wait_until(const struct wait *w, clockid_t id,
		      const struct timespec *ts)
{
	struct timespec until;
	uint64_t left;
	int place, rc;

	if (!clock_is_bent() || !is_valid(ts))
		return w->real(w, id, ts);
	left = clock_until(id, ts);
	place = clock_is_virtual() ? clock_wait_begin(clock_shown_ns() + left)
				   : -1;
	do {
		if (!clock_is_virtual())
			left = clock_real_span(left);
		else if (left > SLICE_NS)
			left = SLICE_NS;
		real_deadline(id, left, &until);
		rc = w->real(w, id, &until);
		left = clock_until(id, ts);
	} while (rc == ETIMEDOUT && left);
	clock_wait_end(place);
	return rc;
}

static int real_cond(const struct wait *w, clockid_t id,
		     const struct timespec *until)
{
	return real.cond(w->on, w->with, id, until);
}

static int real_mutex(const struct wait *w, clockid_t id,
		      const struct timespec *until)
{
	return real.mutex(w->on, id, until);
}

static int real_semaphore(const struct wait *w, clockid_t id,
			  const struct timespec *until)
{
	return real.semaphore(w->on, id, until) ? errno : 0;
}

EXPORT int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
				  clockid_t id, const struct timespec *ts)
{
	const struct wait w = { cond, mutex, real_cond };

	return wait_until(&w, id, ts);
}

EXPORT int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
				  const struct timespec *ts)
{
	/* The clock is the condition's, but the time tells it as well. */
	return pthread_cond_clockwait(cond, mutex, clock_of_time(ts), ts);
}

EXPORT int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t id,
				   const struct timespec *ts)
{
	const struct wait w = { mutex, NULL, real_mutex };

	return wait_until(&w, id, ts);
}

EXPORT int pthread_mutex_timedlock(pthread_mutex_t *mutex,
				   const struct timespec *ts)
{
	return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, ts);
}

EXPORT int sem_clockwait(sem_t *sem, clockid_t id, const struct timespec *ts)
{
	const struct wait w = { sem, NULL, real_semaphore };
	int rc = wait_until(&w, id, ts);

	if (!rc)
		return 0;
	errno = rc;
	return -1;
}

EXPORT int sem_timedwait(sem_t *sem, const struct timespec *ts)
{
	return sem_clockwait(sem, CLOCK_REALTIME, ts);
}
