// SPDX-License-Identifier: MIT
/* The functions of the allocator under test. */
#ifndef REPLAYER_WORKER_CALLS_H
#define REPLAYER_WORKER_CALLS_H

#include <stddef.h>

/* The allocator under test. Entries that it lacks fall back, see calls.c. */
struct worker_calls {
	void *(*malloc)(size_t size);
	void *(*calloc)(size_t nr, size_t size);
	void *(*realloc)(void *p, size_t size);
	void *(*reallocarray)(void *p, size_t nr, size_t size);
	void *(*aligned_alloc)(size_t alignment, size_t size);
	int (*posix_memalign)(void **p, size_t alignment, size_t size);
	void *(*memalign)(size_t alignment, size_t size);
	void *(*valloc)(size_t size);
	void *(*pvalloc)(size_t size);
	void (*free)(void *p);
	void (*free_sized)(void *p, size_t size);
	void (*free_aligned_sized)(void *p, size_t alignment, size_t size);
	size_t (*usable_size)(void *p); /* NULL: it does not tell */
};

#endif
