// SPDX-License-Identifier: MIT
/*
 * What the verify pass writes into blocks: words that differ from block to
 * block and from place to place. Blocks of less than PLAN_LARGE bytes are
 * filled; larger ones have it in their first and last 4 KiB and in a word of
 * each 4 KiB between.
 */
#ifndef REPLAYER_WORKER_CONTENTS_H
#define REPLAYER_WORKER_CONTENTS_H

#include <stdint.h>

/* A key that no other block is likely to have. */
uint64_t contents_key(uint64_t slot, uint64_t size, uint64_t call);
void contents_fill(char *p, uint64_t size, uint64_t key);
/*
 * The first byte below limit that is not what a fill of that size has left
 * there; size when all are.
 */
uint64_t contents_check(const char *p, uint64_t size, uint64_t limit,
			uint64_t key);
/* The first byte that is not zero; size when all are. */
uint64_t contents_check_zero(const char *p, uint64_t size);

#endif
