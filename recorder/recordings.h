// SPDX-License-Identifier: MIT
/*
 * All processes of a session: found as they register, followed to their ends,
 * summed up. One user at a time.
 */
#ifndef RECORDER_RECORDINGS_H
#define RECORDER_RECORDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recorder/recording.h"

struct recordings {
	struct recording_env env;
	struct recording first;   /* of the process that was started */
	struct recording **other; /* those that go on, by time of birth */
	size_t nr;
	size_t room;
	uint64_t acquired; /* entries seen so far */
	uint64_t next_scan_ns;
	uint64_t next_poll_ns;
	uint64_t next_seek_ns;
	uint64_t next_care_ns;
	uint32_t claimed[RING_PROCESSES]; /* entries, as seen at the last one */
	struct session_result *result; /* gets the sums of those that ended */
};

/* Find the processes that have registered since; now_ns is CLOCK_MONOTONIC. */
int recordings_find(struct recordings *s, uint64_t now_ns, struct err *err);

/* See which of the others have ended; likewise. */
void recordings_poll(struct recordings *s, uint64_t now_ns);

/*
 * After a pass of the drain: tend all, and let go of those that are over and
 * read to their end. now_ns is the tapes' clock.
 */
void recordings_tend(struct recordings *s, uint64_t now_ns);

/* Whether one is over, and its last events are still to be read. */
bool recordings_ending(const struct recordings *s);

/* When the next of them wants to be tended. */
uint64_t recordings_due_ns(const struct recordings *s);

/* End all tapes: the processes go on unrecorded. */
void recordings_end(struct recordings *s, const char *reason);

/* The recording of a process, or NULL. */
struct recording *recordings_by_pid(struct recordings *s, pid_t pid);

/* End and sum up the others, which are not followed any further. */
void recordings_close_others(struct recordings *s);
void recordings_close(struct recordings *s);

#endif
