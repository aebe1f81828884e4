// SPDX-License-Identifier: MIT
/*
 * The state of the plan compiler, shared by its parts: plan_compile.c (steps
 * in, file out), plan_calls.c and plan_reallocs.c (calls become ops),
 * plan_threads.c (births and
 * deaths), plan_marks.c (where the memory pass samples), plan_born.c (blocks
 * from before the recording), plan_touched.c (what was used of large blocks).
 */
#ifndef REPLAYER_PLAN_COMPILER_H
#define REPLAYER_PLAN_COMPILER_H

#include <limits.h>
#include <stdbool.h>

#include "replayer/plan.h"
#include "replayer/plan_compile.h"
#include "replayer/plan_file.h"
#include "replayer/plan_objects.h"
#include "replayer/plan_stream.h"
#include "traces/base/err.h"
#include "traces/tape_merge.h"

enum {
	PLAN_RECENT = 131072,   /* ops remembered: a power of 2 >= PLAN_DONE */
	PLAN_DISPLACED = 64,    /* blocks that may wait for a late free */
	PLAN_LATE_STEPS = 4096, /* how late such a free may come */
};

enum plan_life { PLAN_UNBORN, PLAN_ALIVE, PLAN_ENDED, PLAN_GONE };

struct plan_actor {
	struct plan_stream stream;
	uint64_t birth_seq;
	uint64_t clock_ns; /* time of its last PLAN_CLOCK */
	uint32_t stack;
	uint32_t moving;       /* slot of the realloc that has begun, or none */
	uint32_t moving_pages; /* touched of its block, as in PLAN_TOUCHED */
	enum plan_life life;
};

/* A block whose place was given out again before its free was seen. */
struct plan_displaced {
	uint64_t addr;
	uint64_t seq;
	uint32_t slot;
	uint32_t thread; /* that got the place */
};

/* Where the PLAN_TOUCHED of live large blocks lie: objects have a number. */
struct plan_places {
	uint64_t *at;
	uint32_t nr, max;
	uint32_t first_free; /* 1 + number; at has the next one */
};

struct plan_compiler {
	char path[PATH_MAX];
	bool finished;
	bool several; /* threads: only then do ops wait for each other */
	bool residency;
	bool partial; /* some threads are left out */
	struct plan_places places;
	struct plan_file file;
	struct plan_objects objects;
	struct plan_actor *actors;
	uint64_t *recent;     /* places of ops by seq, to publish them */
	uint64_t seq;         /* of the step at hand */
	uint64_t time_ns;     /* of the step at hand */
	uint32_t last_thread; /* of the step before */
	uint32_t *ended;      /* threads that nobody has joined yet */
	uint32_t nr_ended;
	uint32_t *stacks; /* numbers free for reuse */
	uint32_t nr_free_stacks;
	struct plan_displaced displaced[PLAN_DISPLACED];
	uint32_t nr_displaced;
	/* Less those of the start: they are known when they are freed. */
	int64_t live_bytes, live_objects;
	int64_t peak_bytes, peak_objects;
	struct plan_born *born;
	uint64_t max_born;
	uint64_t last_at; /* place of the last call's op */
	uint64_t peak_at; /* the op that reached the peak */
	struct plan_mark peak;
	struct plan_mark *marks;
	uint64_t max_marks;
	uint64_t next_mark, mark_every; /* seqs */
	int64_t marked_bytes;           /* highest live_bytes at a mark */
	struct plan_header h;
};

/* plan_threads.c */
int plan_threads_init(struct plan_compiler *c, struct err *err);
void plan_threads_release(struct plan_compiler *c);
/* Make sure that the thread of a step lives; 1: it has gone, skip the step. */
int plan_threads_enter(struct plan_compiler *c, const struct tape_event *ev,
		       struct err *err);
int plan_threads_end(struct plan_compiler *c, uint32_t thread, struct err *err);
/* End all streams and write the table. */
int plan_threads_finish(struct plan_compiler *c, struct err *err);
/* Tell seq and time when they were told too long ago. */
int plan_threads_tell(struct plan_compiler *c, struct plan_actor *a,
		      struct err *err);
/* Tell the time when it has moved by step_ns since it was told last. */
int plan_threads_clock(struct plan_compiler *c, struct plan_actor *a,
		       uint64_t step_ns, struct err *err);

static inline bool plan_threads_alive(const struct plan_compiler *c,
				      uint32_t thread)
{
	return thread < c->h.nr_threads && c->actors[thread].life == PLAN_ALIVE;
}

/* plan_calls.c */
int plan_calls_add(struct plan_compiler *c, const struct tape_step *step,
		   struct err *err);
/* Free displaced blocks whose free did not come, all of them or the late. */
int plan_calls_settle(struct plan_compiler *c, uint32_t thread, bool all,
		      struct err *err);

/* plan_born.c */
/*
 * A block that is given back though it was never taken has been there from
 * the start, if its size is told; *slot gets its slot or PLAN_NO_SLOT.
 */
int plan_born_add(struct plan_compiler *c, const struct tape_event *ev,
		  uint32_t *slot, struct err *err);
/* Write the table, and add the blocks to what was counted without them. */
int plan_born_finish(struct plan_compiler *c, struct err *err);

/* plan_touched.c; with c->residency only */
/* 1 + pages that the notes of a block given back tell of, or 0. */
uint32_t plan_touched_pages(const struct tape_notes *notes);
/* The slot's block is given back: tell the op that made it. */
void plan_touched_tell(struct plan_compiler *c, uint32_t slot, uint32_t pages);
/* Before the op of a thread that makes the slot's block from another. */
int plan_touched_make(struct plan_compiler *c, uint32_t thread, uint32_t slot,
		      uint32_t old_pages, struct err *err);
/* The slot has no block any more. */
void plan_touched_drop(struct plan_compiler *c, uint32_t slot);

/* plan_marks.c */
int plan_marks_init(struct plan_compiler *c, const struct plan_source *source,
		    struct err *err);
void plan_marks_release(struct plan_compiler *c);
/* After a step: sample here if it is due. */
int plan_marks_step(struct plan_compiler *c, uint32_t thread, struct err *err);
int plan_marks_finish(struct plan_compiler *c, struct err *err);

#endif
