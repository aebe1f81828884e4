// SPDX-License-Identifier: MIT
/* What reader and cursor share. Internal to libtape. */
#ifndef TRACES_TAPE_READER_IMPL_H
#define TRACES_TAPE_READER_IMPL_H

#include "traces/tape_buf.h"
#include "traces/tape_frame.h"
#include "traces/tape_header.h"
#include "traces/tape_index.h"
#include "traces/tape_reader.h"
#include "traces/tape_source.h"

struct tape_reader {
	struct tape_source src;
	struct tape_header header;
	struct tape_meta meta;
	struct tape_info info;
	struct tape_end end;
	struct tape_index index;
	struct ZSTD_DCtx_s *zstd;
	struct tape_buf stored; /* scratch */
	unsigned flags;         /* enum tape_open_flag */
};

/*
 * Read one block of the index and check it against its entry. 1: f and raw
 * are filled, 0: damaged and skipped by salvage, negative: error.
 */
int tape_reader_load(struct tape_reader *r, struct tape_index_entry *e,
		     struct tape_frame *f, struct tape_buf *raw,
		     struct err *err);
/*
 * The block's payload is wrong after all, with this many events unread. 0 in
 * salvage, else the error.
 */
int tape_reader_damaged(struct tape_reader *r, struct tape_index_entry *e,
			uint64_t unread, const char *what, struct err *err);

/* Take the numbers of a block of frames or modules into r->info. */
int tape_reader_table(struct tape_reader *r, struct tape_index_entry *e,
		      struct err *err);

/* The span of a thread's blocks in index.order: [*first, *first + return). */
size_t tape_reader_blocks(const struct tape_reader *r, uint32_t thread,
			  size_t *first);

#endif
