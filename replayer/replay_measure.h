// SPDX-License-Identifier: MIT
/*
 * From a worker's report to metrics, curves and histograms of a result, and
 * from replayed memory to a prediction of the process's. Internal to the
 * driver.
 */
#ifndef REPLAYER_REPLAY_MEASURE_H
#define REPLAYER_REPLAY_MEASURE_H

#include "replayer/replay_launch.h"
#include "replayer/replay_tape.h"
#include "results/result.h"

struct err;

/* What the harness itself has: from a memory pass of the null allocator. */
struct replay_floor {
	uint64_t anon_bytes;
	uint64_t minor_faults;
	uint64_t cpu_ns[WORKER_PASSES]; /* time and alone, where compared */
	uint64_t instructions[WORKER_PASSES];
};

void replay_measure_floor(struct replay_floor *floor,
			  const struct replay_tape *tape,
			  const struct replay_run *run);

/* What of a memory run is not the allocator's: the floor, and readings. */
uint64_t replay_measure_base(const struct replay_run *run,
			     const struct replay_floor *floor);

/* A memory pass along the tape, in order of the marks; the floor taken off. */
struct replay_heap {
	uint64_t *anon_bytes; /* at the mark */
	uint64_t *peak_bytes; /* highest since the mark before */
	uint64_t end_bytes;   /* after the last call */
	uint64_t file_bytes;  /* of the program and its libraries, throughout */
};

int replay_heap_fill(struct replay_heap *heap, const struct replay_tape *tape,
		     const struct replay_run *run,
		     const struct replay_floor *floor, struct err *err);
/* Safe on a zeroed struct. */
void replay_heap_release(struct replay_heap *heap);

/* Fill metrics, curve and histograms of that pass; heap for memory only. */
int replay_measure(struct result_run *result, const struct replay_tape *tape,
		   const struct replay_run *run, enum worker_pass pass,
		   const struct replay_floor *floor,
		   const struct replay_heap *heap, struct err *err);

/*
 * replay_places.c: the checkpoints of a memory run, and the metrics of where
 * its bytes are at the peak of live bytes.
 */
int replay_measure_places(struct result_run *result,
			  const struct replay_tape *tape,
			  const struct replay_run *run,
			  const struct replay_floor *floor, struct err *err);

/*
 * Add predicted_rss_*_bytes to a memory run: at each mark, what its heap had
 * there, plus what malloc never saw. The latter is known at each sample of
 * the tape: its RSS less what reference (the allocator recorded under) had at
 * that time of its replay; in between it is interpolated, since a sample
 * misses the short peaks of both, and the replay does not. The mean is over
 * the time from the tape's first mark or sample to its last.
 */
int replay_measure_predict(struct result_run *result,
			   const struct replay_tape *tape,
			   const struct replay_heap *heap,
			   const struct replay_heap *reference,
			   struct err *err);

/* The tape's own memory, as the document's recorded curve. */
int replay_measure_recorded(struct result_doc *doc,
			    const struct replay_tape *tape, struct err *err);

#endif
