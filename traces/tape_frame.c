// SPDX-License-Identifier: MIT
/*
 * Block headers and zstd frames. Each piece of a payload (a column) ends a
 * zstd block of the frame, so that each gets entropy tables of its own.
 */
#include <zstd.h>

#include "traces/base/err.h"
#include "traces/tape_frame.h"
#include "traces/tape_hash.h"
#include "traces/tape_source.h"

#define CHECKSUM_AT (TAPE_BLOCK_HEADER - 8)
#define FLUSH_FROM  512 /* smaller pieces share tables with the next one */

void tape_frame_pack(const struct tape_frame *f, uint8_t out[TAPE_BLOCK_HEADER])
{
	memcpy(out, TAPE_BLOCK_MAGIC, 4);
	out[4] = f->type;
	out[5] = f->flags;
	put_le16(out + 6, TAPE_BLOCK_HEADER);
	put_le32(out + 8, f->thread);
	put_le32(out + 12, f->count);
	put_le64(out + 16, f->first);
	put_le64(out + 24, f->last);
	put_le32(out + 32, f->raw_len);
	put_le32(out + 36, f->stored_len);
	put_le64(out + 40, f->dropped);
	put_le32(out + 48, f->sequence);
	put_le32(out + 52, 0);
	put_le64(out + CHECKSUM_AT, tape_checksum(out, CHECKSUM_AT));
}

static bool plausible(const struct tape_frame *f)
{
	if (f->raw_len > TAPE_RAW_MAX || f->first > f->last)
		return false;
	if (f->stored_len > ZSTD_compressBound(TAPE_RAW_MAX))
		return false;
	if (f->type == TAPE_BLOCK_EVENTS)
		return f->thread < TAPE_THREADS_MAX &&
		       f->count <= TAPE_BLOCK_MAX;
	return true;
}

bool tape_frame_unpack(struct tape_frame *f,
		       const uint8_t bytes[TAPE_BLOCK_HEADER])
{
	if (memcmp(bytes, TAPE_BLOCK_MAGIC, 4) ||
	    le16(bytes + 6) != TAPE_BLOCK_HEADER ||
	    !tape_checksum_matches(bytes, CHECKSUM_AT,
				   le64(bytes + CHECKSUM_AT)))
		return false;
	*f = (struct tape_frame){
		.type = bytes[4],
		.flags = bytes[5],
		.thread = le32(bytes + 8),
		.count = le32(bytes + 12),
		.first = le64(bytes + 16),
		.last = le64(bytes + 24),
		.raw_len = le32(bytes + 32),
		.stored_len = le32(bytes + 36),
		.dropped = le64(bytes + 40),
		.sequence = le32(bytes + 48),
	};
	return plausible(f);
}

enum tape_frame_use tape_frame_use(const struct tape_frame *f)
{
	if (f->type >= TAPE_BLOCK_EVENTS && f->type <= TAPE_BLOCK_MODULES)
		return TAPE_FRAME_TAKE;
	return f->flags & TAPE_BLOCK_OPTIONAL ? TAPE_FRAME_SKIP
					      : TAPE_FRAME_REFUSE;
}

size_t tape_frame_bound(size_t raw_len, size_t nr_pieces)
{
	/* Each flush may open a zstd block of its own: 3 bytes, rounded up. */
	return TAPE_BLOCK_HEADER + ZSTD_compressBound(raw_len) +
	       64 * (nr_pieces + 1);
}

int tape_frame_build(struct tape_frame *f, ZSTD_CCtx *zstd,
		     const struct tape_piece *pieces, size_t nr, uint8_t *out,
		     size_t out_len, size_t *len, struct err *err)
{
	ZSTD_outBuffer to = { out, out_len, TAPE_BLOCK_HEADER };
	size_t i, raw = 0, left = 0;

	for (i = 0; i < nr; i++)
		raw += pieces[i].len;
	ZSTD_CCtx_reset(zstd, ZSTD_reset_session_only);
	ZSTD_CCtx_setPledgedSrcSize(zstd, raw);
	for (i = 0; i < nr; i++) {
		ZSTD_inBuffer from = { pieces[i].bytes, pieces[i].len, 0 };
		ZSTD_EndDirective how = i + 1 == nr ? ZSTD_e_end
					: pieces[i].len < FLUSH_FROM
						? ZSTD_e_continue
						: ZSTD_e_flush;

		do
			left = ZSTD_compressStream2(zstd, &to, &from, how);
		while (!ZSTD_isError(left) && to.pos < to.size &&
		       (from.pos < from.size ||
			(left && how != ZSTD_e_continue)));
		if (ZSTD_isError(left) || from.pos < from.size)
			break;
	}
	if (i < nr || (nr && left))
		return err_set(err, ERR_SYS, 0, "zstd: %s",
			       ZSTD_isError(left) ? ZSTD_getErrorName(left)
						  : "output too small");
	f->raw_len = (uint32_t)raw;
	f->stored_len = (uint32_t)(to.pos - TAPE_BLOCK_HEADER);
	tape_frame_pack(f, out);
	*len = to.pos;
	return 0;
}

int tape_frame_read(const struct tape_frame *f, const struct tape_source *src,
		    uint64_t offset, ZSTD_DCtx *zstd, struct tape_buf *stored,
		    struct tape_buf *raw, struct err *err)
{
	size_t got;
	int ret;

	stored->len = 0;
	raw->len = 0;
	if (f->stored_len > src->size)
		return err_set(err, ERR_TRUNCATED, 0,
			       "%s: block at offset %llu is cut", src->label,
			       (unsigned long long)offset);
	if (!tape_buf_reserve(stored, f->stored_len) ||
	    !tape_buf_reserve(raw, f->raw_len))
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	ret = tape_source_read(src, offset + TAPE_BLOCK_HEADER, stored->bytes,
			       f->stored_len, err);
	if (ret)
		return ret;
	got = ZSTD_decompressDCtx(zstd, raw->bytes, f->raw_len, stored->bytes,
				  f->stored_len);
	if (ZSTD_isError(got) || got != f->raw_len)
		return err_set(err, ERR_FORMAT, 0, "%s",
			       ZSTD_isError(got) ? ZSTD_getErrorName(got)
						 : "wrong length");
	raw->len = got;
	return 0;
}
