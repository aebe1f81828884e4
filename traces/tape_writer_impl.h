// SPDX-License-Identifier: MIT
/* What repair needs of the writer. Internal to libtape. */
#ifndef TRACES_TAPE_WRITER_IMPL_H
#define TRACES_TAPE_WRITER_IMPL_H

#include "traces/tape_writer.h"

struct tape_frame;

/*
 * Append a block as it is, but for its number in the file: f with the
 * f->stored_len bytes of its zstd frame.
 */
int tape_writer_copy(struct tape_writer *w, struct tape_frame *f,
		     const void *stored, struct err *err);

#endif
