// SPDX-License-Identifier: MIT
/*
 * All threads of a tape as one history, sorted by time (k-way merge, memory
 * bounded by one block per thread). A realloc of a block comes as two steps,
 * since between its ends another thread may get the old address; a realloc of
 * nothing comes as one, when it returned. At equal times, steps that free come
 * before steps that allocate.
 */
#ifndef TRACES_TAPE_MERGE_H
#define TRACES_TAPE_MERGE_H

#include "traces/tape.h"

struct tape_reader;
struct tape_merge;

enum tape_phase {
	TAPE_WHOLE,  /* the event, at ev.time_ns */
	TAPE_BEGIN,  /* a realloc begins (time_ns): the old block goes */
	TAPE_FINISH, /* a realloc returned (end_ns): the new block is there */
};

/*
 * Both steps of a realloc have its notes: usable and touched bytes belong to
 * the first, the stack to the second.
 */
struct tape_step {
	struct tape_event ev;
	uint64_t time_ns; /* of this step */
	enum tape_phase phase;
};

/* *out goes to tape_merge_close; the reader must outlive it. */
int tape_merge_open(struct tape_merge **out, struct tape_reader *r,
		    struct err *err);
/* 1 and *step filled, 0 at the end, negative on error. */
int tape_merge_next(struct tape_merge *m, struct tape_step *step,
		    struct err *err);
void tape_merge_close(struct tape_merge *m);

#endif
