// SPDX-License-Identifier: MIT
/* One pass in a worker process of its own. Internal to the driver. */
#ifndef REPLAYER_REPLAY_LAUNCH_H
#define REPLAYER_REPLAY_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "replayer/replay_trace.h"
#include "replayer/worker_report.h"

struct alloc_arm;
struct err;

struct replay_launch {
	const char *worker; /* the executable */
	const char *plan;
	const struct plan_header *header;
	const struct alloc_arm *arm;
	struct worker_order order;
	uint64_t timeout_ns;
	unsigned padding; /* bytes of the environment */
	/*
	 * Called some times a second while the worker runs, with how much of
	 * the replay is done, 0 to 1; may be NULL.
	 */
	void (*tick)(void *ctx, double part);
	void *ctx;
};

struct replay_run {
	char status[16]; /* as in the result document */
	char message[240];
	struct worker_report *report;   /* mapped; valid whatever the status */
	size_t bytes;                   /* of the mapping */
	uint64_t counts[REPLAY_COUNTS]; /* of a calls pass */
};

/* Block the signals that the driver waits for. */
void replay_block_signals(void);
/* SIGINT or SIGTERM once one of them has come, else 0. */
int replay_interrupted(void);

/*
 * Start the worker and wait for its end. 0 when there is an outcome, however
 * bad; -ERR_INTERRUPT when a signal ended it; other errors are this
 * machine's. run goes to replay_run_release in any case.
 */
int replay_launch(const struct replay_launch *launch, struct replay_run *run,
		  struct err *err);
void replay_run_release(struct replay_run *run);

/*
 * replay_callgrind.c: the words before the worker's own, and how many; what
 * valgrind has told at its end, which goes into the report.
 */
unsigned replay_callgrind_words(char **argv);
void replay_callgrind_read(struct worker_report *report, int words_fd);

/* The report's arrays; op: a kind of call, or WORKER_TOUCHED. */
const struct worker_sample *replay_run_samples(const struct replay_run *run);
const struct hist *replay_run_hist(const struct replay_run *run, unsigned op,
				   unsigned group);

#endif
