// SPDX-License-Identifier: MIT
/* Inside of a pool; the public part is in tape_writer.h. Internal to libtape. */
#ifndef TRACES_TAPE_POOL_H
#define TRACES_TAPE_POOL_H

#include <stddef.h>

#include "traces/tape_buf.h"

struct tape_writer;
struct ZSTD_CCtx_s;

struct tape_pool {
	struct ZSTD_CCtx_s *zstd;
	struct tape_buf out; /* the block that is being built */
	struct tape_writer *writers;
	size_t nr_blocks;  /* of threads with events that wait */
	size_t used_bytes; /* by all of these */
	size_t budget_bytes;
};

/* Whether new blocks shall be lean. */
static inline bool tape_pool_is_tight(const struct tape_pool *p)
{
	return p->used_bytes > p->budget_bytes / 2;
}

void tape_pool_join(struct tape_pool *p, struct tape_writer *w);
void tape_pool_leave(struct tape_writer *w);
/* Have blocks written until the rest is within the budget. */
void tape_pool_relieve(struct tape_pool *p);

#endif
