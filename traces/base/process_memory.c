// SPDX-License-Identifier: MIT
/* The lines of /proc/PID/status that are about memory. */
#include <stdlib.h>
#include <string.h>

#include "traces/base/process_memory.h"

/* The number behind "\nNAME:"; false when there is no such line. */
static bool field(const char *status, const char *name, uint64_t *value)
{
	const char *line = strstr(status, name);

	if (!line)
		return false;
	*value = strtoull(line + strlen(name), NULL, 10);
	return true;
}

bool process_memory_parse(struct process_memory *memory, const char *status)
{
	uint64_t anon, file, shmem, swap, threads, peak = 0;

	if (!field(status, "\nRssAnon:", &anon) ||
	    !field(status, "\nRssFile:", &file) ||
	    !field(status, "\nRssShmem:", &shmem) ||
	    !field(status, "\nVmSwap:", &swap) ||
	    !field(status, "\nThreads:", &threads))
		return false;
	field(status, "\nVmHWM:", &peak);
	memory->anon_bytes = anon << 10;
	memory->file_bytes = (file + shmem) << 10;
	memory->swap_bytes = swap << 10;
	memory->peak_bytes = peak << 10;
	memory->threads = (uint32_t)threads;
	return true;
}
