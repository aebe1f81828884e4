// SPDX-License-Identifier: MIT
/*
 * The stacks of one process: the shim's hashes become nodes of a tree of
 * frames, which is written to the tape as it grows. Nothing that comes from
 * the shared memory is trusted. One user at a time.
 */
#ifndef RECORDER_STACKS_H
#define RECORDER_STACKS_H

#include <stdint.h>

#include "recorder/unpack.h"

struct err;
struct stacks;
struct tape_writer;

/*
 * Memory of the trees of all processes together. Beyond it new stacks count
 * as none. Then recording goes on without a word; stacks_refused() tells.
 */
#define STACKS_BYTES_MAX (24u << 20)

/*
 * *writer is where frames and modules go, or NULL while there is no tape; an
 * error of it sets it to NULL and is left in *err. exe: the program's file.
 * NULL: out of memory.
 */
struct stacks *stacks_new(struct tape_writer **writer, struct err *err,
			  const char *exe);
void stacks_free(struct stacks *s); /* NULL is fine */

/* For the reader of the rings. */
const struct unpack_stacks *stacks_hooks(const struct stacks *s);

/* Stacks that found no memory. */
uint64_t stacks_refused(const struct stacks *s);

#endif
