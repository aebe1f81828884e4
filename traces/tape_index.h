// SPDX-License-Identifier: MIT
/*
 * The list of a tape's blocks: built by the writer, read from the end of a
 * tape, or rebuilt by a scan. Internal to libtape.
 */
#ifndef TRACES_TAPE_INDEX_H
#define TRACES_TAPE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/tape_buf.h"
#include "traces/tape_format.h"

struct err;
struct tape_frame;
struct tape_source;

struct tape_index_entry {
	uint64_t offset;
	uint64_t first; /* as in struct tape_frame */
	uint64_t last;
	uint64_t dropped;
	uint32_t thread;
	uint32_t count;
	uint32_t stored_len;
	uint8_t type;  /* enum tape_block_type */
	uint8_t flags; /* enum tape_block_flag */
	bool bad;      /* found damaged while reading */
};

struct tape_index {
	struct tape_index_entry *entries; /* in file order */
	size_t nr;
	size_t cap;
	uint32_t *order; /* event blocks by thread, in file order within */
	size_t nr_order;
};

/* All return 0, -ERR_NOMEM, -ERR_FORMAT, or -ERR_VERSION for a block type
 * that must be known and is not. */
int tape_index_add(struct tape_index *index, const struct tape_frame *f,
		   uint64_t offset, struct err *err);
/* Fill order. */
int tape_index_sort(struct tape_index *index, struct err *err);
/*
 * The payload of an INDEX block as it grows, some 15 bytes for each block
 * before. Zeroed is empty.
 */
struct tape_index_pack {
	struct tape_buf rows;
	uint32_t nr;
	bool full;    /* it grew too large: the tape goes without */
	uint64_t end; /* of the last block */
	uint64_t first;
};

/* Make room for one entry more. */
int tape_index_reserve(struct tape_index_pack *p, struct err *err);
/* Append the block at offset. */
void tape_index_put(struct tape_index_pack *p, const struct tape_frame *f,
		    uint64_t offset);
/* Entries whose blocks lie between start and end, both file offsets. */
int tape_index_unpack(struct tape_index *index, const uint8_t *bytes,
		      size_t len, size_t nr, uint64_t start, uint64_t end,
		      struct err *err);
/* The trailer of a file of size bytes, its INDEX block at offset. */
void tape_trailer_pack(uint8_t out[TAPE_TRAILER], uint64_t offset,
		       uint64_t size);
/* False: these bytes are none. */
bool tape_trailer_unpack(const uint8_t bytes[TAPE_TRAILER], uint64_t *offset,
			 uint64_t *size);
void tape_index_release(struct tape_index *index);

/* What a scan of the blocks found besides them. */
struct tape_scan {
	uint64_t bad_blocks; /* headers or whole blocks that are not there */
	uint64_t lost_bytes;
};

/*
 * Rebuild the index from the block headers from offset start on. A cut end is
 * no error; damage is, unless salvage.
 */
int tape_index_scan(struct tape_index *index, const struct tape_source *src,
		    uint64_t start, bool salvage, struct tape_scan *scan,
		    struct err *err);

#endif
