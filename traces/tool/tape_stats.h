// SPDX-License-Identifier: MIT
/*
 * What a walk over a tape tells: counts, the course of the live bytes, sizes,
 * threads. Memory follows the live blocks and the threads, not the events.
 */
#ifndef TRACES_TOOL_TAPE_STATS_H
#define TRACES_TOOL_TAPE_STATS_H

#include "traces/tape.h"
#include "traces/tool/live_set.h"

struct tape_reader;
struct tape_step;

#define STATS_SIZE_CLASSES 65 /* class n: sizes of n bits */

struct thread_stats {
	uint64_t events;
	uint64_t allocs;
	uint64_t frees;
	uint64_t cross_frees; /* of blocks that another thread took */
	uint64_t bytes;       /* asked for */
	uint64_t first_ns;
	uint64_t last_ns;
	uint64_t tid;
	char name[32];
};

struct tape_stats {
	uint64_t kinds[TAPE_KIND_END];
	uint64_t sizes[STATS_SIZE_CLASSES];
	uint64_t allocs; /* calls that returned a block */
	uint64_t allocated_bytes;
	uint64_t failed_calls;
	uint64_t null_frees;
	uint64_t cross_thread_frees;
	uint64_t unknown_frees;   /* of blocks never seen to be taken */
	uint64_t overlap_repairs; /* blocks taken that were live already */
	uint64_t reallocs_moved;
	uint64_t live_bytes;
	uint64_t live_peak_bytes;
	uint64_t live_peak_time_ns;
	uint64_t live_peak_blocks; /* at that time */
	struct live_set live;
	struct thread_stats *threads;
	uint32_t nr_threads;
	/* The process from outside; 0 where not sampled. */
	uint64_t rss_at_peak_bytes;
	uint64_t rss_peak_bytes;
};

/* Walk the whole tape. stats starts zeroed; release it in any case. */
int tape_stats_collect(struct tape_stats *stats, struct tape_reader *r,
		       struct err *err);
void tape_stats_release(struct tape_stats *stats);

/*
 * The nr threads with most events, fewer if there are no more, in memory that
 * the caller frees; *nr is set. NULL: out of memory.
 */
uint32_t *tape_stats_top(const struct tape_stats *stats, uint32_t *nr);

#endif
