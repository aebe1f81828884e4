// SPDX-License-Identifier: MIT
/*
 * The sites of a tape with names: all stacks whose allocating function and
 * line are the same make one row. What only passes a call on, operator new
 * and its like, is not taken for the allocating function.
 */
#ifndef TRACES_TOOL_SITE_LIST_H
#define TRACES_TOOL_SITE_LIST_H

#include "traces/tape_stacks.h"
#include "traces/tool/symbols.h"
#include "traces/tool/tape_stats.h"

struct tape_reader;

struct site_row {
	struct symbol_frame at; /* all NULL and "" where no stack is known */
	struct site_value values[SITE_NR_METRICS];
	uint64_t samples;
	uint32_t stacks;   /* how many there are */
	uint32_t heaviest; /* the one with most of the metric */
	double heaviest_sum;
};

/* Zeroed is empty. */
struct site_list {
	const struct site_table *table;
	enum site_metric metric; /* in whose order the rows are */
	struct site_row *rows;
	size_t nr;
	struct site_value total[SITE_NR_METRICS];
	uint64_t exact[SITE_NR_METRICS]; /* what they are a sample of */
	struct tape_frame_node *nodes;
	size_t nr_nodes;
	struct tape_module *modules;
	size_t nr_modules;
	struct symbols *symbols;
	struct symbol_frame *chain; /* scratch */
	size_t chain_room;
};

/* Name all stacks of the tape; stats must outlive *list. */
int site_list_open(struct site_list *list, struct tape_reader *r,
		   const struct tape_stats *stats, enum site_metric metric,
		   struct err *err);
/*
 * The frames of a stack, innermost first, those that were inlined among
 * them; *frames is valid until the next call. 0: none is known.
 */
int site_list_chain(struct site_list *list, uint32_t stack,
		    const struct symbol_frame **frames, size_t *nr,
		    struct err *err);
/* How many of a chain's first frames only pass the call on. */
size_t site_list_skip(const struct symbol_frame *frames, size_t nr);
void site_list_release(struct site_list *list);

/* Warn of modules without symbols, and of those without lines. */
void site_list_warn(const struct site_list *list);

#endif
