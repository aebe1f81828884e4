// SPDX-License-Identifier: MIT
/*
 * One block in the file: a fixed header and a zstd frame of its payload.
 * What the payload means is the business of tape_block, tape_samples and
 * tape_index. Internal to libtape.
 */
#ifndef TRACES_TAPE_FRAME_H
#define TRACES_TAPE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/tape_buf.h"
#include "traces/tape_format.h"

struct err;
struct tape_source;
struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

struct tape_frame {
	uint8_t type;  /* enum tape_block_type */
	uint8_t flags; /* enum tape_block_flag */
	uint32_t thread;
	uint32_t count;
	uint64_t first; /* times in units; of a table: the first number */
	uint64_t last;
	uint32_t raw_len;
	uint32_t stored_len;
	uint64_t dropped;
	uint32_t sequence; /* number of the block in the file */
};

/* A piece of a payload; pieces are compressed one by one into one frame. */
struct tape_piece {
	const void *bytes;
	size_t len;
};

void tape_frame_pack(const struct tape_frame *f,
		     uint8_t out[TAPE_BLOCK_HEADER]);
/* False: these bytes are no valid block header. */
bool tape_frame_unpack(struct tape_frame *f,
		       const uint8_t bytes[TAPE_BLOCK_HEADER]);

/* What a reader does with a block of this type. */
enum tape_frame_use { TAPE_FRAME_TAKE, TAPE_FRAME_SKIP, TAPE_FRAME_REFUSE };
enum tape_frame_use tape_frame_use(const struct tape_frame *f);

/* Most bytes that header and frame of a payload take. */
size_t tape_frame_bound(size_t raw_len, size_t nr_pieces);
/*
 * Compress the pieces after a header into out, of tape_frame_bound() bytes;
 * sets raw_len and stored_len. *len is what it took.
 */
int tape_frame_build(struct tape_frame *f, struct ZSTD_CCtx_s *zstd,
		     const struct tape_piece *pieces, size_t nr, uint8_t *out,
		     size_t out_len, size_t *len, struct err *err);
/*
 * Read and decompress the payload of the block at offset, whose header f was
 * unpacked, into raw; stored is scratch. Both grow as needed. The text of
 * -ERR_FORMAT is only what is wrong with the bytes; the caller says where.
 */
int tape_frame_read(const struct tape_frame *f, const struct tape_source *src,
		    uint64_t offset, struct ZSTD_DCtx_s *zstd,
		    struct tape_buf *stored, struct tape_buf *raw,
		    struct err *err);

#endif
