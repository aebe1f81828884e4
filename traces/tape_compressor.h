// SPDX-License-Identifier: MIT
/* Inside of a compressor; the public part is in tape_writer.h. */
#ifndef TRACES_TAPE_COMPRESSOR_H
#define TRACES_TAPE_COMPRESSOR_H

#include "traces/tape_buf.h"

struct ZSTD_CCtx_s;

struct tape_compressor {
	struct ZSTD_CCtx_s *zstd;
	struct tape_buf out; /* the block that is being built */
};

#endif
