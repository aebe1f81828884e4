// SPDX-License-Identifier: MIT
/* Opening of a tape: header, index or scan, the end, the totals. */
#include <zstd.h>

#include "traces/base/err.h"
#include "traces/tape_hash.h"
#include "traces/tape_reader_impl.h"
#include "traces/tape_samples.h"

#define HASH_CHUNK (256u << 10)

int tape_reader_damaged(struct tape_reader *r, struct tape_index_entry *e,
			uint64_t unread, const char *what, struct err *err)
{
	if (!(r->flags & TAPE_SALVAGE))
		return err_set(err, ERR_FORMAT, 0,
			       "%s: damaged block at offset %llu (%s); "
			       "'heaptape check --repair OUT' saves the rest",
			       r->src.label, (unsigned long long)e->offset,
			       what);
	if (!e->bad) {
		e->bad = true;
		r->info.bad_blocks++;
		r->info.lost_bytes += TAPE_BLOCK_HEADER + e->stored_len;
		if (e->type == TAPE_BLOCK_EVENTS)
			r->info.events -= unread;
		else if (e->type == TAPE_BLOCK_SAMPLES)
			r->info.samples -= unread;
	}
	return 0;
}

int tape_reader_load(struct tape_reader *r, struct tape_index_entry *e,
		     struct tape_frame *f, struct tape_buf *raw,
		     struct err *err)
{
	uint8_t header[TAPE_BLOCK_HEADER];
	struct err why = { 0 };
	int ret;

	if (e->bad)
		return 0;
	ret = tape_source_read(&r->src, e->offset, header, sizeof(header), err);
	if (ret)
		return ret;
	if (!tape_frame_unpack(f, header))
		return tape_reader_damaged(r, e, e->count, "its header", err);
	if (f->type != e->type || f->thread != e->thread ||
	    f->count != e->count || f->stored_len != e->stored_len ||
	    f->first != e->first || f->last != e->last)
		return tape_reader_damaged(r, e, e->count,
					   "not the one in the index", err);
	ret = tape_frame_read(f, &r->src, e->offset, r->zstd, &r->stored, raw,
			      &why);
	if (ret == -ERR_FORMAT)
		return tape_reader_damaged(r, e, e->count, why.text, err);
	if (ret)
		return err_set(err, why.code, why.sys, "%s", why.text);
	return 1;
}

size_t tape_reader_blocks(const struct tape_reader *r, uint32_t thread,
			  size_t *first)
{
	const struct tape_index *index = &r->index;
	size_t low = 0, high = index->nr_order, end;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (index->entries[index->order[mid]].thread < thread)
			low = mid + 1;
		else
			high = mid;
	}
	*first = low;
	for (end = low; end < index->nr_order; end++)
		if (index->entries[index->order[end]].thread != thread)
			break;
	return end - low;
}

/* 1: read; 0: there is none, or it is no use; negative: no memory, no I/O. */
static int read_index(struct tape_reader *r, struct err *err)
{
	uint8_t trailer[TAPE_TRAILER], header[TAPE_BLOCK_HEADER];
	struct tape_buf raw = { 0 };
	struct tape_frame f;
	uint64_t offset, size;
	int ret;

	if (r->src.size < r->header.size + TAPE_TRAILER + TAPE_BLOCK_HEADER)
		return 0;
	ret = tape_source_read(&r->src, r->src.size - TAPE_TRAILER, trailer,
			       sizeof(trailer), err);
	if (ret)
		return ret;
	if (!tape_trailer_unpack(trailer, &offset, &size) ||
	    size != r->src.size || offset < r->header.size ||
	    offset > r->src.size - TAPE_TRAILER - TAPE_BLOCK_HEADER)
		return 0;
	ret = tape_source_read(&r->src, offset, header, sizeof(header), err);
	if (ret)
		return ret;
	if (!tape_frame_unpack(&f, header) || f.type != TAPE_BLOCK_INDEX)
		return 0;
	ret = tape_frame_read(&f, &r->src, offset, r->zstd, &r->stored, &raw,
			      NULL);
	if (!ret)
		ret = tape_index_unpack(&r->index, raw.bytes, raw.len, f.count,
					r->header.size, offset, err);
	tape_buf_release(&raw);
	if (!ret)
		return 1;
	/* A scan finds its way without it, and tells what it finds. */
	tape_index_release(&r->index);
	return ret == -ERR_NOMEM || ret == -ERR_IO
		       ? err_set(err, (enum err_code) - ret, 0,
				 "%s: cannot read the index", r->src.label)
		       : 0;
}

static int read_blocks(struct tape_reader *r, struct err *err)
{
	struct tape_scan scan = { 0 };
	int ret = read_index(r, err);

	r->info.indexed = ret > 0;
	if (!ret) {
		ret = tape_index_scan(&r->index, &r->src, r->header.size,
				      r->flags & TAPE_SALVAGE, &scan, err);
		r->info.bad_blocks = scan.bad_blocks;
		r->info.lost_bytes = scan.lost_bytes;
	}
	return ret < 0 ? ret : tape_index_sort(&r->index, err);
}

static int read_end(struct tape_reader *r, struct tape_index_entry *e,
		    struct err *err)
{
	struct tape_buf raw = { 0 };
	struct tape_frame f;
	int ret = tape_reader_load(r, e, &f, &raw, err);

	if (ret > 0 && !tape_end_unpack(&r->end, raw.bytes, raw.len, f.count))
		ret = tape_reader_damaged(r, e, 0, "its keys", err);
	tape_buf_release(&raw);
	return ret < 0 ? ret : 0;
}

static int sum_up(struct tape_reader *r, struct err *err)
{
	struct tape_info *info = &r->info;
	uint64_t last = 0;
	size_t i;
	int ret = 0;

	for (i = 0; i < r->index.nr && !ret; i++) {
		struct tape_index_entry *e = &r->index.entries[i];

		info->blocks++;
		if (e->type == TAPE_BLOCK_STACKS ||
		    e->type == TAPE_BLOCK_MODULES) {
			ret = tape_reader_table(r, e, err);
			continue;
		}
		if (e->last > last)
			last = e->last;
		if (e->type == TAPE_BLOCK_EVENTS) {
			info->events += e->count;
			info->dropped += e->dropped;
			if (e->thread >= info->threads)
				info->threads = e->thread + 1;
		} else if (e->type == TAPE_BLOCK_SAMPLES) {
			info->samples += e->count;
		} else if (e->type == TAPE_BLOCK_END) {
			ret = read_end(r, e, err);
		}
	}
	if (last > UINT64_MAX / r->header.time_unit_ns)
		last = UINT64_MAX / r->header.time_unit_ns;
	info->duration_ns = last * r->header.time_unit_ns;
	if (r->end.clean && r->end.duration_ns > info->duration_ns)
		info->duration_ns = r->end.duration_ns;
	if (r->end.dropped > info->dropped)
		info->dropped = r->end.dropped;
	info->bytes = r->src.size;
	info->version = r->header.version;
	info->time_unit_ns = r->header.time_unit_ns;
	return ret;
}

/* The rest of both opens; releases r when it fails. */
static int open_source(struct tape_reader **out, struct tape_reader *r,
		       struct err *err)
{
	int ret;

	r->zstd = ZSTD_createDCtx();
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	/* Ignore the checksums of zstd's frames; see tape_hash.h. */
	ZSTD_DCtx_setParameter(r->zstd, ZSTD_d_experimentalParam3, 1);
#endif
	ret = r->zstd ? tape_header_read(&r->src, &r->header, &r->meta, err)
		      : err_set(err, ERR_NOMEM, 0, "out of memory");
	if (!ret)
		ret = read_blocks(r, err);
	if (!ret)
		ret = sum_up(r, err);
	if (ret) {
		tape_reader_close(r);
		return ret;
	}
	*out = r;
	return 0;
}

static struct tape_reader *new_reader(unsigned flags, struct err *err)
{
	struct tape_reader *r = calloc(1, sizeof(*r));

	if (!r) {
		err_set(err, ERR_NOMEM, 0, "out of memory");
		return NULL;
	}
	r->flags = flags;
	r->src.fd = -1;
	return r;
}

int tape_reader_open(struct tape_reader **out, const char *path, unsigned flags,
		     struct err *err)
{
	struct tape_reader *r = new_reader(flags, err);
	int ret;

	*out = NULL;
	if (!r)
		return -ERR_NOMEM;
	ret = tape_source_open(&r->src, path, err);
	if (ret) {
		free(r);
		return ret;
	}
	return open_source(out, r, err);
}

int tape_reader_open_memory(struct tape_reader **out, const void *bytes,
			    size_t len, unsigned flags, struct err *err)
{
	struct tape_reader *r = new_reader(flags, err);

	*out = NULL;
	if (!r)
		return -ERR_NOMEM;
	tape_source_memory(&r->src, bytes, len);
	return open_source(out, r, err);
}

void tape_reader_close(struct tape_reader *r)
{
	if (!r)
		return;
	ZSTD_freeDCtx(r->zstd);
	tape_buf_release(&r->stored);
	tape_index_release(&r->index);
	tape_meta_release(&r->meta);
	tape_source_release(&r->src);
	free(r);
}

const struct tape_meta *tape_reader_meta(const struct tape_reader *r)
{
	return &r->meta;
}

const struct tape_info *tape_reader_info(const struct tape_reader *r)
{
	return &r->info;
}

const struct tape_end *tape_reader_end(const struct tape_reader *r)
{
	return &r->end;
}

const char *tape_reader_name(const struct tape_reader *r)
{
	return r->src.name;
}

int tape_reader_hash(struct tape_reader *r, char out[33], struct err *err)
{
	struct tape_hash *hash = tape_hash_new();
	uint64_t at = 0;
	int ret = 0;

	r->stored.len = 0;
	if (!hash || !tape_buf_reserve(&r->stored, HASH_CHUNK))
		ret = err_set(err, ERR_NOMEM, 0, "out of memory");
	while (!ret && at < r->src.size) {
		size_t len = r->src.size - at < HASH_CHUNK
				     ? (size_t)(r->src.size - at)
				     : HASH_CHUNK;

		ret = tape_source_read(&r->src, at, r->stored.bytes, len, err);
		if (!ret)
			tape_hash_add(hash, r->stored.bytes, len);
		at += len;
	}
	if (hash)
		tape_hash_finish(hash, out);
	return ret;
}
