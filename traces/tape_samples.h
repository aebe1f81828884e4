// SPDX-License-Identifier: MIT
/*
 * Samples of the process and the end of a recording as payloads of their
 * blocks. Internal to libtape.
 */
#ifndef TRACES_TAPE_SAMPLES_H
#define TRACES_TAPE_SAMPLES_H

#include "traces/tape.h"
#include "traces/tape_buf.h"

/* Bytes of the shortest and the longest encoding of one sample. */
#define TAPE_SAMPLE_MIN 7
#define TAPE_SAMPLE_MAX (7 * 10)

/* Append *s, coded against *prev, to out, which has TAPE_SAMPLE_MAX more. */
void tape_sample_pack(struct tape_buf *out, const struct tape_sample *s,
		      const struct tape_sample *prev, unsigned unit_ns);
/* The byte after the sample, or NULL when the bytes are wrong. */
const uint8_t *tape_sample_unpack(const uint8_t *p, const uint8_t *end,
				  struct tape_sample *s,
				  const struct tape_sample *prev,
				  unsigned unit_ns);

int tape_end_pack(const struct tape_end *end, uint64_t events,
		  struct tape_buf *out, uint32_t *nr, struct err *err);
/* False: the bytes are wrong. Sets clean. */
bool tape_end_unpack(struct tape_end *end, const uint8_t *bytes, size_t len,
		     size_t nr);

#endif
