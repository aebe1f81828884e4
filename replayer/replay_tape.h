// SPDX-License-Identifier: MIT
/* A tape on its way through a campaign. Internal to the driver. */
#ifndef REPLAYER_REPLAY_TAPE_H
#define REPLAYER_REPLAY_TAPE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "replayer/plan_file.h"
#include "traces/tape.h"

struct err;
struct tape_reader;

enum { REPLAY_SAMPLES = 1 << 18 };

struct replay_tape {
	const char *path;
	char name[512]; /* in documents: path, or as older ones call it */
	char stem[256]; /* file name without .tape: names the documents */
	char hash[33];
	char allocator[PATH_MAX]; /* recorded under; "" where unknown */
	bool allocator_linked;    /* the program brings it, see FORMAT.md */
	uint64_t events;
	uint32_t callers;       /* threads that make calls */
	uint32_t threads;       /* replayed, over all copies */
	uint32_t copies;        /* of the tape, side by side */
	uint32_t first_threads; /* those below this number only; 0: all */
	uint64_t first_events;  /* that they have */
	uint64_t dropped;       /* lost while recording */
	bool cut;               /* the recording has no end */
	bool asks_usable;       /* see struct tape_end */
	struct tape_sample *samples;
	size_t nr_samples; /* at most REPLAY_SAMPLES */
	char plan[PATH_MAX];
	struct plan_header header;
	struct plan_mark *marks; /* header.nr_marks, the last is the peak */
	uint32_t *order;         /* the numbers of the marks in order of seq */
};

/*
 * Open the tape, check it, and read what the plan does not hold. threads: so
 * many of those that make calls, or copies of all of them until there are so
 * many; name and stem tell it. 0: as recorded.
 */
int replay_tape_open(struct replay_tape *tape, const char *path,
		     uint32_t threads, struct err *err);
/* Whether the replay is that of the program: all threads, once. */
static inline bool replay_tape_is_whole(const struct replay_tape *tape)
{
	return !tape->first_threads && tape->copies == 1;
}
/*
 * Compile it into the folder, unless the plan is there; clock_step_ns as in
 * struct plan_source.
 */
int replay_tape_compile(struct replay_tape *tape, const char *folder,
			uint64_t clock_step_ns,
			bool (*progress)(void *ctx, uint64_t steps), void *ctx,
			struct err *err);
/* Safe on a zeroed struct; the plan's file stays. */
void replay_tape_release(struct replay_tape *tape);

/*
 * replay_samples.c: the tape's samples; where there are more than
 * REPLAY_SAMPLES, those of the highest RSS of every 2, 4, 8... of them.
 */
int replay_samples_read(struct replay_tape *tape, struct tape_reader *r,
			struct err *err);

/* Ops of all kinds that are replayed, those of all copies. */
uint64_t replay_tape_ops(const struct replay_tape *tape);

#endif
