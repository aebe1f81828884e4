// SPDX-License-Identifier: MIT
// The statistics as documents: text, JSON, and the XML of malloc_info().
#ifndef ALLOCATORS_ARENA_ARENA_EXPORT_H
#define ALLOCATORS_ARENA_ARENA_EXPORT_H

#include <stddef.h>

#pragma GCC visibility push(hidden)

// Calls LINE for each line of a document, its newline included. LINE may
// allocate; then the document tells of what was there before or after.
typedef void stats_writer(void (*line)(void *arg, const char *text, size_t len),
			  void *arg);

stats_writer stats_json;
stats_writer stats_xml;
// Copies a document and a final NUL into BUF, which has room for *LEN bytes.
// Sets *LEN to what it needs. 0, or ENOSPC when that is more than there was. BUF
// may be NULL to ask for the length.
int stats_copy(stats_writer *document, char *buf, size_t *len);

#pragma GCC visibility pop
#endif
