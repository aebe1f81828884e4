// SPDX-License-Identifier: MIT
/* The file header: fixed fields, metadata, checksum. Internal to libtape. */
#ifndef TRACES_TAPE_HEADER_H
#define TRACES_TAPE_HEADER_H

#include "traces/tape.h"

struct tape_source;

struct tape_header {
	uint32_t version;
	uint32_t size; /* of the whole header: where the first block starts */
	uint64_t required;
	uint64_t optional;
	uint32_t time_unit_ns;
};

/* The header's bytes, which the caller frees, and their number in *len. */
int tape_header_pack(const struct tape_header *header,
		     const struct tape_meta *meta, uint8_t **out, size_t *len,
		     struct err *err);
/* Read and check header and metadata; meta is released by the caller. */
int tape_header_read(const struct tape_source *src, struct tape_header *header,
		     struct tape_meta *meta, struct err *err);

#endif
