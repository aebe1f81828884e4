// SPDX-License-Identifier: MIT
/*
 * Which thread frees the blocks of which other one. Pairs beyond a limit are
 * counted together, since a tape may have many threads.
 */
#ifndef TRACES_TOOL_PAIR_TABLE_H
#define TRACES_TOOL_PAIR_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct thread_pair {
	uint32_t taker;
	uint32_t freer;
	uint64_t frees; /* 0 in a place that is empty */
	uint64_t bytes;
};

/* Zeroed is empty. */
struct pair_table {
	struct thread_pair *pairs; /* a hash table; sorted: a list */
	size_t nr;
	unsigned bits;           /* log2 of its places, 0: no table yet */
	struct thread_pair rest; /* of all for which there was no place */
};

/* Count a free by one thread of a block of that size of another. */
void pair_table_add(struct pair_table *t, uint32_t taker, uint32_t freer,
		    uint64_t bytes);
/* Make it a list of nr pairs, most frees first; add nothing afterwards. */
void pair_table_sort(struct pair_table *t);
void pair_table_release(struct pair_table *t);

#endif
