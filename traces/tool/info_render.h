// SPDX-License-Identifier: MIT
/* The two ways in which info tells about a tape. */
#ifndef TRACES_TOOL_INFO_RENDER_H
#define TRACES_TOOL_INFO_RENDER_H

#include <stdint.h>

struct json_t;
struct tape_reader;
struct tape_stats;

/* Print on stdout; top: threads in the table at most. 0, or -1: no memory. */
int info_print(struct tape_reader *r, const struct tape_stats *stats,
	       uint64_t top);
/* A new JSON object, or NULL: no memory. hash is that of the tape. */
struct json_t *info_json(struct tape_reader *r, const struct tape_stats *stats,
			 uint64_t top, const char *hash);

#endif
