// SPDX-License-Identifier: MIT
/* The pool that serves while the real allocator is not yet known. */
#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "recorder/shim/real.h"

#define POOL_HEAD 16u /* in front of each block: its size */

/* Until it is mapped, where no block can be; not NULL, as blocks lie low in
 * programs that are no PIE, and NULL itself is asked about. */
char *pool_base = POOL_NOWHERE;
static _Atomic size_t pool_used;

static bool pool_map(void)
{
	void *p;

	if (pool_base != POOL_NOWHERE)
		return true;
	/* Only one thread exists this early. */
	p = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return false;
	pool_base = p;
	return true;
}

void *pool_alloc(size_t alignment, size_t size)
{
	size_t need, start;
	char *block;

	if (alignment < POOL_HEAD)
		alignment = POOL_HEAD;
	need = size + POOL_HEAD + alignment;
	if (need < size || need > POOL_BYTES || !pool_map())
		goto fail;
	start = atomic_fetch_add_explicit(&pool_used, need,
					  memory_order_relaxed);
	if (start > POOL_BYTES - need)
		goto fail;
	block = pool_base + start + POOL_HEAD;
	block += -(uintptr_t)block & (alignment - 1);
	*(size_t *)(void *)(block - POOL_HEAD) = size;
	return block;
fail:
	errno = ENOMEM;
	return NULL;
}

size_t pool_size_of(const void *ptr)
{
	return *(const size_t *)(const void *)((const char *)ptr - POOL_HEAD);
}
