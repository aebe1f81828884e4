// SPDX-License-Identifier: MIT
/*
 * The writer: one column encoder per thread that has events waiting, one
 * compressor, and the list of blocks that becomes the index.
 */
#include "traces/base/err.h"
#include "traces/tape_header.h"
#include "traces/tape_pool.h"
#include "traces/tape_samples.h"
#include "traces/tape_writer_impl.h"

#define DEFAULT_UNIT_NS      10
#define DEFAULT_BLOCK_EVENTS (64u << 10)
#define SAMPLE_BATCH         256

int tape_writer_emit(struct tape_writer *w, const void *buf, size_t len,
		     struct err *err)
{
	if (!w->failed)
		w->failed = w->sink.write(w->sink.ctx, buf, len);
	if (w->failed)
		return err_set(err, ERR_IO, w->failed, "cannot write the tape");
	w->bytes += len;
	return 0;
}

int tape_writer_block(struct tape_writer *w, struct tape_frame *f,
		      const struct tape_piece *pieces, size_t nr,
		      struct err *err)
{
	struct tape_buf *out = &w->pool->out;
	size_t i, raw = 0, bound, len;
	int ret;

	for (i = 0; i < nr; i++)
		raw += pieces[i].len;
	if (raw > TAPE_RAW_MAX)
		return err_set(err, ERR_ARG, 0,
			       "a block of %zu bytes is more than a tape holds",
			       raw);
	bound = tape_frame_bound(raw, nr);
	if (!tape_buf_reserve(out, bound))
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	f->sequence = w->index.nr;
	ret = tape_frame_build(f, w->pool->zstd, pieces, nr, out->bytes, bound,
			       &len, err);
	if (!ret)
		ret = tape_index_reserve(&w->index, err);
	if (!ret)
		ret = tape_writer_emit(w, out->bytes, len, err);
	if (!ret)
		tape_index_put(&w->index, f, w->bytes - len);
	return ret;
}

int tape_writer_copy(struct tape_writer *w, struct tape_frame *f,
		     const void *stored, struct err *err)
{
	uint8_t header[TAPE_BLOCK_HEADER];
	uint64_t offset = w->bytes;
	int ret;

	f->sequence = w->index.nr;
	tape_frame_pack(f, header);
	ret = tape_index_reserve(&w->index, err);
	if (!ret)
		ret = tape_writer_emit(w, header, sizeof(header), err);
	if (!ret)
		ret = tape_writer_emit(w, stored, f->stored_len, err);
	if (!ret)
		tape_index_put(&w->index, f, offset);
	if (f->type == TAPE_BLOCK_EVENTS)
		w->events += f->count;
	tape_writer_tables_copied(w, f);
	return ret;
}

static int flush_samples(struct tape_writer *w, struct err *err)
{
	struct tape_piece piece = { w->samples.bytes, w->samples.len };
	struct tape_frame f = { .type = TAPE_BLOCK_SAMPLES,
				.thread = TAPE_NO_THREAD,
				.count = w->nr_samples };
	int ret;

	if (!w->nr_samples)
		return 0;
	f.first = w->first_sample.time_ns / w->config.time_unit_ns;
	f.last = w->last_sample.time_ns / w->config.time_unit_ns;
	ret = tape_writer_block(w, &f, &piece, 1, err);
	if (ret)
		return ret;
	w->samples.len = 0;
	w->nr_samples = 0;
	return 0;
}

static int write_header(struct tape_writer *w, const struct tape_meta *meta,
			struct err *err)
{
	struct tape_header header = { .time_unit_ns = w->config.time_unit_ns };
	uint8_t *bytes = NULL;
	size_t len;
	int ret = tape_header_pack(&header, meta, &bytes, &len, err);

	if (!ret)
		ret = tape_writer_emit(w, bytes, len, err);
	free(bytes);
	return ret;
}

static int check_config(struct tape_writer_config *config, struct err *err)
{
	if (!config->time_unit_ns)
		config->time_unit_ns = DEFAULT_UNIT_NS;
	if (!config->block_events)
		config->block_events = DEFAULT_BLOCK_EVENTS;
	if (config->block_events > TAPE_BLOCK_MAX ||
	    config->time_unit_ns > 1000000000)
		return err_set(err, ERR_ARG, 0,
			       "blocks of at most %u events, time units of at "
			       "most 1 s",
			       TAPE_BLOCK_MAX);
	return 0;
}

int tape_writer_open(struct tape_writer **out, const struct tape_sink *sink,
		     const struct tape_meta *meta,
		     const struct tape_writer_config *config, struct err *err)
{
	struct tape_writer *w = calloc(1, sizeof(*w));
	int ret;

	*out = NULL;
	if (!w)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	w->sink = *sink;
	if (config)
		w->config = *config;
	ret = check_config(&w->config, err);
	if (ret)
		goto fail;
	if (!w->config.pool)
		w->own_pool = tape_pool_new(0);
	if (!w->config.pool && !w->own_pool) {
		ret = err_set(err, ERR_NOMEM, 0, "out of memory");
		goto fail;
	}
	tape_pool_join(w->own_pool ? w->own_pool : w->config.pool, w);
	ret = write_header(w, meta, err);
	if (ret)
		goto fail;
	*out = w;
	return 0;
fail:
	tape_writer_free(w);
	return ret;
}

int tape_writer_add(struct tape_writer *w, uint32_t thread,
		    const struct tape_event *ev, size_t nr, struct err *err)
{
	struct writer_block *block = tape_writer_get_block(w, thread);
	struct tape_block *b;
	int ret = 0;

	if (!block)
		return err_set(err, ERR_NOMEM, 0,
			       "no memory for thread %u (or too many threads)",
			       thread);
	b = &block->columns;
	if (!b->count)
		b->lean = tape_pool_is_tight(w->pool);
	while (nr && !ret) {
		/* Each column keeps room for so many: little while it is small. */
		size_t batch = b->count < 1024 ? 64 : 512;
		size_t some = w->config.block_events - b->count;

		if (some > batch)
			some = batch;
		if (some > nr)
			some = nr;
		ret = tape_block_add(b, ev, some, w->config.time_unit_ns, err);
		ev += some;
		nr -= some;
		w->events += some;
		if (!ret && (b->count >= w->config.block_events ||
			     tape_block_len(b) > TAPE_RAW_MAX / 2))
			ret = tape_writer_flush_block(w, block, err);
	}
	tape_writer_account(w, block);
	tape_pool_relieve(w->pool);
	return ret;
}

int tape_writer_sample(struct tape_writer *w, const struct tape_sample *sample,
		       struct err *err)
{
	static const struct tape_sample zero;
	struct tape_sample s = *sample;

	if (s.time_ns < w->last_sample.time_ns)
		s.time_ns = w->last_sample.time_ns;
	if (!tape_buf_reserve(&w->samples, TAPE_SAMPLE_MAX))
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	tape_sample_pack(&w->samples, &s,
			 w->nr_samples ? &w->last_sample : &zero,
			 w->config.time_unit_ns);
	if (!w->nr_samples++)
		w->first_sample = s;
	w->last_sample = s;
	return w->nr_samples < SAMPLE_BATCH ? 0 : flush_samples(w, err);
}

void tape_writer_drop(struct tape_writer *w, uint32_t thread, uint64_t nr)
{
	struct writer_block *b = tape_writer_get_block(w, thread);

	if (!b)
		return;
	b->columns.dropped += nr;
	tape_writer_account(w, b);
}

int tape_writer_flush(struct tape_writer *w, struct err *err)
{
	struct writer_block *b;
	int ret = 0;

	for (b = w->first_block; b && !ret; b = b->behind)
		ret = tape_writer_flush_block(w, b, err);
	if (!ret)
		ret = tape_writer_tables_flush(w, err);
	return ret ? ret : flush_samples(w, err);
}

uint64_t tape_writer_bytes(const struct tape_writer *w)
{
	return w->bytes;
}

uint64_t tape_writer_events(const struct tape_writer *w)
{
	return w->events;
}

uint64_t tape_writer_waiting(const struct tape_writer *w)
{
	uint64_t bytes =
		w->samples.len + w->modules.rows.len + w->frames.rows.len;
	const struct writer_block *b;

	for (b = w->first_block; b; b = b->behind)
		bytes += tape_block_len(&b->columns);
	return bytes;
}

uint64_t tape_writer_forget(struct tape_writer *w)
{
	uint64_t events = 0;

	while (w->first_block) {
		events += w->first_block->columns.count;
		tape_writer_drop_block(w, w->first_block);
	}
	w->samples.len = 0;
	w->nr_samples = 0;
	tape_writer_tables_forget(w);
	w->events -= events;
	w->failed = 0;
	return events;
}

void tape_writer_free(struct tape_writer *w)
{
	if (!w)
		return;
	while (w->first_block)
		tape_writer_drop_block(w, w->first_block);
	free(w->threads);
	tape_buf_release(&w->samples);
	tape_writer_tables_release(w);
	tape_buf_release(&w->index.rows);
	tape_pool_leave(w);
	tape_pool_free(w->own_pool);
	free(w);
}
