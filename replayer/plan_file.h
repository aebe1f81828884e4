// SPDX-License-Identifier: MIT
/*
 * The tables of a plan's file (replayer/plan.h): the header at its begin,
 * threads, marks and the slots that are live at the end.
 */
#ifndef REPLAYER_PLAN_FILE_H
#define REPLAYER_PLAN_FILE_H

#include <stdint.h>

#define PLAN_MAGIC   0x314e414c50544148ULL /* "HATPLAN1" */
#define PLAN_VERSION 7

/* Kinds that are told apart in what is measured. */
enum plan_op {
	PLAN_OP_MALLOC,
	PLAN_OP_CALLOC,
	PLAN_OP_REALLOC,
	PLAN_OP_FREE,
	PLAN_OPS
};

/* What was not replayed as recorded, and why. */
struct plan_repairs {
	uint64_t failed_calls;     /* skipped: returned NULL in the recording */
	uint64_t unknown_frees;    /* skipped: no such block */
	uint64_t unknown_reallocs; /* done as realloc(NULL, size) */
	uint64_t overlaps;         /* block freed before its place was reused */
	uint64_t late_events;      /* skipped: the thread had exited */
	uint64_t unborn_threads;   /* first event was no start */
	uint64_t too_large;        /* skipped: no machine has that much */
};

struct plan_thread {
	uint32_t first_page; /* of its stream; 0: the thread has none */
	uint32_t stack;      /* number of its stack */
	uint64_t birth_seq;
	uint64_t least_seq; /* birth_seq of this and all later ones, at least */
};

struct plan_mark {
	uint64_t time_ns; /* on the tape */
	uint64_t seq;
	uint64_t live_bytes;
};

/* A block from before the recording: the worker takes it before it starts. */
struct plan_born {
	uint64_t size;
	uint32_t slot;
	uint32_t pages; /* touched, as in PLAN_TOUCHED */
};

struct plan_header {
	uint64_t magic;
	uint32_t version;
	uint32_t nr_threads; /* those of the tape */
	uint32_t nr_stacks;
	uint32_t nr_slots;
	uint32_t nr_marks; /* the last one is the peak of live bytes */
	uint32_t nr_live;  /* slots in use at the end */
	uint64_t nr_born;
	uint64_t threads_at; /* byte offsets of the tables in the file */
	uint64_t marks_at;
	uint64_t live_at; /* uint32_t slots */
	uint64_t born_at;
	uint64_t bytes; /* of the file */
	uint64_t steps; /* of the merged tape */
	uint64_t ops[PLAN_OPS];
	uint64_t waits; /* PLAN_WAIT ops */
	uint64_t live_peak_bytes;
	uint64_t live_peak_objects;
	uint64_t live_end_bytes;
	uint64_t allocated_bytes; /* of all blocks, those of the start too */
	uint64_t born_bytes;      /* live at the start; in the numbers above */
	uint64_t compiler_bytes;  /* most memory for the live objects */
	uint64_t last_ns;         /* time of the last step */
	uint64_t clock_step_ns; /* between two PLAN_CLOCK; 0: there are none */
	struct plan_repairs repairs;
};

#endif
