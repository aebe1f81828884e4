// SPDX-License-Identifier: MIT
/* Metadata as bytes; the public part is in tape.h. Internal to libtape. */
#ifndef TRACES_TAPE_META_H
#define TRACES_TAPE_META_H

#include "traces/tape.h"

size_t tape_meta_packed_len(const struct tape_meta *meta);
/* Write tape_meta_packed_len() bytes. */
void tape_meta_pack(const struct tape_meta *meta, uint8_t *out);
/*
 * Append nr pairs read from at most len bytes; *used is what they took.
 * 0, -ERR_FORMAT (they do not fit) or -ERR_NOMEM.
 */
int tape_meta_unpack(struct tape_meta *meta, const uint8_t *bytes, size_t len,
		     size_t nr, size_t *used);

#endif
