// SPDX-License-Identifier: MIT
/*
 * From a worker's checkpoints to those of the result, and the metrics that
 * need them: where the bytes are at the peak of live bytes, and what of
 * resident memory the kernel may take back (MADV_FREE) at each place.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "replayer/replay_measure.h"
#include "results/result_split.h"
#include "traces/base/err.h"

_Static_assert(WORKER_UNKNOWN == RESULT_UNKNOWN, "copied as they are");

/* Where on the tape that checkpoint lies. */
static struct plan_mark mark_of(const struct replay_tape *tape,
				const struct worker_checkpoint *c, int place)
{
	if (place < WORKER_MARKS)
		return tape->marks[c->mark];
	if (place == WORKER_AT_PEAK)
		return tape->marks[tape->header.nr_marks - 1];
	return (struct plan_mark){ .time_ns = tape->header.last_ns,
				   .seq = tape->header.steps };
}

static void fill(struct result_checkpoint *to,
		 const struct worker_checkpoint *c, int place,
		 const struct plan_mark *mark, uint64_t base)
{
	static const char *const names[] = { "peak", "end", "idle", "freed" };

	*to = (struct result_checkpoint){
		.time_ns = mark->time_ns,
		.op = mark->seq,
		.rss_bytes = c->anon > base ? c->anon - base : 0,
		.lazyfree_bytes = c->lazyfree,
		.huge_bytes = c->huge,
		.swap_bytes = c->swap,
		.requested_bytes = c->requested,
		.usable_bytes = c->usable,
		.cached_bytes = c->cached,
		.free_bytes = c->free,
		.metadata_bytes = c->metadata,
		.dirty_bytes = c->dirty,
		.allocated_bytes = c->allocated,
		.mapped_bytes = c->mapped,
		.retained_bytes = c->retained,
	};
	snprintf(to->name, sizeof(to->name), "%s",
		 place < WORKER_MARKS ? "mark" : names[place - WORKER_MARKS]);
}

static int by_op(const void *a, const void *b)
{
	const struct result_checkpoint *one = a, *other = b;

	return (one->op > other->op) - (one->op < other->op);
}

static int add_metric(struct result_run *result, const char *name, double value,
		      struct err *err)
{
	return isfinite(value) ? result_add_metric(result, name, value, err)
			       : 0;
}

static double known(uint64_t bytes)
{
	return bytes == RESULT_UNKNOWN ? NAN : (double)bytes;
}

/* The split at the peak of live bytes. */
static int add_split(struct result_run *result,
		     const struct result_checkpoint *peak, struct err *err)
{
	double parts[SPLIT_PARTS];
	bool split = result_split(peak, parts);
	int rc = add_metric(result, "usable_peak_bytes",
			    known(peak->usable_bytes), err);
	int i;

	for (i = 0; i < SPLIT_PARTS && !rc; i++)
		if (split || i <= SPLIT_REQUESTED)
			rc = add_metric(result, result_split_metric(i),
					parts[i], err);
	return rc;
}

/* Usable by requested bytes, as a mean over the marks. */
static double rounding_mean(const struct result_run *result)
{
	double sum = 0;
	size_t nr = 0, i;

	for (i = 0; i < result->nr_checkpoints; i++) {
		const struct result_checkpoint *c = &result->checkpoints[i];

		if (c->name[0] != 'm' || !c->requested_bytes ||
		    c->usable_bytes == RESULT_UNKNOWN)
			continue;
		sum += (double)c->usable_bytes / (double)c->requested_bytes;
		nr++;
	}
	return nr ? sum / (double)nr : NAN;
}

int replay_measure_places(struct result_run *result,
			  const struct replay_tape *tape,
			  const struct replay_run *run,
			  const struct replay_floor *floor, struct err *err)
{
	const struct worker_checkpoint *all = run->report->checkpoints;
	uint64_t base = replay_measure_base(run, floor);
	struct result_checkpoint *to;
	char name[48];
	int rc = 0, i;

	to = calloc(WORKER_PLACES, sizeof(*to));
	if (!to)
		return err_set(err, ERR_NOMEM, ENOMEM,
			       "cannot hold the checkpoints");
	result->checkpoints = to;
	for (i = 0; i < WORKER_PLACES && !rc; i++) {
		struct plan_mark mark = mark_of(tape, &all[i], i);

		if (!all[i].taken)
			continue;
		fill(to, &all[i], i, &mark, base);
		if (i == WORKER_AT_PEAK)
			rc = add_split(result, to, err);
		snprintf(name, sizeof(name), "lazyfree_%s_bytes", to->name);
		if (!rc && i >= WORKER_MARKS)
			rc = add_metric(result, name, known(to->lazyfree_bytes),
					err);
		to++;
	}
	result->nr_checkpoints = (size_t)(to - result->checkpoints);
	/* Those after the end come last as it is. */
	qsort(result->checkpoints, result->nr_checkpoints - 3, sizeof(*to),
	      by_op);
	return rc ? rc
		  : add_metric(result, "rounding_mean", rounding_mean(result),
			       err);
}
