// SPDX-License-Identifier: MIT
/*
 * Time in the worker. The harness reads the real clocks. What the allocator
 * reads depends on the pace: the worker exports the C library's clock
 * functions (clock_calls.c), so that the allocator's calls come here.
 *
 *   asap               the real clocks
 *   recorded, at speed the real clocks, running so many times as fast
 *   virtual            the tape's time, that of the furthest thread
 *
 * Shown time runs as the real one does until clock_start. The ns of shown time
 * below count from when the process was made. Any thread may call any function.
 */
#ifndef REPLAYER_WORKER_CLOCK_H
#define REPLAYER_WORKER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct worker;

/* The replay begins: from here on the pace holds. */
void clock_start(void);
/* Shown time passes without any call; at virtual pace at once. */
void clock_idle(uint64_t ns);

/* The real clocks, whatever the pace. */
int clock_real(clockid_t id, struct timespec *ts);
uint64_t clock_real_ns(void);
/* Sleep so many real ns, without a call that others would count. */
void clock_real_sleep(uint64_t ns);

/* Whether shown time differs from the real one now; and if it is the tape's. */
bool clock_is_bent(void);
bool clock_is_virtual(void);
/* As clock_gettime, in shown time. */
int clock_shown(clockid_t id, struct timespec *ts);
/* How much shown time there was so far. */
uint64_t clock_shown_ns(void);
/* Shown ns until the clock shows ts; 0 when it does. */
uint64_t clock_until(clockid_t id, const struct timespec *ts);
/* Real ns in which so much shown time passes; not for virtual pace. */
uint64_t clock_real_span(uint64_t shown_ns);
/*
 * The clock that an absolute time was made with, where nobody tells: the one
 * that shows something near.
 */
clockid_t clock_of_time(const struct timespec *ts);

/*
 * clock_sleep.c. Sleep until that shown time. Threads of the replay
 * never sleep longer than that takes in real time: it may be they that make
 * the virtual time pass.
 */
void clock_sleep_until(uint64_t deadline_ns);
/*
 * Around a timed wait of an allocator's thread: from begin on, virtual time
 * stops at the deadline until that thread sleeps again (or a while is over).
 */
int clock_wait_begin(uint64_t deadline_ns);
void clock_wait_end(int place);
/* This thread is one of the replay's. */
void clock_is_replaying(void);
/* Virtual time is about to pass `to`: wakes who sleeps until then. */
uint64_t clock_next_stop(uint64_t now, uint64_t to);
void clock_reached(uint64_t now);

/*
 * clock_trap.c. Answer clock and sleep system calls as well, those that do
 * not come through the C library; they are counted in the report. Where that
 * is forbidden, the report says so.
 */
void clock_trap_install(struct worker *w);

#endif
