// SPDX-License-Identifier: MIT
/* Limits of a whole recording; that of a tape's size is output.h's. */
#ifndef RECORDER_LIMITS_H
#define RECORDER_LIMITS_H

#include <stdint.h>

struct limits {
	uint64_t max_time_ns;      /* 0: no limit */
	uint64_t max_memory_bytes; /* 0: no limit */
	uint64_t next_look_ns;     /* at the memory */
};

/*
 * Why the recording must end now, "max-time" or "max-memory", or NULL. now_ns
 * is the tape's clock, rings_fd the file that is shared with the programs.
 * Cheap enough for each pass of the drain.
 */
const char *limits_reached(struct limits *l, uint64_t now_ns, int rings_fd);

/* What recording costs: rings in use, and the drain's own memory. */
uint64_t limits_memory_bytes(int rings_fd);

#endif
