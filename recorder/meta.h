// SPDX-License-Identifier: MIT
/* What a tape tells about its making: program, allocator, machine. */
#ifndef RECORDER_META_H
#define RECORDER_META_H

#include "recorder/ring.h"

struct err;
struct tape_meta;

/*
 * Set all keys for the program started as argv, whose entry is process (NULL:
 * it has none); clock is enum ring_clock. What cannot be found out is left
 * away. meta must be released by the caller, also on failure.
 */
int meta_collect(struct tape_meta *meta, char *const *argv,
		 const struct ring_process *process, uint32_t clock,
		 struct err *err);

#endif
