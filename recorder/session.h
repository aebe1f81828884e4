// SPDX-License-Identifier: MIT
/*
 * From the start of a program to the end of its tape and of those of its
 * children. One at a time (the program is our child, its signals are handled).
 */
#ifndef RECORDER_SESSION_H
#define RECORDER_SESSION_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "recorder/live_line.h"
#include "recorder/ring.h"
#include "recorder/stack_rate.h"
#include "recorder/strangers.h"
#include "traces/base/err.h"

struct session_config {
	char **argv;        /* the program and its arguments */
	const char *output; /* pattern of the tapes' names; see pattern.h */
	bool force;         /* replace existing tapes */
	const char *shim;   /* path of libheaptape.so */
	enum ring_follow follow;
	enum ring_on_full on_full;
	bool start_paused;       /* record nothing until told to */
	bool latency;            /* time each call */
	bool residency;          /* see how much of large blocks was touched */
	uint64_t max_size_bytes; /* of one tape; 0: no limit */
	uint64_t max_time_ns;    /* of recording; 0: no limit */
	uint64_t max_memory_bytes; /* of our own; 0: no limit */
	struct stack_rate stacks;  /* of which calls, and how found */
	enum live_when progress;   /* the line on the terminal */
};

/* What there is to tell afterwards. */
struct session_result {
	char output[PATH_MAX]; /* the tape, where it is now */
	char reason[128];      /* why it ended before the program, or "" */
	bool saved;            /* the tape was moved or removed meanwhile */
	char exe[PATH_MAX];    /* the last program seen in the process */
	int status;            /* as wait(2) gives it */
	bool started;          /* the program ran: what follows is known */
	int exec_errno;        /* not 0: it could not be started */
	bool registered;       /* the shim was loaded */
	char unseen[PATH_MAX]; /* a later program that it was not loaded into */
	char ended_as[16];     /* a name that it had not been seen under */
	uint32_t foreign;      /* enum ring_foreign */
	char allocator[1024];
	char earlier[256]; /* programs that executed the last one, or "" */
	uint64_t earlier_events;
	uint64_t events;
	uint64_t bytes;
	uint64_t duration_ns;
	uint64_t interrupted;    /* calls that a longjmp left */
	uint64_t stacks_refused; /* that found no memory here */
	uint64_t lost;           /* events that found no ring or no room */
	uint64_t dropped;        /* those of them that found no room */
	uint32_t threads;
	uint32_t forked; /* children that ran on, unrecorded */
	uint32_t execed; /* children that ran another program */
	/* Other processes, summed up. */
	uint32_t other_tapes;
	uint32_t other_foreign; /* bring their own malloc */
	uint32_t other_failed;  /* tapes that could not be written whole */
	uint32_t refused;       /* processes that found no room */
	uint64_t other_events;
	uint64_t other_bytes;
	uint64_t other_lost;
	struct err other_err; /* of the first that failed */
	struct strangers strangers;
};

/*
 * Run the program and record it. Returns 0 when the tape is whole; an error
 * before the program started leaves no file and result->status unset. After
 * the start, errors end the recording, never the program: the result is
 * filled in all the same.
 */
int session_run(const struct session_config *config,
		struct session_result *result, struct err *err);

#endif
