// SPDX-License-Identifier: MIT
/*
 * One recorded process: its tape and what goes onto it, from the process's
 * registration, or before its start, to its end. One user at a time.
 */
#ifndef RECORDER_RECORDING_H
#define RECORDER_RECORDING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "recorder/drain.h"
#include "recorder/output.h"
#include "recorder/process.h"
#include "recorder/sample.h"
#include "traces/base/err.h"

struct session_config;

/* What all recordings of a session have in common. */
struct recording_env {
	const struct session_config *config;
	struct shared *shared;
	struct ticks *ticks;
	struct drain *drain;
	struct tape_pool *pool; /* of the writers of all tapes */
	time_t begun;
	unsigned nr; /* of recordings: the more, the fewer samples of each */
	const char *over; /* why nothing is recorded any more, or NULL */
	struct live_bytes *live_bytes; /* counts along, or NULL */
};

#define RECORDING_NO_ENTRY UINT32_MAX

struct recording {
	const struct recording_env *env;
	bool first;                /* of the process that was started */
	bool ended;                /* its tape: at an end, a limit, an error */
	bool paused;               /* by recording_pause() */
	bool started;              /* it was not paused all the time */
	uint32_t entry;            /* in the shared table */
	struct ring_process image; /* what it announced, as it was then */
	struct process process;
	pid_t told_pid; /* as it calls itself; another namespace's, maybe */
	struct drain_target target;
	struct output output;
	struct tape_writer *writer;
	struct stacks *stacks; /* NULL: none are wanted */
	struct sampler sampler;
	char reason[128]; /* why it ended before its process, or "" */
	struct err err;   /* what made it end, or what is wrong with the tape */
	char earlier[256]; /* programs that executed the last one, or "" */
	uint64_t earlier_events;
	char unseen[256];      /* a later program that is not recorded, or "" */
	char checked_name[16]; /* of its main thread: the program's own */
	uint64_t next_flush_ns;
	uint64_t next_names_ns;
	uint64_t duration_ns;
};

/*
 * Make one for a process that waits to be started; its tape is opened, so that
 * an impossible name is told before the work.
 */
int recording_open(struct recording *r, const struct recording_env *env,
		   pid_t pid, struct err *err);

/* Make one for another process, which has registered so; then begin it. */
void recording_open_child(struct recording *r, const struct recording_env *env,
			  const struct ring_process *entry);

/*
 * The process has registered, as entry tells, or executed another program that
 * has: the tape begins anew. What fails is in r->err; then it has ended.
 */
void recording_begin(struct recording *r, uint32_t entry);

/* After each pass of the drain: errors, and what is due by the clock. */
void recording_tend(struct recording *r, uint64_t now_ns);

/* When it wants to be tended next, for the sake of a sample. */
uint64_t recording_due_ns(const struct recording *r);

/* Write a mark at this moment. */
void recording_mark(struct recording *r, const char *text);

/* Stop or go on, until told otherwise; marks and a sample tell of it. */
void recording_pause(struct recording *r, bool pause);

/*
 * End the tape. reason: why, while the process goes on, which is paused for
 * good; NULL: it is over, or was never seen.
 */
void recording_end(struct recording *r, const char *reason);

/* The process is over: its slots and its entry are free again. */
void recording_leave(struct recording *r);

/* Events of threads that found no ring. */
uint64_t recording_lost(const struct recording *r);
/* Whether the program has asked for the usable size of a block. */
bool recording_asks_usable(const struct recording *r);

/* Release all; a tape that was not begun is removed. */
void recording_close(struct recording *r);

#endif
