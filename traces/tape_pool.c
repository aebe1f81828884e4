// SPDX-License-Identifier: MIT
/*
 * What writers share: the compressor, and a bound of the memory in which
 * events wait. Compression is chosen here. Columns are short numbers, which
 * entropy coding packs, and hold few long repetitions: a small table of them
 * and large steps where nothing matches save a quarter of the time at level 1
 * and cost 5 % of the bytes.
 */
#define ZSTD_STATIC_LINKING_ONLY /* for ZSTD_c_literalCompressionMode */
#include <stdlib.h>
#include <zstd.h>

#include "traces/tape_pool.h"
#include "traces/tape_writer_impl.h"

#define HASH_LOG       11
#define STEP           8 /* positions between two that are looked up */
#define DEFAULT_BUDGET (32u << 20)

struct tape_pool *tape_pool_new(size_t budget_bytes)
{
	struct tape_pool *p = calloc(1, sizeof(*p));
	ZSTD_CCtx *zstd = p ? ZSTD_createCCtx() : NULL;
	size_t ret;

	if (!zstd) {
		free(p);
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
	p->zstd = zstd;
	p->budget_bytes = budget_bytes ? budget_bytes : DEFAULT_BUDGET;
	return p;
}

void tape_pool_free(struct tape_pool *p)
{
	if (!p)
		return;
	ZSTD_freeCCtx(p->zstd);
	tape_buf_release(&p->out);
	free(p);
}

size_t tape_pool_used(const struct tape_pool *p)
{
	return p->used_bytes;
}

void tape_pool_join(struct tape_pool *p, struct tape_writer *w)
{
	w->pool = p;
	w->next = p->writers;
	p->writers = w;
}

void tape_pool_leave(struct tape_writer *w)
{
	struct tape_writer **at;

	if (!w->pool)
		return;
	for (at = &w->pool->writers; *at != w; at = &(*at)->next)
		;
	*at = w->next;
	w->pool = NULL;
}

/*
 * Write blocks of at least so many bytes. A writer whose sink fails keeps its
 * blocks, and tells so at its next call.
 */
static void evict(struct tape_pool *p, size_t least_bytes, size_t enough_bytes)
{
	struct writer_block *b, *behind;
	struct tape_writer *w;

	for (w = p->writers; w; w = w->next)
		for (b = w->first_block; b; b = behind) {
			behind = b->behind;
			if (p->used_bytes <= enough_bytes)
				return;
			if (b->bytes < least_bytes)
				continue;
			if (tape_writer_flush_block(w, b, NULL))
				break;
			tape_writer_drop_block(w, b);
		}
}

void tape_pool_relieve(struct tape_pool *p)
{
	/* A little more than needed, so that not each call comes here. */
	const size_t enough = p->budget_bytes - p->budget_bytes / 16;

	if (p->used_bytes <= p->budget_bytes)
		return;
	/* The large ones pack best; one is as large as the average. */
	evict(p, p->used_bytes / p->nr_blocks, enough);
}
