// SPDX-License-Identifier: MIT
/*
 * Rebuilds the index of a tape that has none: walks the block headers, stops
 * at a cut, and with salvage looks for the next header behind damage.
 */
#include "traces/base/err.h"
#include "traces/tape_format.h"
#include "traces/tape_frame.h"
#include "traces/tape_index.h"
#include "traces/tape_source.h"

#define CHUNK (64u << 10)

struct walk {
	struct tape_index *index;
	const struct tape_source *src;
	struct tape_scan *scan;
	uint64_t at;
	uint32_t sequence; /* of the block expected next */
	bool salvage;
};

static uint64_t rest(const struct walk *w)
{
	return w->src->size - w->at;
}

/* A crash of the machine leaves zeros where data never reached the disk. */
static int is_zero_tail(const struct walk *w, struct err *err)
{
	uint64_t at = w->at;
	uint8_t chunk[4096];
	size_t i, len;
	int ret;

	for (; at < w->src->size; at += len) {
		len = w->src->size - at < sizeof(chunk)
			      ? (size_t)(w->src->size - at)
			      : sizeof(chunk);
		ret = tape_source_read(w->src, at, chunk, len, err);
		if (ret)
			return ret;
		for (i = 0; i < len; i++)
			if (chunk[i])
				return 0;
	}
	return 1;
}

/* The first valid header in chunk, or len. */
static size_t find_header(const uint8_t *chunk, size_t len)
{
	struct tape_frame f;
	size_t i;

	for (i = 0; i + TAPE_BLOCK_HEADER <= len; i++)
		if (chunk[i] == (uint8_t)TAPE_BLOCK_MAGIC[0] &&
		    tape_frame_unpack(&f, chunk + i))
			return i;
	return len;
}

/* Move to the next valid header behind w->at, or to the end. */
static int resync(struct walk *w, struct err *err)
{
	uint64_t from = w->at++;
	uint8_t *chunk = malloc(CHUNK);
	int ret = 0;

	if (!chunk)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	while (rest(w) >= TAPE_BLOCK_HEADER) {
		size_t len = rest(w) < CHUNK ? (size_t)rest(w) : CHUNK;
		size_t found;

		ret = tape_source_read(w->src, w->at, chunk, len, err);
		if (ret)
			goto out;
		found = find_header(chunk, len);
		if (found < len) {
			w->at += found;
			goto out;
		}
		w->at += len - TAPE_BLOCK_HEADER + 1;
	}
	w->at = w->src->size;
out:
	w->scan->lost_bytes += w->at - from;
	free(chunk);
	return ret;
}

static int damaged(struct walk *w, const char *what, struct err *err)
{
	return err_set(err, ERR_FORMAT, 0,
		       "%s: %s at offset %llu; 'heaptape check --repair OUT' "
		       "saves what is whole",
		       w->src->label, what, (unsigned long long)w->at);
}

/* 1: go on, 0: the blocks end here, negative: error. */
static int bad_header(struct walk *w, struct err *err)
{
	int ret = is_zero_tail(w, err);

	if (ret < 0)
		return ret;
	if (ret) {
		w->scan->lost_bytes += rest(w);
		return 0;
	}
	if (!w->salvage)
		return damaged(w, "no valid block header", err);
	ret = resync(w, err);
	return ret ? ret : 1;
}

static int check_sequence(struct walk *w, const struct tape_frame *f,
			  struct err *err)
{
	if (f->sequence != w->sequence) {
		if (!w->salvage)
			return damaged(w, "blocks are missing before the one",
				       err);
		w->scan->bad_blocks += f->sequence - w->sequence;
	}
	w->sequence = f->sequence + 1;
	return 0;
}

static int take(struct walk *w, const struct tape_frame *f, struct err *err)
{
	switch (tape_frame_use(f)) {
	case TAPE_FRAME_TAKE:
		return tape_index_add(w->index, f, w->at, err);
	case TAPE_FRAME_SKIP:
		return 0;
	case TAPE_FRAME_REFUSE:
		break;
	}
	return err_set(err, ERR_VERSION, 0,
		       "%s: block of unknown type %u at offset %llu; use a "
		       "newer heaptape",
		       w->src->label, f->type, (unsigned long long)w->at);
}

/* As bad_header. */
static int step(struct walk *w, struct err *err)
{
	uint8_t header[TAPE_BLOCK_HEADER];
	struct tape_frame f;
	int ret;

	if (rest(w) < TAPE_BLOCK_HEADER) {
		w->scan->lost_bytes += rest(w);
		return 0;
	}
	ret = tape_source_read(w->src, w->at, header, sizeof(header), err);
	if (ret)
		return ret;
	if (!tape_frame_unpack(&f, header))
		return bad_header(w, err);
	ret = check_sequence(w, &f, err);
	if (ret || f.type == TAPE_BLOCK_INDEX)
		return ret;
	if (f.stored_len > rest(w) - TAPE_BLOCK_HEADER) {
		w->scan->lost_bytes += rest(w);
		return 0;
	}
	ret = take(w, &f, err);
	w->at += TAPE_BLOCK_HEADER + f.stored_len;
	return ret ? ret : 1;
}

int tape_index_scan(struct tape_index *index, const struct tape_source *src,
		    uint64_t start, bool salvage, struct tape_scan *scan,
		    struct err *err)
{
	struct walk w = { .index = index,
			  .src = src,
			  .scan = scan,
			  .at = start,
			  .salvage = salvage };
	int ret;

	do
		ret = w.at < src->size ? step(&w, err) : 0;
	while (ret > 0);
	return ret;
}
