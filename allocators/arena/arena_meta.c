// SPDX-License-Identifier: MIT
// Hands out memory for heaps and slab bitmaps from chunks that are reserved and
// used up from the bottom, so that only what is used becomes resident.
#include "allocators/arena/arena_meta.h"
#include "allocators/arena/arena_internal.h"
#include "allocators/arena/os.h"

#include <string.h>

enum { CHUNK_BYTES = 1 << 20, WORDS_MAX = SLOTS_MAX / 64 };

struct free_bits {
	struct free_bits *next;
};

struct lock meta_lock;
static char *chunk, *chunk_end;
static size_t used_bytes;
static struct free_bits *free_bits[WORDS_MAX + 1];

static void *alloc_locked(size_t bytes)
{
	size_t want = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
	char *p;

	if ((size_t)(chunk_end - chunk) < bytes) {
		want = round_up(want, page_bytes());
		p = os_reserve(want);
		if (!p)
			return NULL;
		// A program that is refused memory will try again, and again.
		if (!os_commit(p, want)) {
			os_release(p, want);
			return NULL;
		}
		chunk = p;
		chunk_end = p + want;
	}
	p = chunk;
	chunk += bytes;
	used_bytes += bytes;
	return p;
}

void *meta_alloc(size_t bytes)
{
	void *p;

	lock_take(&meta_lock);
	p = alloc_locked(round_up(bytes, 64));
	lock_release(&meta_lock);
	return p;
}

uint64_t *meta_bits_alloc(unsigned words)
{
	size_t bytes = 2 * words * sizeof(uint64_t);
	struct free_bits *p;

	lock_take(&meta_lock);
	p = free_bits[words];
	if (p)
		free_bits[words] = p->next;
	else
		p = alloc_locked(bytes);
	lock_release(&meta_lock);
	if (p)
		memset(p, 0, bytes);
	return (uint64_t *)p;
}

void meta_bits_free(uint64_t *bits, unsigned words)
{
	struct free_bits *p = (struct free_bits *)bits;

	lock_take(&meta_lock);
	p->next = free_bits[words];
	free_bits[words] = p;
	lock_release(&meta_lock);
}

size_t meta_bytes(void)
{
	size_t n;

	lock_take(&meta_lock);
	n = used_bytes;
	lock_release(&meta_lock);
	return n;
}
