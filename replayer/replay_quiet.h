// SPDX-License-Identifier: MIT
/*
 * Was the machine quiet while a round ran? What others took from it is read
 * before and after, and a round is thrown away by that alone, whatever it
 * measured: nobody can choose results this way.
 */
#ifndef REPLAYER_REPLAY_QUIET_H
#define REPLAYER_REPLAY_QUIET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits of a round. */
#define QUIET_STEAL          0.02 /* of the CPUs' time, taken by the host */
#define QUIET_STEAL_TICKS    5    /* but no less: a tick is a tick */
#define QUIET_SWITCHES       10   /* times the median of the rounds before */
#define QUIET_SWITCHES_LEAST 1000 /* but no less */
#define QUIET_ROUNDS         5    /* before them there is no median */
#define QUIET_PART           5    /* one of so many is thrown away at most */

/* What has been counted up to now; UINT64_MAX where nobody counts. */
struct replay_quiet {
	uint64_t steal_ticks, all_ticks;
	uint64_t throttled;   /* periods in which the cgroup had to wait */
	uint64_t swapped_in;  /* pages */
	uint64_t involuntary; /* switches away from our children */
	char clocksource[32];
};

/* Read /proc and /sys below root ("" but in tests). Main thread. */
void replay_quiet_read(struct replay_quiet *now, const char *root);
/*
 * Why the round between the two is to be thrown away, "steal 3.1 %", or "".
 * median: of the involuntary switches of the rounds before; 0: none yet.
 */
char *replay_quiet_judge(const struct replay_quiet *before,
			 const struct replay_quiet *after, uint64_t median,
			 char *why, size_t len);

/* The rounds of one tape: how many of them were disturbed. */
struct replay_quiet_log {
	uint64_t switches[64]; /* of the rounds that were kept, the latest */
	size_t nr_kept;
	uint64_t discarded;
	uint64_t allowed; /* so many may be discarded */
};

/* The median so far, 0 when there are too few. */
uint64_t replay_quiet_median(const struct replay_quiet_log *log);
void replay_quiet_keep(struct replay_quiet_log *log,
		       const struct replay_quiet *before,
		       const struct replay_quiet *after);

#endif
