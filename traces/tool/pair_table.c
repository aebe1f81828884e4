// SPDX-License-Identifier: MIT
/* Open addressing with linear probing; nothing is ever removed. */
#include <stdlib.h>
#include <string.h>

#include "traces/tool/pair_table.h"

#define FIRST_BITS 6
#define MAX_BITS   17

static struct thread_pair *find(const struct pair_table *t, uint32_t taker,
				uint32_t freer)
{
	uint64_t key = (uint64_t)taker << 32 | freer;
	size_t mask = ((size_t)1 << t->bits) - 1;
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15ULL >> (64 - t->bits));

	while (t->pairs[at].frees &&
	       (t->pairs[at].taker != taker || t->pairs[at].freer != freer))
		at = (at + 1) & mask;
	return &t->pairs[at];
}

/* Twice the places, where that is allowed and there is memory for them. */
static void grow(struct pair_table *t)
{
	struct pair_table grown = *t;
	size_t i;

	grown.bits = t->bits ? t->bits + 1 : FIRST_BITS;
	if (grown.bits > MAX_BITS)
		return;
	grown.pairs = calloc((size_t)1 << grown.bits, sizeof(*grown.pairs));
	if (!grown.pairs)
		return;
	for (i = 0; t->bits && i < (size_t)1 << t->bits; i++)
		if (t->pairs[i].frees)
			*find(&grown, t->pairs[i].taker, t->pairs[i].freer) =
				t->pairs[i];
	free(t->pairs);
	*t = grown;
}

void pair_table_add(struct pair_table *t, uint32_t taker, uint32_t freer,
		    uint64_t bytes)
{
	struct thread_pair *pair;

	if (!t->bits || t->nr >= ((size_t)1 << t->bits) / 2)
		grow(t);
	pair = t->bits ? find(t, taker, freer) : &t->rest;
	if (!pair->frees && pair != &t->rest) {
		if (t->nr >= ((size_t)1 << t->bits) / 2) {
			pair = &t->rest;
		} else {
			pair->taker = taker;
			pair->freer = freer;
			t->nr++;
		}
	}
	pair->frees++;
	pair->bytes += bytes;
}

static int compare(const void *pa, const void *pb)
{
	const struct thread_pair *a = pa, *b = pb;

	if (a->frees != b->frees)
		return a->frees > b->frees ? -1 : 1;
	if (a->taker != b->taker)
		return a->taker < b->taker ? -1 : 1;
	return a->freer < b->freer ? -1 : a->freer > b->freer;
}

void pair_table_sort(struct pair_table *t)
{
	size_t i, nr = 0;

	for (i = 0; t->bits && i < (size_t)1 << t->bits; i++)
		if (t->pairs[i].frees)
			t->pairs[nr++] = t->pairs[i];
	if (nr)
		qsort(t->pairs, nr, sizeof(*t->pairs), compare);
}

void pair_table_release(struct pair_table *t)
{
	free(t->pairs);
	memset(t, 0, sizeof(*t));
}
