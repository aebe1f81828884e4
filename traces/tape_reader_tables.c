// SPDX-License-Identifier: MIT
/*
 * Frames and modules of a tape as arrays. How many there are is known from
 * the index; what damage took stays empty, so that the numbers of the others
 * hold.
 */
#include "traces/base/err.h"
#include "traces/tape_reader_impl.h"
#include "traces/tape_tables.h"

int tape_reader_table(struct tape_reader *r, struct tape_index_entry *e,
		      struct err *err)
{
	uint32_t *nr = e->type == TAPE_BLOCK_MODULES ? &r->info.modules
						     : &r->info.frames;

	if (!tape_table_plausible(e->type, e->first, e->last, e->count, *nr))
		return tape_reader_damaged(r, e, 0, "its numbers", err);
	*nr = (uint32_t)e->last;
	return 0;
}

/* 1: f and raw hold the next block of this type; 0: none is left. */
static int next_block(struct tape_reader *r, uint8_t type, size_t *at,
		      struct tape_frame *f, struct tape_buf *raw,
		      struct err *err)
{
	int ret;

	while (*at < r->index.nr) {
		struct tape_index_entry *e = &r->index.entries[(*at)++];

		if (e->type != type)
			continue;
		ret = tape_reader_load(r, e, f, raw, err);
		if (ret > 0 && !tape_table_sound(f, raw))
			ret = tape_reader_damaged(r, e, 0, "its rows", err);
		if (ret)
			return ret;
	}
	return 0;
}

/* A module that damage took leaves its frames without one. */
static void clear_unknown(const struct tape_reader *r,
			  struct tape_frame_node *rows, uint32_t nr)
{
	uint32_t i;

	for (i = 0; i < nr; i++) {
		if (rows[i].module <= r->info.modules)
			continue;
		rows[i].module = 0;
		rows[i].address = 0;
	}
}

int tape_reader_frames(struct tape_reader *r, struct tape_frame_node **nodes,
		       size_t *nr, struct err *err)
{
	struct tape_frame_node *list =
		calloc((size_t)r->info.frames + 1, sizeof(*list));
	struct tape_buf raw = { 0 };
	struct tape_frame f;
	size_t at = 0;
	int ret;

	*nodes = NULL;
	*nr = 0;
	if (!list)
		return err_set(err, ERR_NOMEM, 0, "out of memory for %u frames",
			       r->info.frames);
	while ((ret = next_block(r, TAPE_BLOCK_STACKS, &at, &f, &raw, err)) >
	       0) {
		tape_table_frames(&f, &raw, list + f.first);
		clear_unknown(r, list + f.first, f.count);
	}
	tape_buf_release(&raw);
	if (ret) {
		free(list);
		return ret;
	}
	*nodes = list;
	*nr = r->info.frames;
	return 0;
}

/* The bytes of all payloads of modules: room enough for their texts. */
static int count_texts(struct tape_reader *r, size_t *len, struct err *err)
{
	struct tape_buf raw = { 0 };
	struct tape_frame f;
	size_t at = 0;
	int ret;

	*len = 0;
	while ((ret = next_block(r, TAPE_BLOCK_MODULES, &at, &f, &raw, err)) >
	       0)
		*len += raw.len;
	tape_buf_release(&raw);
	return ret;
}

/* Move the texts of rows that point into raw to pool; returns its new end. */
static char *keep_texts(struct tape_module *rows, uint32_t nr, char *pool)
{
	uint32_t i;

	for (i = 0; i < nr; i++) {
		rows[i].path = strcpy(pool, rows[i].path);
		pool += strlen(pool) + 1;
		rows[i].build_id = strcpy(pool, rows[i].build_id);
		pool += strlen(pool) + 1;
	}
	return pool;
}

int tape_reader_modules(struct tape_reader *r, struct tape_module **modules,
			size_t *nr, struct err *err)
{
	size_t i, at = 0, texts, entries = (size_t)r->info.modules + 1;
	struct tape_module *list = NULL;
	struct tape_buf raw = { 0 };
	struct tape_frame f;
	char *pool;
	int ret = count_texts(r, &texts, err);

	*modules = NULL;
	*nr = 0;
	if (!ret)
		list = malloc(entries * sizeof(*list) + texts);
	if (!ret && !list)
		ret = err_set(err, ERR_NOMEM, 0, "out of memory");
	if (ret)
		return ret;
	for (i = 0; i < entries; i++)
		list[i] = (struct tape_module){ "", "", 0, 0, 0 };
	pool = (char *)(list + entries);
	while ((ret = next_block(r, TAPE_BLOCK_MODULES, &at, &f, &raw, err)) >
	       0) {
		tape_table_modules(&f, &raw, list + f.first);
		pool = keep_texts(list + f.first, f.count, pool);
	}
	tape_buf_release(&raw);
	if (ret) {
		free(list);
		return ret;
	}
	*modules = list;
	*nr = r->info.modules;
	return 0;
}
