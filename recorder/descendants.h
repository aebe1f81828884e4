// SPDX-License-Identifier: MIT
/* The living descendants of recorded processes that are not recorded. */
#ifndef RECORDER_DESCENDANTS_H
#define RECORDER_DESCENDANTS_H

#include <sys/types.h>

struct recordings;

/*
 * Call visit for each, from the eldest down, with the file that its parent
 * runs. Costs some system calls for each thread of all of them.
 */
void descendants_visit(struct recordings *all,
		       void (*visit)(void *ctx, pid_t pid,
				     const char *parent_exe),
		       void *ctx);

#endif
