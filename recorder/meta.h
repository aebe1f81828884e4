// SPDX-License-Identifier: MIT
/* What a tape tells about its making: program, allocator, machine. */
#ifndef RECORDER_META_H
#define RECORDER_META_H

#include "recorder/ring.h"

#include <sys/types.h>

struct err;
struct tape_meta;

/*
 * The words of a process's command line; only program where it is gone (pid
 * 0). One allocation, to be freed by the caller; NULL: out of memory.
 */
char **meta_command(pid_t pid, const char *program);

/*
 * Set all keys for the program started as argv, whose entry is process (NULL:
 * it has none); clock is enum ring_clock. What cannot be found out is left
 * away. meta must be released by the caller, also on failure.
 */
int meta_collect(struct tape_meta *meta, char *const *argv,
		 const struct ring_process *process, uint32_t clock,
		 struct err *err);

#endif
