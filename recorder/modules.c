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
#define PATH_BYTES  4096
#define FILES_MAX   4096 /* with usual texts some hundred KiB */

/* Checks the lengths; the texts are copied out of the words. */
static bool read_texts(const uint64_t *words, size_t nr, const char *exe,
		       struct modules_file *e)
{
	const unsigned char *text = (const unsigned char *)&words[FIXED_WORDS];
	size_t id = words[4] & UINT32_MAX, path = words[4] >> 32, i;

	if (id > ID_BYTES || path > PATH_BYTES ||
	    id + path > (nr - FIXED_WORDS) * sizeof(*words))
		return false;
	e->build_id = calloc(1, 2 * id + 1);
	e->path = path ? strndup((const char *)text + id, path) : strdup(exe);
	if (!e->build_id || !e->path)
		return false;
	for (i = 0; i < id; i++)
		snprintf(&e->build_id[2 * i], 3, "%02x", text[i]);
	return true;
}

static bool same(const struct modules_file *a, const struct modules_file *b)
{
	return a->start == b->start && a->end == b->end && a->bias == b->bias &&
	       !strcmp(a->path, b->path) && !strcmp(a->build_id, b->build_id);
}

static void release(struct modules_file *e)
{
	free(e->path);
	free(e->build_id);
}

/* The entry of the same file at the same place; m->nr: there is none. */
static size_t seek(const struct modules *m, const struct modules_file *e)
{
	size_t i;

	for (i = 0; i < m->nr; i++)
		if (same(&m->files[i], e))
			break;
	return i;
}

static bool append(struct modules *m, const struct modules_file *e)
{
	struct modules_file *grown;

	if (m->nr == FILES_MAX)
		return false;
	grown = realloc(m->files, (m->nr + 1) * sizeof(*grown));
	if (!grown)
		return false;
	m->files = grown;
	m->files[m->nr++] = *e;
	return true;
}

/* Whether sighting i, one of the latest, is of an address in a generation. */
static bool holds(const struct modules *m, size_t i, uint64_t generation,
		  uint64_t addr)
{
	const struct modules_seen *seen = &m->seen[i % MODULES_SEEN];
	const struct modules_file *file = &m->files[seen->file - 1];

	return seen->generation == generation && addr >= file->start &&
	       addr < file->end;
}

/* The file's number, or 0. */
static uint32_t find(struct modules *m, uint64_t generation, uint64_t addr)
{
	size_t i = m->nr_seen, end = i > MODULES_SEEN ? i - MODULES_SEEN : 0;

	if (m->last < end || m->last >= i ||
	    !holds(m, m->last, generation, addr))
		for (m->last = i; i > end && m->last == m->nr_seen; i--)
			if (holds(m, i - 1, generation, addr))
				m->last = i - 1;
	return m->last < m->nr_seen ? m->seen[m->last % MODULES_SEEN].file : 0;
}

/* Note that the file was there then. */
static void see(struct modules *m, uint64_t generation, uint32_t number)
{
	if (find(m, generation, m->files[number - 1].start) == number)
		return;
	if (!m->seen)
		m->seen = calloc(MODULES_SEEN, sizeof(*m->seen));
	if (!m->seen)
		return;
	m->seen[m->nr_seen++ % MODULES_SEEN] =
		(struct modules_seen){ generation, number };
}

uint32_t modules_add(struct modules *m, const uint64_t *words, size_t nr,
		     const char *exe, struct tape_module *out)
{
	struct modules_file file = { .start = 0 };
	uint32_t number;

	memset(out, 0, sizeof(*out));
	if (nr < FIXED_WORDS)
		return 0;
	file.start = words[1];
	file.end = words[2];
	file.bias = words[3];
	if (file.end <= file.start || !read_texts(words, nr, exe, &file)) {
		release(&file);
		return 0;
	}
	number = (uint32_t)seek(m, &file) + 1;
	if (number <= m->nr) {
		release(&file);
	} else if (append(m, &file)) {
		*out = (struct tape_module){ file.path, file.build_id,
					     file.bias, file.start, file.end };
	} else {
		release(&file);
		return 0;
	}
	see(m, words[0], number);
	return number;
}

uint32_t modules_find(struct modules *m, uint64_t generation, uint64_t addr,
		      uint64_t *bias)
{
	uint32_t number = find(m, generation, addr);

	if (number)
		*bias = m->files[number - 1].bias;
	return number;
}

void modules_release(struct modules *m)
{
	while (m->nr)
		release(&m->files[--m->nr]);
	free(m->files);
	free(m->seen);
	memset(m, 0, sizeof(*m));
}
