// SPDX-License-Identifier: MIT
/*
 * Writes a tape as a stream of blocks. Everything that was flushed is
 * readable, whatever happens to the writing process later. One thread at a
 * time; memory is bounded by the block size per thread.
 */
#ifndef TRACES_TAPE_WRITER_H
#define TRACES_TAPE_WRITER_H

#include <stddef.h>

#include "traces/tape.h"

struct tape_writer;
struct tape_pool;

/* Where the bytes go. write returns 0, or an errno value. */
struct tape_sink {
	int (*write)(void *ctx, const void *buf, size_t len);
	void *ctx;
};

/*
 * What writers of one thread may share: a compressor, about 2 MB, and a budget
 * of memory for the events of all their threads that wait; when it is used up,
 * large blocks are written early. 0: 32 MiB. Must outlive the writers. NULL
 * when memory is out.
 */
struct tape_pool *tape_pool_new(size_t budget_bytes);
void tape_pool_free(struct tape_pool *p);
/* Of the budget. */
size_t tape_pool_used(const struct tape_pool *p);

struct tape_writer_config {
	unsigned time_unit_ns;  /* times are kept in this unit; 0: 10 ns */
	unsigned block_events;  /* events per block; 0: 65536 */
	struct tape_pool *pool; /* NULL: one of its own */
};

/*
 * Write the header. meta is copied into it. On success *out must be given to
 * tape_writer_close or tape_writer_free.
 */
int tape_writer_open(struct tape_writer **out, const struct tape_sink *sink,
		     const struct tape_meta *meta,
		     const struct tape_writer_config *config, struct err *err);

/*
 * Append events of one thread, in order; ev[i].thread is ignored, texts and
 * notes are needed during the call alone. A time that lies before its
 * predecessor's is raised to it. A full block is encoded and written at once.
 */
int tape_writer_add(struct tape_writer *w, uint32_t thread,
		    const struct tape_event *ev, size_t nr, struct err *err);

/* Append a sample of the process. */
int tape_writer_sample(struct tape_writer *w, const struct tape_sample *sample,
		       struct err *err);

/* Note events of this thread that were lost at this point. */
void tape_writer_drop(struct tape_writer *w, uint32_t thread, uint64_t nr);

/*
 * Write out what is buffered (all threads), so that a kill loses none of it.
 * Needed too before a recording goes on that was paused: within a block the
 * usable size of a block given back is left out when it was taken there.
 */
int tape_writer_flush(struct tape_writer *w, struct err *err);

/* Write one thread's buffer and release it: the thread has ended. */
int tape_writer_end_thread(struct tape_writer *w, uint32_t thread,
			   struct err *err);

/* Bytes given to the sink, and events taken, so far. */
uint64_t tape_writer_bytes(const struct tape_writer *w);
uint64_t tape_writer_events(const struct tape_writer *w);

/* Bytes of events, samples and tables that wait to be compressed and written. */
uint64_t tape_writer_waiting(const struct tape_writer *w);

/*
 * After the sink refused a block and took back what it had of it: forget what
 * waits and the failure, so that tape_writer_close can still write the end
 * where there is room for it. Returns how many events are lost by that.
 */
uint64_t tape_writer_forget(struct tape_writer *w);

/* Flush, write end, index and trailer; frees w in any case. */
int tape_writer_close(struct tape_writer *w, const struct tape_end *end,
		      struct err *err);
/* Free without an end: the tape stays as a cut one. NULL is fine. */
void tape_writer_free(struct tape_writer *w);

#endif
