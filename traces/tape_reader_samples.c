// SPDX-License-Identifier: MIT
/* Walking of the blocks with samples. */
#include "traces/base/err.h"
#include "traces/tape_reader_impl.h"
#include "traces/tape_samples.h"

struct walk {
	tape_sample_fn *each;
	void *ctx;
	uint64_t last_ns; /* times that fall behind it are left out */
};

static int walk_block(struct tape_reader *r, struct tape_index_entry *e,
		      struct tape_buf *raw, struct walk *w, struct err *err)
{
	struct tape_sample prev = { 0 }, sample;
	const uint8_t *p, *end;
	struct tape_frame f;
	uint32_t i;
	int ret = tape_reader_load(r, e, &f, raw, err);

	if (ret <= 0)
		return ret;
	if (f.count > raw->len / TAPE_SAMPLE_MIN)
		return tape_reader_damaged(r, e, f.count, "its count", err);
	p = raw->bytes;
	end = p + raw->len;
	for (i = 0; i < f.count; i++) {
		p = tape_sample_unpack(p, end, &sample, &prev,
				       r->header.time_unit_ns);
		if (!p)
			return tape_reader_damaged(r, e, f.count - i,
						   "its samples", err);
		prev = sample;
		if (sample.time_ns < w->last_ns)
			continue;
		w->last_ns = sample.time_ns;
		ret = w->each(w->ctx, &sample, err);
		if (ret)
			return ret;
	}
	return 0;
}

int tape_reader_each_sample(struct tape_reader *r, tape_sample_fn *each,
			    void *ctx, struct err *err)
{
	struct walk w = { .each = each, .ctx = ctx };
	struct tape_buf raw = { 0 };
	size_t i;
	int ret = 0;

	for (i = 0; i < r->index.nr && !ret; i++)
		if (r->index.entries[i].type == TAPE_BLOCK_SAMPLES)
			ret = walk_block(r, &r->index.entries[i], &raw, &w,
					 err);
	tape_buf_release(&raw);
	return ret;
}

struct list {
	struct tape_sample *samples;
	size_t nr;
	size_t room;
};

static int append(void *ctx, const struct tape_sample *sample, struct err *err)
{
	struct list *l = ctx;

	if (l->nr == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		struct tape_sample *grown =
			realloc(l->samples, room * sizeof(*grown));

		if (!grown)
			return err_set(err, ERR_NOMEM, 0, "out of memory");
		l->samples = grown;
		l->room = room;
	}
	l->samples[l->nr++] = *sample;
	return 0;
}

int tape_reader_samples(struct tape_reader *r, struct tape_sample **samples,
			size_t *nr, struct err *err)
{
	struct list l = { 0 };
	int ret = tape_reader_each_sample(r, append, &l, err);

	if (ret) {
		free(l.samples);
		l = (struct list){ 0 };
	}
	*samples = l.samples;
	*nr = l.nr;
	return ret;
}
