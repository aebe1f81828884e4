// SPDX-License-Identifier: MIT
/*
 * The allocator underneath: the next definition of each function, found by
 * dlsym(RTLD_NEXT). Before they are found, and while dlsym itself allocates,
 * a small pool of our own serves; its blocks are recognised for ever.
 */
#ifndef RECORDER_SHIM_REAL_H
#define RECORDER_SHIM_REAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct real {
	void *(*malloc)(size_t size);
	void (*free)(void *ptr);
	void *(*calloc)(size_t nr, size_t size);
	void *(*realloc)(void *ptr, size_t size);
	void *(*memalign)(size_t alignment, size_t size);
	void *(*aligned_alloc)(size_t alignment, size_t size);
	int (*posix_memalign)(void **out, size_t alignment, size_t size);
	void *(*valloc)(size_t size);
	void *(*pvalloc)(size_t size);
	size_t (*malloc_usable_size)(void *ptr);
	void (*free_sized)(void *ptr, size_t size); /* may be NULL */
	void (*free_aligned_sized)(void *ptr, size_t alignment, size_t size);
	bool usable_known; /* malloc_usable_size is of the same object */
};

/* Callable from the first moment on. */
extern struct real real;

/* Find them all, once. */
void real_resolve(void);
/* The next definition of a function behind us; leaves dlerror() alone. */
void *real_symbol(const char *name);
/* False until that has been done, also while it is being done. */
bool real_found(void);
/* Whether the program's calls reach us: false when it defines its own. */
bool real_is_ours(void);
/* The path of the object that serves malloc. */
void real_allocator_path(char *path, size_t len);
/* The object, by its load address, that holds the code. */
const void *real_object_of(const void *code);

/* The pool. Its blocks are never reused; freeing one does nothing. */
#define POOL_BYTES   (16u << 20)
#define POOL_NOWHERE ((char *)-(uintptr_t)POOL_BYTES)
extern char *pool_base; /* POOL_NOWHERE until it is needed */
void *pool_alloc(size_t alignment, size_t size);
size_t pool_size_of(const void *ptr);

static inline bool pool_owns(const void *ptr)
{
	return __builtin_expect(
		(uintptr_t)ptr - (uintptr_t)pool_base < POOL_BYTES, 0);
}

#endif
