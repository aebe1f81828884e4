// SPDX-License-Identifier: MIT
// What the heap holds at present. Nothing is counted on the fast path: the
// figures are sums over slabs and magazines. Exact when no thread is inside the
// allocator; else each is off by what is under way.
#ifndef ALLOCATORS_ARENA_ARENA_STATS_H
#define ALLOCATORS_ARENA_ARENA_STATS_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

// In bytes.
struct stats {
	size_t allocated; // usable sizes of what the program holds
	size_t cached;    // free slots in magazines
	size_t active;    // pages of slabs and large allocations
	size_t clean;     // of these, known to have no memory behind them
	size_t dirty;     // free pages with memory behind them
	size_t metadata;  // arena's own records
	size_t mapped;    // active + dirty + metadata
	size_t resident;  // mapped - clean
	size_t retained;  // usable address space beyond active and dirty
};

struct class_stats {
	size_t size;
	size_t live;   // slots that the program holds
	size_t cached; // slots in magazines
	size_t slabs;
};

void stats_collect(struct stats *s);
void stats_class(unsigned c, struct class_stats *s);
// The text dump, line by line.
void stats_lines(void (*line)(void *arg, const char *text, size_t len),
		 void *arg);
void stats_print(void);

#pragma GCC visibility pop
#endif
