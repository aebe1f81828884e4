// SPDX-License-Identifier: MIT
/* The loaded files of one process; see modules.h. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/modules.h"
#include "traces/tape_stacks.h"

#define FIXED_WORDS 5 /* generation, start, end, bias, lengths */
#define ID_BYTES    64
#define MODULES_MAX 4096 /* with their texts some hundred KiB */

/* Checks the lengths; the texts are copied out of the words. */
static bool read_texts(const uint64_t *words, size_t nr, const char *exe,
		       struct modules_entry *e)
{
	const unsigned char *text = (const unsigned char *)&words[FIXED_WORDS];
	size_t id = words[4] & UINT32_MAX, path = words[4] >> 32, i;

	if (id > ID_BYTES || id + path > (nr - FIXED_WORDS) * sizeof(*words))
		return false;
	e->build_id = calloc(1, 2 * id + 1);
	e->path = path ? strndup((const char *)text + id, path) : strdup(exe);
	if (!e->build_id || !e->path)
		return false;
	for (i = 0; i < id; i++)
		snprintf(&e->build_id[2 * i], 3, "%02x", text[i]);
	return true;
}

static bool same(const struct modules_entry *a, const struct modules_entry *b)
{
	return a->start == b->start && a->end == b->end && a->bias == b->bias &&
	       !strcmp(a->path, b->path) && !strcmp(a->build_id, b->build_id);
}

static void release(struct modules_entry *e)
{
	free(e->path);
	free(e->build_id);
}

/* The entry of the same file at the same place; m->nr: there is none. */
static size_t seek(const struct modules *m, const struct modules_entry *e)
{
	size_t i;

	for (i = 0; i < m->nr; i++)
		if (same(&m->entries[i], e))
			break;
	return i;
}

static bool append(struct modules *m, const struct modules_entry *e)
{
	struct modules_entry *grown;

	if (m->nr == MODULES_MAX)
		return false;
	grown = realloc(m->entries, (m->nr + 1) * sizeof(*grown));
	if (!grown)
		return false;
	m->entries = grown;
	m->entries[m->nr++] = *e;
	return true;
}

uint32_t modules_add(struct modules *m, const uint64_t *words, size_t nr,
		     const char *exe, struct tape_module *out)
{
	struct modules_entry e = { .start = 0 }, *known;
	size_t i;

	memset(out, 0, sizeof(*out));
	if (nr < FIXED_WORDS)
		return 0;
	e.first = e.last = words[0];
	e.start = words[1];
	e.end = words[2];
	e.bias = words[3];
	if (e.end <= e.start || !read_texts(words, nr, exe, &e)) {
		release(&e);
		return 0;
	}
	i = seek(m, &e);
	if (i < m->nr) {
		release(&e);
		known = &m->entries[i];
		known->first = e.first < known->first ? e.first : known->first;
		known->last = e.last > known->last ? e.last : known->last;
		return (uint32_t)i + 1;
	}
	if (!append(m, &e)) {
		release(&e);
		return 0;
	}
	*out = (struct tape_module){ e.path, e.build_id, e.bias, e.start,
				     e.end };
	return (uint32_t)i + 1;
}

static bool holds(const struct modules_entry *e, uint64_t generation,
		  uint64_t addr)
{
	return addr >= e->start && addr < e->end && generation >= e->first &&
	       generation <= e->last;
}

uint32_t modules_find(struct modules *m, uint64_t generation, uint64_t addr,
		      uint64_t *bias)
{
	size_t i = m->last;

	if (!i || !holds(&m->entries[i - 1], generation, addr)) {
		for (i = 1; i <= m->nr; i++)
			if (holds(&m->entries[i - 1], generation, addr))
				break;
		if (i > m->nr)
			return 0;
		m->last = i;
	}
	*bias = m->entries[i - 1].bias;
	return (uint32_t)i;
}

void modules_release(struct modules *m)
{
	while (m->nr)
		release(&m->entries[--m->nr]);
	free(m->entries);
	memset(m, 0, sizeof(*m));
}
