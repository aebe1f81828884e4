// SPDX-License-Identifier: MIT
/*
 * Where a reader's bytes come from: a file, read with pread so that a file
 * which shrinks gives an error and no signal, or memory. Internal to libtape.
 */
#ifndef TRACES_TAPE_SOURCE_H
#define TRACES_TAPE_SOURCE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

struct err;

struct tape_source {
	int fd; /* -1: memory */
	const uint8_t *bytes;
	uint64_t size;
	char name[PATH_MAX]; /* the path, or "(memory)" */
	char label[96];      /* the same for messages, cut at the front */
};

int tape_source_open(struct tape_source *src, const char *path,
		     struct err *err);
void tape_source_memory(struct tape_source *src, const void *bytes, size_t len);
/* Read exactly len bytes at offset; -ERR_TRUNCATED beyond the end. */
int tape_source_read(const struct tape_source *src, uint64_t offset, void *buf,
		     size_t len, struct err *err);
void tape_source_release(struct tape_source *src);

#endif
