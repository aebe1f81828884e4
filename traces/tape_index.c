// SPDX-License-Identifier: MIT
/* The block list in memory and as the payload of the INDEX block. */
#include "traces/tape_index.h"
#include "traces/base/err.h"
#include "traces/tape_format.h"
#include "traces/tape_frame.h"
#include "traces/tape_hash.h"
#include "traces/tape_varint.h"

#define ENTRY_MIN 7 /* bytes: type and six varints */
#define ENTRY_MAX (1 + 7 * VARINT_MAX)
#define OPTIONAL  0x80        /* in the byte of the type */
#define PACK_MAX  (16u << 20) /* a million blocks: walking them is as well */

static struct tape_index_entry *extend(struct tape_index *index,
				       struct err *err)
{
	size_t cap = index->cap ? index->cap * 2 : 64;
	struct tape_index_entry *entries;

	if (index->nr < index->cap)
		return &index->entries[index->nr++];
	entries = realloc(index->entries, cap * sizeof(*entries));
	if (!entries) {
		err_set(err, ERR_NOMEM, 0, "out of memory");
		return NULL;
	}
	index->entries = entries;
	index->cap = cap;
	return &index->entries[index->nr++];
}

int tape_index_add(struct tape_index *index, const struct tape_frame *f,
		   uint64_t offset, struct err *err)
{
	struct tape_index_entry *e = extend(index, err);

	if (!e)
		return -ERR_NOMEM;
	*e = (struct tape_index_entry){
		.offset = offset,
		.first = f->first,
		.last = f->last,
		.dropped = f->dropped,
		.thread = f->thread,
		.count = f->count,
		.stored_len = f->stored_len,
		.type = f->type,
		.flags = f->flags,
	};
	return 0;
}

static int compare(const void *pa, const void *pb, void *ctx)
{
	const struct tape_index_entry *entries = ctx;
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	if (entries[a].thread != entries[b].thread)
		return entries[a].thread < entries[b].thread ? -1 : 1;
	return a < b ? -1 : a > b;
}

int tape_index_sort(struct tape_index *index, struct err *err)
{
	size_t i;

	index->order = malloc((index->nr + 1) * sizeof(*index->order));
	if (!index->order)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	index->nr_order = 0;
	for (i = 0; i < index->nr; i++)
		if (index->entries[i].type == TAPE_BLOCK_EVENTS)
			index->order[index->nr_order++] = (uint32_t)i;
	qsort_r(index->order, index->nr_order, sizeof(*index->order), compare,
		index->entries);
	return 0;
}

int tape_index_reserve(struct tape_index_pack *p, struct err *err)
{
	if (!tape_buf_reserve(&p->rows, ENTRY_MAX))
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	return 0;
}

void tape_index_put(struct tape_index_pack *p, const struct tape_frame *f,
		    uint64_t offset)
{
	uint8_t *at = p->rows.bytes + p->rows.len;

	p->nr++;
	if (p->rows.len > PACK_MAX)
		p->full = true;
	if (p->full) {
		tape_buf_release(&p->rows);
		return;
	}
	*at++ = f->type | (f->flags & TAPE_BLOCK_OPTIONAL ? OPTIONAL : 0);
	at = varint_put(at, offset - p->end);
	at = varint_put(at, f->stored_len);
	at = varint_put(at, f->thread);
	at = varint_put(at, f->count);
	at = varint_put(at, zigzag((int64_t)(f->first - p->first)));
	at = varint_put(at, f->last - f->first);
	at = varint_put(at, f->dropped);
	p->rows.len = (size_t)(at - p->rows.bytes);
	p->end = offset + TAPE_BLOCK_HEADER + f->stored_len;
	p->first = f->first;
}

/* One entry; NULL when the bytes are wrong. The rest of f is left alone. */
static const uint8_t *unpack_entry(const uint8_t *p, const uint8_t *end,
				   struct tape_frame *f, uint64_t *gap)
{
	uint64_t v[6];
	int i;

	f->type = *p & (OPTIONAL - 1);
	f->flags = *p++ & OPTIONAL ? TAPE_BLOCK_OPTIONAL : 0;
	p = varint_get(p, end, gap);
	for (i = 0; i < 6 && p; i++)
		p = varint_get(p, end, &v[i]);
	if (!p || v[0] > UINT32_MAX || v[1] > UINT32_MAX || v[2] > UINT32_MAX)
		return NULL;
	f->stored_len = (uint32_t)v[0];
	f->thread = (uint32_t)v[1];
	f->count = (uint32_t)v[2];
	f->first += (uint64_t)unzigzag(v[3]);
	f->last = f->first + v[4];
	f->dropped = v[5];
	if (f->last < f->first ||
	    (f->type == TAPE_BLOCK_EVENTS &&
	     (f->thread >= TAPE_THREADS_MAX || f->count > TAPE_BLOCK_MAX)))
		return NULL;
	return p;
}

int tape_index_unpack(struct tape_index *index, const uint8_t *bytes,
		      size_t len, size_t nr, uint64_t start, uint64_t end,
		      struct err *err)
{
	const uint8_t *p = bytes, *stop = bytes + len;
	struct tape_frame f = { 0 };
	uint64_t offset = 0, gap;
	int ret;

	if (nr > len / ENTRY_MIN)
		return -ERR_FORMAT;
	for (; nr; nr--) {
		p = p < stop ? unpack_entry(p, stop, &f, &gap) : NULL;
		if (!p || gap > end - offset)
			return -ERR_FORMAT;
		offset += gap;
		if (offset < start || end - offset < TAPE_BLOCK_HEADER ||
		    f.stored_len > end - offset - TAPE_BLOCK_HEADER)
			return -ERR_FORMAT;
		if (tape_frame_use(&f) == TAPE_FRAME_REFUSE)
			return -ERR_VERSION;
		ret = tape_frame_use(&f) == TAPE_FRAME_TAKE
			      ? tape_index_add(index, &f, offset, err)
			      : 0;
		if (ret)
			return ret;
		offset += TAPE_BLOCK_HEADER + f.stored_len;
	}
	return p == stop ? 0 : -ERR_FORMAT;
}

void tape_trailer_pack(uint8_t out[TAPE_TRAILER], uint64_t offset,
		       uint64_t size)
{
	put_le64(out, offset);
	put_le64(out + 8, size);
	put_le64(out + 16, tape_checksum(out, 16));
	memcpy(out + 24, TAPE_TRAILER_MAGIC, 8);
}

bool tape_trailer_unpack(const uint8_t bytes[TAPE_TRAILER], uint64_t *offset,
			 uint64_t *size)
{
	*offset = le64(bytes);
	*size = le64(bytes + 8);
	return !memcmp(bytes + 24, TAPE_TRAILER_MAGIC, 8) &&
	       tape_checksum_matches(bytes, 16, le64(bytes + 16));
}

void tape_index_release(struct tape_index *index)
{
	free(index->entries);
	free(index->order);
	memset(index, 0, sizeof(*index));
}
