// SPDX-License-Identifier: MIT
/*
 * What each stack took and holds. Where the recorder took only a sample of
 * the stacks, each stands for 1/p calls when p was its chance to be taken;
 * the sums are estimates then, with their variance.
 */
#ifndef TRACES_TOOL_SITE_TABLE_H
#define TRACES_TOOL_SITE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum site_metric {
	SITE_ALLOCS, /* calls that returned a block */
	SITE_BYTES,  /* that they asked for */
	SITE_PEAK,   /* bytes that lived when most did */
	SITE_LEAKED, /* bytes that live at the end */
	SITE_NR_METRICS,
};

enum site_sampling {
	SITE_ALL,
	SITE_CALLS,     /* one call in so many, by chance */
	SITE_PER_BYTES, /* by chance, one in so many bytes */
};

struct site_value {
	double sum;
	double variance; /* 0 where nothing is estimated */
};

struct site {
	struct site_value values[SITE_NR_METRICS]; /* leaked: lives now */
	uint64_t samples;                          /* calls with this stack */
	uint32_t stack;
	uint32_t version; /* of the peak that the value belongs to */
};

/* Zeroed: a tape without stacks. */
struct site_table {
	struct site *sites;
	size_t nr;
	size_t room;
	uint32_t *of_stack; /* site + 1 by stack, 0: none yet */
	uint32_t nr_stacks; /* the highest number of one; 0: no stacks */
	uint32_t version;   /* counts the peaks */
	enum site_sampling sampling;
	double period; /* calls or bytes between two samples */
};

/* "allocs", "bytes", "peak" or "leaked"; -1: none of them. */
int site_metric_parse(const char *text);
const char *site_metric_name(enum site_metric metric);

/*
 * Start with the numbers of stacks that a tape has, and its metadata
 * `stacks`, which may be NULL. 0 or -ERR_NOMEM.
 */
int site_table_init(struct site_table *t, uint32_t nr_stacks,
		    const char *sampling, struct err *err);
/* A block comes, or one goes that came. 0, or -1: out of memory. */
int site_table_take(struct site_table *t, uint32_t stack, uint64_t bytes);
void site_table_give(struct site_table *t, uint32_t stack, uint64_t bytes);

/* More bytes live than ever before: the highest so far. */
static inline void site_table_peak(struct site_table *t)
{
	t->version++;
}

/* After the last event: bring the values at the peak up to date. */
void site_table_finish(struct site_table *t);
void site_table_release(struct site_table *t);

#endif
