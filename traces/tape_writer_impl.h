// SPDX-License-Identifier: MIT
/* What the parts of the writer, and repair, share. Internal to libtape. */
#ifndef TRACES_TAPE_WRITER_IMPL_H
#define TRACES_TAPE_WRITER_IMPL_H

#include "traces/tape_block.h"
#include "traces/tape_index.h"
#include "traces/tape_tables.h"
#include "traces/tape_writer.h"

/* The block of a thread. */
struct writer_block {
	struct tape_block columns;
	uint32_t thread;
	size_t bytes; /* of memory, as the pool was told */
	struct writer_block *before, *behind;
};

struct writer_thread {
	struct writer_block *block; /* NULL: nothing waits */
	uint64_t last;              /* in units; how far it was when it ended */
};

struct tape_writer {
	struct tape_sink sink;
	struct tape_writer_config config;
	struct tape_pool *pool;
	struct tape_pool *own_pool;    /* NULL: it is the caller's */
	struct tape_writer *next;      /* in the pool */
	struct writer_thread *threads; /* by number */
	uint32_t nr_threads;
	struct writer_block *first_block, *last_block;
	struct tape_buf samples;
	struct tape_sample first_sample, last_sample;
	uint32_t nr_samples;
	struct tape_table_pack modules, frames;
	struct tape_index_pack index;
	uint64_t bytes;
	uint64_t events;
	int failed; /* errno of the sink; one that failed stays failed */
};

/* Hand bytes to the sink. */
int tape_writer_emit(struct tape_writer *w, const void *buf, size_t len,
		     struct err *err);
/* Compress and write one block, and note it in the index. */
int tape_writer_block(struct tape_writer *w, struct tape_frame *f,
		      const struct tape_piece *pieces, size_t nr,
		      struct err *err);
/*
 * Append a block as it is, but for its number in the file: f with the
 * f->stored_len bytes of its zstd frame.
 */
int tape_writer_copy(struct tape_writer *w, struct tape_frame *f,
		     const void *stored, struct err *err);

/* The block of this thread, which is made if it has none; NULL: no memory. */
struct writer_block *tape_writer_get_block(struct tape_writer *w,
					   uint32_t thread);
/* Keep the pool's sum right after a change of the block. */
void tape_writer_account(struct tape_writer *w, struct writer_block *b);
int tape_writer_flush_block(struct tape_writer *w, struct writer_block *b,
			    struct err *err);
/* What waits in it is lost. */
void tape_writer_drop_block(struct tape_writer *w, struct writer_block *b);

/* Write the modules and frames that wait. */
int tape_writer_tables_flush(struct tape_writer *w, struct err *err);
/* A block of them was copied: those that are added next follow it. */
void tape_writer_tables_copied(struct tape_writer *w,
			       const struct tape_frame *f);
/* Forget what waits of them. */
void tape_writer_tables_forget(struct tape_writer *w);
void tape_writer_tables_release(struct tape_writer *w);

#endif
