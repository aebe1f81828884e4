// SPDX-License-Identifier: MIT
/*
 * The rows of modules and frames as bytes, and back. A frame's parent is
 * written as the distance to it, its address as the difference to the row
 * before. Every row of a payload is checked before any of it is believed.
 */
#include "traces/tape_tables.h"
#include "traces/tape_varint.h"

#define FRAME_MIN  3 /* bytes of the shortest row */
#define FRAME_MAX  (3 * VARINT_MAX)
#define MODULE_MIN 5
#define MODULE_MAX (2 * (TAPE_TABLE_TEXT_MAX + 1) + 3 * VARINT_MAX)

uint32_t tape_table_max(uint8_t type)
{
	return type == TAPE_BLOCK_MODULES ? TAPE_MODULES_MAX : TAPE_FRAMES_MAX;
}

bool tape_table_plausible(uint8_t type, uint64_t first, uint64_t last,
			  uint32_t count, uint32_t before)
{
	return count && first > before && last >= first &&
	       last - first == count - 1 && last <= tape_table_max(type);
}

static uint8_t *put_text(uint8_t *p, const char *text)
{
	size_t len = strnlen(text ? text : "", TAPE_TABLE_TEXT_MAX);

	if (len)
		memcpy(p, text, len);
	p[len] = '\0';
	return p + len + 1;
}

static void added(struct tape_table_pack *t, const uint8_t *end)
{
	t->rows.len = (size_t)(end - t->rows.bytes);
	t->nr++;
	t->waiting++;
}

bool tape_table_add_module(struct tape_table_pack *t,
			   const struct tape_module *m)
{
	uint8_t *p;

	if (!tape_buf_reserve(&t->rows, MODULE_MAX))
		return false;
	p = put_text(t->rows.bytes + t->rows.len, m->path);
	p = put_text(p, m->build_id);
	p = varint_put(p, m->bias);
	p = varint_put(p, m->start);
	p = varint_put(p, m->end - m->start);
	added(t, p);
	return true;
}

bool tape_table_add_frame(struct tape_table_pack *t,
			  const struct tape_frame_node *node)
{
	uint8_t *p;

	if (!tape_buf_reserve(&t->rows, FRAME_MAX))
		return false;
	p = varint_put(t->rows.bytes + t->rows.len, t->nr + 1 - node->parent);
	p = varint_put(p, node->module);
	p = varint_put(p, zigzag((int64_t)(node->address - t->address)));
	t->address = node->address;
	added(t, p);
	return true;
}

/* NULL when there is no text, or one that is too long. */
static const uint8_t *get_text(const uint8_t *p, const uint8_t *end,
			       const char **text)
{
	const uint8_t *nul = memchr(p, 0, (size_t)(end - p));

	if (!nul || nul - p > TAPE_TABLE_TEXT_MAX)
		return NULL;
	*text = (const char *)p;
	return nul + 1;
}

static const uint8_t *get_module(const uint8_t *p, const uint8_t *end,
				 struct tape_module *m)
{
	uint64_t len;

	p = get_text(p, end, &m->path);
	if (p)
		p = get_text(p, end, &m->build_id);
	if (p)
		p = varint_get(p, end, &m->bias);
	if (p)
		p = varint_get(p, end, &m->start);
	if (p)
		p = varint_get(p, end, &len);
	if (!p || len > UINT64_MAX - m->start)
		return NULL;
	m->end = m->start + len;
	return p;
}

bool tape_table_modules(const struct tape_frame *f, const struct tape_buf *raw,
			struct tape_module *rows)
{
	const uint8_t *p = raw->bytes, *end = p + raw->len;
	struct tape_module scratch;
	uint32_t i;

	if (f->count > raw->len / MODULE_MIN)
		return false;
	for (i = 0; i < f->count && p; i++)
		p = get_module(p, end, rows ? &rows[i] : &scratch);
	return p == end;
}

static const uint8_t *get_frame(const uint8_t *p, const uint8_t *end,
				uint64_t number, uint64_t address,
				struct tape_frame_node *node)
{
	uint64_t back, module = 0, delta;

	p = varint_get(p, end, &back);
	if (p)
		p = varint_get(p, end, &module);
	if (p)
		p = varint_get(p, end, &delta);
	if (!p || !back || back > number || module > TAPE_MODULES_MAX)
		return NULL;
	node->parent = (uint32_t)(number - back);
	node->module = (uint32_t)module;
	node->address = address + (uint64_t)unzigzag(delta);
	return p;
}

bool tape_table_frames(const struct tape_frame *f, const struct tape_buf *raw,
		       struct tape_frame_node *rows)
{
	const uint8_t *p = raw->bytes, *end = p + raw->len;
	struct tape_frame_node node = { 0 };
	uint32_t i;

	if (f->count > raw->len / FRAME_MIN)
		return false;
	for (i = 0; i < f->count && p; i++) {
		p = get_frame(p, end, f->first + i, node.address, &node);
		if (rows && p)
			rows[i] = node;
	}
	return p == end;
}

bool tape_table_sound(const struct tape_frame *f, const struct tape_buf *raw)
{
	if (f->type == TAPE_BLOCK_MODULES)
		return tape_table_modules(f, raw, NULL);
	return f->type != TAPE_BLOCK_STACKS || tape_table_frames(f, raw, NULL);
}
