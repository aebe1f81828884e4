// SPDX-License-Identifier: MIT
/*
 * Counts what a worker asks of the kernel: the driver is its tracer, and the
 * worker's own filter (worker/filter.c) stops it at the calls that count.
 * Needs no privileges. Internal to the driver.
 */
#ifndef REPLAYER_REPLAY_TRACE_H
#define REPLAYER_REPLAY_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "replayer/worker_report.h"

/* Calls count when they are made, bytes when the call has succeeded. */
enum replay_count {
	COUNT_MMAP,
	COUNT_MMAP_BYTES,
	COUNT_MUNMAP,
	COUNT_MUNMAP_BYTES,
	COUNT_MREMAP,
	COUNT_MREMAP_GROWN,
	COUNT_MREMAP_SHRUNK,
	COUNT_BRK,
	COUNT_BRK_GROWN,
	COUNT_BRK_SHRUNK,
	COUNT_DONTNEED, /* of madvise; each with its bytes next */
	COUNT_DONTNEED_BYTES,
	COUNT_FREE,
	COUNT_FREE_BYTES,
	COUNT_HUGEPAGE,
	COUNT_HUGEPAGE_BYTES,
	COUNT_ADVICE,
	COUNT_ADVICE_BYTES,
	COUNT_MPROTECT,
	COUNT_FUTEX_WAITS,
	COUNT_FUTEX_WAIT_NS,
	COUNT_FUTEX_WAKES,
	COUNT_CLOCK_READS, /* by a system call, past the vDSO */
	REPLAY_COUNTS,
};

struct replay_pending;

struct replay_trace {
	pid_t pid;
	struct worker_report *report;
	uint64_t counts[REPLAY_COUNTS];
	uint64_t brk;                   /* where the break is; 0: unknown */
	struct replay_pending *pending; /* calls that have not returned */
	size_t nr_pending;
	size_t room;
};

/* The metric's name in the document. */
const char *replay_count_name(enum replay_count count);

/*
 * Become the tracer of a child that has not called execve yet. False where
 * that is forbidden: the report is barred and has a message.
 */
bool replay_trace_start(struct replay_trace *trace, pid_t pid,
			struct worker_report *report);
/*
 * Let the threads go on that have stopped. True when the worker has ended,
 * with its status; *busy when there may be more to do at once.
 */
bool replay_trace_step(struct replay_trace *trace, int *status, bool *busy);
/* Frees what it holds but the counts; safe on a zeroed struct. */
void replay_trace_release(struct replay_trace *trace);

#endif
