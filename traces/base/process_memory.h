// SPDX-License-Identifier: MIT
/* What the kernel tells of a process's memory, from its text. Any thread. */
#ifndef TRACES_BASE_PROCESS_MEMORY_H
#define TRACES_BASE_PROCESS_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct process_memory {
	uint64_t anon_bytes;
	uint64_t file_bytes; /* of files, and of shared memory */
	uint64_t swap_bytes;
	uint64_t peak_bytes; /* the highest sum of the first two; 0: unknown */
	uint32_t threads;
};

/*
 * From the text of /proc/PID/status. False when a line is missing, as they
 * all are once the process has given up its memory.
 */
bool process_memory_parse(struct process_memory *memory, const char *status);

#endif
