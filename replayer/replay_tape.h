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

struct replay_tape {
	const char *path;
	char name[512]; /* in documents: path, or as older ones call it */
	char stem[256]; /* file name without .tape: names the documents */
	char hash[33];
	char allocator[PATH_MAX]; /* recorded under; "" where unknown */
	uint64_t events;
	uint64_t dropped; /* lost while recording */
	bool cut;         /* the recording has no end */
	struct tape_sample *samples;
	size_t nr_samples;
	char plan[PATH_MAX];
	struct plan_header header;
	struct plan_mark *marks; /* header.nr_marks, the last is the peak */
	uint32_t *order;         /* the numbers of the marks in order of seq */
};

/* Open the tape, check it, and read what the plan does not hold. */
int replay_tape_open(struct replay_tape *tape, const char *path,
		     struct err *err);
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

/* Ops of all kinds that the plan replays. */
uint64_t replay_tape_ops(const struct replay_tape *tape);

#endif
