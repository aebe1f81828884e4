// SPDX-License-Identifier: MIT
/*
 * What a walk over a tape tells: counts, the course of the live bytes, sizes,
 * lifetimes, threads, sites. Memory follows the live blocks, the threads, the
 * distinct stacks and the samples, not the events.
 */
#ifndef TRACES_TOOL_TAPE_STATS_H
#define TRACES_TOOL_TAPE_STATS_H

#include "traces/tape.h"
#include "traces/tool/latency_hist.h"
#include "traces/tool/live_set.h"
#include "traces/tool/pair_table.h"
#include "traces/tool/site_table.h"
#include "traces/tool/timeline.h"

struct tape_reader;

#define STATS_SIZE_CLASSES 65 /* class n: sizes of n bits */
#define STATS_LIFE_CLASSES 12 /* class 0: below 1 us; n: below 10^n us */
#define STATS_LIFE_1MS     3  /* classes up to it: at most that long */
#define STATS_LIFE_1S      6
#define STATS_MARKS_MAX    1000

struct thread_stats {
	uint64_t events;
	uint64_t allocs;
	uint64_t frees;
	uint64_t cross_frees; /* of blocks that another thread took */
	uint64_t bytes;       /* asked for */
	uint64_t first_ns;
	uint64_t last_ns;
	uint64_t tid;
	struct live_block moving; /* between begin and end of a realloc */
	bool born;                /* its start is on the tape */
	bool ended;               /* and so is its end */
	char name[32];
};

struct stats_class {
	uint64_t blocks;
	uint64_t bytes;
};

struct kind_stats {
	uint64_t events;
	uint64_t failed;
	uint64_t zero_sizes;
	uint64_t bytes; /* asked for by those that returned a block */
	struct latency_hist *latency; /* NULL: none is known */
};

/* Calls of realloc and reallocarray that did not fail. */
struct realloc_stats {
	uint64_t of_nothing; /* realloc(NULL, n) */
	uint64_t to_nothing; /* that freed the block and returned none */
	uint64_t in_place;
	uint64_t moved;
	uint64_t moved_bytes; /* at most copied: the lesser of both sizes */
	uint64_t grown;       /* those of known blocks, by size */
	uint64_t shrunk;
	double grown_log2; /* sum over grown of log2(new size / old size) */
	uint64_t chains;   /* blocks that went through at least one */
	uint64_t links;    /* how many that were, over all of these */
	uint64_t longest;  /* most of one block; LIVE_REALLOCS_MAX: or more */
	uint64_t longest_bytes; /* the size that this block reached */
};

struct stats_mark {
	uint64_t time_ns;
	uint64_t live_bytes;
	char *text;
};

struct tape_stats {
	struct kind_stats kinds[TAPE_KIND_END];
	struct stats_class sizes[STATS_SIZE_CLASSES];
	struct stats_class lives[STATS_LIFE_CLASSES]; /* blocks that died */
	struct stats_class alignments[64]; /* by log2, of calls with one */
	struct realloc_stats reallocs;
	uint64_t events;
	uint64_t allocs; /* calls that returned a block */
	uint64_t allocated_bytes;
	uint64_t failed_calls;
	uint64_t zero_sizes;
	uint64_t null_frees;
	uint64_t frees; /* calls of the free family on a block */
	uint64_t cross_thread_frees;
	struct pair_table cross;
	uint64_t unknown_frees;         /* of blocks never seen to be taken */
	struct stats_class born_before; /* those with a usable size */
	uint64_t overlap_repairs; /* blocks taken that were live already */
	uint64_t live_bytes;
	uint64_t live_peak_bytes;
	uint64_t live_peak_time_ns;
	uint64_t live_peak_blocks; /* at that time */
	struct live_set live;
	struct thread_stats *threads;
	uint32_t nr_threads;
	uint32_t threads_alive;
	uint32_t threads_most; /* alive at one time */
	struct timeline timeline;
	struct site_table sites;
	struct stats_class touched; /* blocks looked at: their sizes, and */
	uint64_t touched_bytes;     /* what of them was resident */
	struct stats_mark *marks;   /* the first of them */
	size_t nr_marks;
	bool has_latency;
	/* The process from outside; 0 where not sampled. */
	uint64_t rss_at_peak_bytes;
	uint64_t rss_peak_bytes;
};

/* Walk the whole tape. stats starts zeroed; release it in any case. */
int tape_stats_collect(struct tape_stats *stats, struct tape_reader *r,
		       struct err *err);
void tape_stats_release(struct tape_stats *stats);

/* The upper limit of a class of lifetimes; UINT64_MAX for the last one. */
uint64_t tape_stats_life_limit_ns(unsigned class);

/*
 * The nr threads with most events, fewer if there are no more, in memory that
 * the caller frees; *nr is set. NULL: out of memory.
 */
uint32_t *tape_stats_top(const struct tape_stats *stats, uint32_t *nr);

#endif
