// SPDX-License-Identifier: MIT
/*
 * The merged history of a tape in batches, decoded by a thread of its own
 * while the caller works on the batch before.
 */
#ifndef TRACES_TOOL_FEED_H
#define TRACES_TOOL_FEED_H

#include <stddef.h>

#include "traces/tape_merge.h"

#define FEED_STEPS 512

struct feed;

struct feed_batch {
	struct tape_step steps[FEED_STEPS];
	struct tape_notes notes[FEED_STEPS]; /* those that the steps have */
	char *texts[FEED_STEPS];             /* the same */
	size_t nr;
	size_t nr_texts;
};

/* *out goes to feed_close; nothing else may use the reader until then. */
int feed_open(struct feed **out, struct tape_reader *r, struct err *err);
/*
 * 1: *batch has steps, valid until the next call, with their notes and texts;
 * 0: the end; negative: error, once all steps before it were handed out.
 */
int feed_next(struct feed *f, const struct feed_batch **batch, struct err *err);
/* Stop the thread, wherever it is. */
void feed_close(struct feed *f);

#endif
