// SPDX-License-Identifier: MIT
/*
 * What the driver asks of a worker, and what the worker hands back: one struct
 * and two arrays in a memfd that the worker inherits. Same build on both
 * sides: no versions.
 */
#ifndef REPLAYER_WORKER_REPORT_H
#define REPLAYER_WORKER_REPORT_H

#include <stdatomic.h>
#include <stdint.h>

#include "replayer/hist.h"
#include "replayer/plan_file.h"

enum worker_pass {
	WORKER_TIME,
	WORKER_ALONE, /* the same, but one thread runs at a time */
	WORKER_LATENCY,
	WORKER_MEMORY,
	WORKER_CALLS,
	WORKER_INSTRUCTIONS, /* by a counter of the CPU */
	WORKER_CALLGRIND,    /* by valgrind; a time pass to the worker */
	WORKER_VERIFY,       /* is what the allocator returns correct? */
	WORKER_PASSES,
};

enum worker_touch {
	WORKER_TOUCH_NONE,
	WORKER_TOUCH_FIRST, /* the first byte */
	WORKER_TOUCH_PAGES, /* first, last, and one in every page between */
	WORKER_TOUCH_ALL,
};

/* Where the time of the replay comes from. */
enum worker_pace {
	WORKER_ASAP,     /* ops follow each other at once */
	WORKER_RECORDED, /* at the tape's times, divided by the speed */
	WORKER_VIRTUAL,  /* at once, and the allocator's clock is the tape's */
};

/* What the driver asks for. */
struct worker_order {
	enum worker_pass pass;
	enum worker_touch touch;
	enum worker_pace pace;
	uint32_t null;    /* the allocator that does nothing */
	uint32_t copies;  /* of the plan, side by side */
	double speed;     /* recorded pace: so many times as fast */
	uint64_t idle_ns; /* memory: pause before looking again */
};

/* How far the worker got. */
enum worker_state {
	WORKER_STARTED = 0, /* nothing was called yet */
	WORKER_REPLAYING,
	WORKER_MEASURING, /* replayed; idle, free-all */
	WORKER_DONE,
};

/*
 * Histograms of a latency pass: service times by enum plan_op, that of
 * touching, and at recorded pace the lags by enum plan_op: from when a call
 * was due to its return.
 */
enum {
	WORKER_TOUCHED = PLAN_OPS,
	WORKER_LAGS,
	WORKER_HISTS = WORKER_LAGS + PLAN_OPS
};

/* Size groups of the latency histograms, by upper end in bytes. */
#define WORKER_GROUPS 6
#define WORKER_GROUP_ENDS                 \
 {                                        \
  64, 256, 1024, 8192, 131072, UINT64_MAX \
 }
#define WORKER_GROUP_NAMES                                \
 {                                                        \
  "0-64", "65-256", "257-1K", "1K-8K", "8K-128K", ">128K" \
 }

/* One mark of the memory pass: anonymous memory of the whole process. */
struct worker_sample {
	uint64_t anon_bytes;
	uint64_t peak_bytes; /* highest since the sample before */
	uint64_t wall_ns;    /* since the replay began */
};

/* Where memory is looked at page by page; the first ones are marks. */
enum worker_place {
	WORKER_MARKS = 64,             /* evenly along the tape, at most */
	WORKER_AT_PEAK = WORKER_MARKS, /* of live bytes */
	WORKER_AT_END,                 /* after the last op */
	WORKER_AT_IDLE,                /* and after idling */
	WORKER_AT_FREED,               /* and after freeing all, and idling */
	WORKER_PLACES,
};

#define WORKER_UNKNOWN UINT64_MAX

/*
 * What was found there, in bytes; WORKER_UNKNOWN where nobody tells. The
 * allocator's own figures are as in allocators/statistics.h.
 */
struct worker_checkpoint {
	uint64_t taken; /* 0: not looked at */
	uint64_t mark;  /* its number, where it is a mark */
	uint64_t anon;  /* these four as smaps_rollup has them */
	uint64_t lazyfree;
	uint64_t huge;
	uint64_t swap;
	uint64_t requested; /* of the blocks that were live just then */
	uint64_t usable;    /* the same, as malloc_usable_size has it */
	uint64_t cached, free, metadata, dirty;
	uint64_t allocated, mapped, retained;
};

struct worker_report {
	struct worker_order order;
	uint32_t state; /* enum worker_state */
	uint32_t nr_samples;
	_Atomic uint32_t marks_done; /* of nr_samples, for the progress */
	uint32_t barred;     /* this machine forbids the pass, message why */
	uint32_t misbehaved; /* the allocator; message tells what it did */
	char message[240];   /* why it could not go on */
	char malloc_by[512]; /* path of the object that serves malloc */
	uint64_t wall_ns;
	uint64_t cpu_ns;
	uint64_t minor_faults;
	uint64_t voluntary_switches; /* those of harness waits taken off */
	uint64_t harness_waits;      /* for other threads, or their time */
	uint64_t nulls; /* calls that failed though the recorded ones did not */
	uint64_t timer_floor_ns; /* an empty pair of clock reads, median */
	uint64_t file_bytes;     /* resident of programs and libraries */
	uint64_t reading_bytes;  /* what reading the statistics takes */
	struct worker_checkpoint checkpoints[WORKER_PLACES];
	uint64_t brk_at;          /* calls: the break before the replay */
	uint64_t raw_clock_reads; /* by system calls that were answered */
	uint32_t no_trap;         /* they cannot be: seccomp is forbidden */
	uint32_t foreign_threads; /* made by the allocator; alive at the end */
	uint64_t instructions;    /* of user space, in the replay */
	uint64_t verified_ops;
	uint64_t verified_blocks; /* contents that were checked at last */
	uint64_t samples_at;      /* byte offset: worker_sample per mark */
	uint64_t hists_at; /* struct hist [WORKER_HISTS][WORKER_GROUPS] */
};

#endif
