// SPDX-License-Identifier: MIT
/* What a tape tells about its making: program, allocator, machine. */
#ifndef RECORDER_META_H
#define RECORDER_META_H

#include <sys/types.h>

#include "recorder/ring.h"

struct err;
struct tape_meta;

/*
 * Set all keys for the program that runs as pid. What cannot be found out is
 * left away. meta must be released by the caller, also on failure.
 */
int meta_collect(struct tape_meta *meta, char *const *argv, pid_t pid,
		 const struct ring_control *control, struct err *err);

/* The path of the program that runs as pid, "" where unknown. */
void meta_exe(pid_t pid, char *path, size_t len);

#endif
