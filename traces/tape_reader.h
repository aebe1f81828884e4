// SPDX-License-Identifier: MIT
/*
 * Reads a tape in bounded memory. Trusts no length in the file. A tape
 * without an index (cut, or killed while recording) is scanned; damaged
 * blocks are refused with their file offset, or skipped and counted when
 * salvage was asked for. One thread at a time per reader.
 */
#ifndef TRACES_TAPE_READER_H
#define TRACES_TAPE_READER_H

#include "traces/tape.h"

struct tape_reader;
struct tape_cursor;

enum tape_open_flag {
	TAPE_SALVAGE = 1, /* skip damaged blocks instead of failing */
};

struct tape_info {
	uint64_t events;  /* calls, thread events and marks */
	uint64_t samples; /* of the process */
	uint64_t duration_ns;
	uint64_t dropped; /* lost while recording, as the tape says */
	uint64_t bytes;   /* of the file */
	uint64_t blocks;
	uint64_t bad_blocks; /* skipped by salvage */
	uint64_t lost_bytes; /* of the file, not readable (cut or damaged) */
	uint32_t threads;
	uint32_t frames;  /* the highest number of one; see tape_stacks.h */
	uint32_t modules; /* the same */
	uint32_t version;
	uint32_t time_unit_ns;
	bool indexed; /* false: the index was rebuilt by scanning */
};

/*
 * Open and read header, metadata and index. "-" is not accepted: readers
 * seek. *out goes to tape_reader_close.
 */
int tape_reader_open(struct tape_reader **out, const char *path, unsigned flags,
		     struct err *err);
/* The same over bytes in memory, which must outlive the reader (tests). */
int tape_reader_open_memory(struct tape_reader **out, const void *bytes,
			    size_t len, unsigned flags, struct err *err);
void tape_reader_close(struct tape_reader *r);

const struct tape_meta *tape_reader_meta(const struct tape_reader *r);
const struct tape_info *tape_reader_info(const struct tape_reader *r);
const struct tape_end *tape_reader_end(const struct tape_reader *r);
/* Name for messages: the path, or "(memory)". */
const char *tape_reader_name(const struct tape_reader *r);

/*
 * Walk one thread's events in order. The reader must outlive the cursor.
 * next: 1 and *ev filled, 0 at the end, negative on error.
 */
int tape_cursor_open(struct tape_cursor **out, struct tape_reader *r,
		     uint32_t thread, struct err *err);
int tape_cursor_next(struct tape_cursor *c, struct tape_event *ev,
		     struct err *err);
void tape_cursor_close(struct tape_cursor *c);

/*
 * Hand all samples in time order to a function, until it returns other than
 * 0, which is returned then.
 */
typedef int tape_sample_fn(void *ctx, const struct tape_sample *sample,
			   struct err *err);
int tape_reader_each_sample(struct tape_reader *r, tape_sample_fn *each,
			    void *ctx, struct err *err);
/*
 * All samples, in time order, in memory that the caller frees; *nr may be 0.
 */
int tape_reader_samples(struct tape_reader *r, struct tape_sample **samples,
			size_t *nr, struct err *err);

/*
 * 32 hex digits and NUL into out: a hash over the whole file, the identity of
 * the tape in results.
 */
int tape_reader_hash(struct tape_reader *r, char out[33], struct err *err);

#endif
