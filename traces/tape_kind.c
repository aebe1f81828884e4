// SPDX-License-Identifier: MIT
/* The names of the kinds, for people and for JSON. */
#include "traces/tape.h"

static const char *const kind_names[TAPE_KIND_END] = {
	[TAPE_MALLOC] = "malloc",
	[TAPE_CALLOC] = "calloc",
	[TAPE_REALLOC] = "realloc",
	[TAPE_REALLOCARRAY] = "reallocarray",
	[TAPE_ALIGNED_ALLOC] = "aligned_alloc",
	[TAPE_POSIX_MEMALIGN] = "posix_memalign",
	[TAPE_MEMALIGN] = "memalign",
	[TAPE_VALLOC] = "valloc",
	[TAPE_PVALLOC] = "pvalloc",
	[TAPE_FREE] = "free",
	[TAPE_FREE_SIZED] = "free_sized",
	[TAPE_FREE_ALIGNED_SIZED] = "free_aligned_sized",
	[TAPE_FREE_NULL] = "free_null",
	[TAPE_THREAD_START] = "thread_start",
	[TAPE_THREAD_END] = "thread_end",
	[TAPE_THREAD_NAME] = "thread_name",
	[TAPE_MARK] = "mark",
};

const char *tape_kind_name(enum tape_kind kind)
{
	if ((unsigned)kind >= TAPE_KIND_END || !kind_names[kind])
		return "unknown";
	return kind_names[kind];
}
