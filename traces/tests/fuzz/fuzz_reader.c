// SPDX-License-Identifier: MIT
/*
 * libFuzzer target: any bytes as a tape, in both modes. Checksums would stop
 * nearly every mutation at the door, so that this build takes them as right:
 * FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/tape_merge.h"
#include "traces/tape_reader.h"
#include "traces/tape_repair.h"
#include "traces/tape_stacks.h"
#include "traces/tape_writer.h"

#define MOST_STEPS 100000 /* a small file may hold a million empty events */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int discard(void *ctx, const void *buf, size_t len)
{
	(void)ctx;
	(void)buf;
	(void)len;
	return 0;
}

static void check_notes(const struct tape_reader *r,
			const struct tape_event *ev)
{
	if (ev->kind > TAPE_FREE_ALIGNED_SIZED || !ev->notes)
		return;
	if (!ev->notes->has ||
	    (ev->notes->has & TAPE_NOTE_STACK &&
	     (!ev->notes->stack ||
	      ev->notes->stack > tape_reader_info(r)->frames)))
		abort();
}

static void walk(struct tape_reader *r)
{
	struct tape_cursor *c;
	struct tape_event ev;
	struct err err = { 0 };
	uint32_t thread, threads = tape_reader_info(r)->threads;
	int steps = 0;

	for (thread = 0; thread < threads && thread < 64; thread++) {
		if (tape_cursor_open(&c, r, thread, &err))
			return;
		while (steps++ < MOST_STEPS &&
		       tape_cursor_next(c, &ev, &err) > 0)
			check_notes(r, &ev);
		tape_cursor_close(c);
	}
}

static void merge(struct tape_reader *r)
{
	struct tape_merge *m;
	struct tape_step step;
	struct err err = { 0 };
	uint64_t last = 0;
	int steps = 0;

	if (tape_merge_open(&m, r, &err))
		return;
	while (steps++ < MOST_STEPS && tape_merge_next(m, &step, &err) > 0) {
		if (step.time_ns < last)
			abort();
		last = step.time_ns;
	}
	tape_merge_close(m);
}

static void samples(struct tape_reader *r)
{
	struct tape_sample *list;
	struct err err = { 0 };
	size_t nr;

	if (!tape_reader_samples(r, &list, &nr, &err))
		free(list);
}

/* The tables keep what their header promises. */
static void tables(struct tape_reader *r)
{
	struct tape_frame_node *nodes;
	struct tape_module *modules;
	struct err err = { 0 };
	size_t i, nr, nr_modules;

	if (tape_reader_modules(r, &modules, &nr_modules, &err))
		return;
	for (i = 0; i <= nr_modules; i++)
		if (strlen(modules[i].path) > 4095 ||
		    strlen(modules[i].build_id) > 4095 ||
		    modules[i].start > modules[i].end)
			abort();
	free(modules);
	if (tape_reader_frames(r, &nodes, &nr, &err))
		return;
	for (i = 0; i <= nr; i++)
		if ((i && nodes[i].parent >= i) || nodes[i].module > nr_modules)
			abort();
	free(nodes);
}

static void try_open(const uint8_t *bytes, size_t len, unsigned flags)
{
	struct tape_sink sink = { discard, NULL };
	struct tape_reader *r;
	struct err err = { 0 };

	if (tape_reader_open_memory(&r, bytes, len, flags, &err))
		return;
	walk(r);
	merge(r);
	samples(r);
	tables(r);
	if (flags & TAPE_SALVAGE) {
		err_clear(&err);
		tape_repair(r, &sink, &err);
	}
	tape_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	try_open(bytes, len, 0);
	try_open(bytes, len, TAPE_SALVAGE);
	return 0;
}
