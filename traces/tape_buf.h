// SPDX-License-Identifier: MIT
/* A growable byte buffer. Zeroed is empty. Internal to libtape. */
#ifndef TRACES_TAPE_BUF_H
#define TRACES_TAPE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct tape_buf {
	uint8_t *bytes;
	size_t len;
	size_t cap;
};

/* Make room for more bytes behind len; false when memory is out. After it,
 * bytes is never NULL. */
static inline bool tape_buf_reserve(struct tape_buf *buf, size_t more)
{
	size_t cap = buf->cap ? buf->cap : 256;
	uint8_t *bytes;

	if (buf->bytes && more <= buf->cap - buf->len)
		return true;
	while (cap - buf->len < more)
		cap *= 2;
	bytes = realloc(buf->bytes, cap);
	if (!bytes)
		return false;
	buf->bytes = bytes;
	buf->cap = cap;
	return true;
}

static inline void tape_buf_release(struct tape_buf *buf)
{
	free(buf->bytes);
	memset(buf, 0, sizeof(*buf));
}

#endif
