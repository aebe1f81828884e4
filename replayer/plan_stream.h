// SPDX-License-Identifier: MIT
/*
 * The file of a plan while it is written: one stream of words per thread, in
 * chunks that lie as they were begun. Written through a mapping, so that an
 * op can still get a flag after later ones were written. Internal to the
 * plan compiler.
 */
#ifndef REPLAYER_PLAN_STREAM_H
#define REPLAYER_PLAN_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "replayer/plan.h"

struct err;

struct plan_stream {
	uint64_t next;  /* word of the file where the next op goes; 0: none */
	uint64_t limit; /* end of the chunk, room for a PLAN_NEXT left */
	uint32_t first_page;
	uint32_t pages;    /* of the last chunk */
	uint64_t told_seq; /* of the last PLAN_SKEW */
};

struct plan_file {
	int fd;
	uint64_t *words;  /* the mapping: reserved whole, backed up to size */
	uint64_t size;    /* bytes that the file has */
	uint64_t used;    /* bytes that are given out */
	uint64_t dropped; /* bytes whose pages were given back */
};

int plan_file_open(struct plan_file *f, const char *path, struct err *err);
/* Give out bytes (rounded up to pages); *at is their offset. */
int plan_file_extend(struct plan_file *f, uint64_t bytes, uint64_t *at,
		     struct err *err);
/* Cut the file to what is used, unmap and close it. */
int plan_file_close(struct plan_file *f, struct err *err);

/* Begin a new chunk for the stream. The out-of-line half of plan_emit. */
int plan_stream_grow(struct plan_file *f, struct plan_stream *s,
		     struct err *err);

/* Append a word; *at gets its place. */
static inline int plan_emit(struct plan_file *f, struct plan_stream *s,
			    uint64_t word, uint64_t *at, struct err *err)
{
	if (s->next == s->limit) {
		int rc = plan_stream_grow(f, s, err);

		if (rc)
			return rc;
	}
	*at = s->next++;
	f->words[*at] = word;
	return 0;
}

/* Append an op of two words, which never lie in two chunks. */
static inline int plan_emit2(struct plan_file *f, struct plan_stream *s,
			     uint64_t word, uint64_t next, uint64_t *at,
			     struct err *err)
{
	if (s->next + 1 >= s->limit) {
		int rc = plan_stream_grow(f, s, err);

		if (rc)
			return rc;
	}
	*at = s->next;
	f->words[s->next] = word;
	f->words[s->next + 1] = next;
	s->next += 2;
	return 0;
}

#endif
