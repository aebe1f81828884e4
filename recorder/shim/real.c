// SPDX-License-Identifier: MIT
/*
 * Finds the allocator underneath. Whoever stands in for malloc beside us may
 * allocate meanwhile, so the table is filled at once when all is found; until
 * then the functions of the boot table answer.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/shim/real.h"
#include "recorder/shim/shim.h"

enum { NOT_YET, SEARCHING, FOUND };

/*
 * Set by the first thread, before there is another. Atomic, as the compiler
 * knows dlsym for a function that never calls back.
 */
static _Atomic int progress;

static void *boot_memalign(size_t alignment, size_t size)
{
	if (progress == NOT_YET)
		real_resolve();
	return progress == FOUND ? real.memalign(alignment, size)
				 : pool_alloc(alignment, size);
}

static void *boot_malloc(size_t size)
{
	if (progress == NOT_YET)
		real_resolve();
	return progress == FOUND ? real.malloc(size) : pool_alloc(0, size);
}

static void boot_free(void *ptr)
{
	if (progress == NOT_YET)
		real_resolve();
	if (progress == FOUND)
		real.free(ptr);
}

static void *boot_calloc(size_t nr, size_t size)
{
	size_t bytes;

	if (progress == NOT_YET)
		real_resolve();
	if (progress == FOUND)
		return real.calloc(nr, size);
	if (__builtin_mul_overflow(nr, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return pool_alloc(0, bytes); /* fresh memory: zero */
}

/* Blocks of the pool never come here, so ptr is the real allocator's. */
static void *boot_realloc(void *ptr, size_t size)
{
	if (progress == NOT_YET)
		real_resolve();
	if (progress == FOUND)
		return real.realloc(ptr, size);
	return ptr ? NULL : pool_alloc(0, size);
}

static int boot_posix_memalign(void **out, size_t alignment, size_t size)
{
	if (progress == NOT_YET)
		real_resolve();
	if (progress == FOUND)
		return real.posix_memalign(out, alignment, size);
	*out = pool_alloc(alignment, size);
	return *out ? 0 : ENOMEM;
}

static void *boot_valloc(size_t size)
{
	return boot_memalign(4096, size);
}

static size_t boot_usable_size(void *ptr)
{
	if (progress == NOT_YET)
		real_resolve();
	return progress == FOUND ? real.malloc_usable_size(ptr) : 0;
}

struct real real = {
	.malloc = boot_malloc,
	.free = boot_free,
	.calloc = boot_calloc,
	.realloc = boot_realloc,
	.memalign = boot_memalign,
	.aligned_alloc = boot_memalign,
	.posix_memalign = boot_posix_memalign,
	.valloc = boot_valloc,
	.pvalloc = boot_valloc,
	.malloc_usable_size = boot_usable_size,
};

static void find(void *slot, const char *name)
{
	void *code = dlsym(RTLD_NEXT, name);

	if (code)
		memcpy(slot, &code, sizeof(code));
}

/* Not all have these, and dlsym's error would be the program's. */
static void find_newer(void *slot, const char *name)
{
	void *code = real_symbol(name);

	if (code)
		memcpy(slot, &code, sizeof(code));
}

void real_resolve(void)
{
	struct real found = real;
	int saved_errno = errno;

	if (progress != NOT_YET)
		return;
	progress = SEARCHING;
	find(&found.malloc, "malloc");
	find(&found.free, "free");
	find(&found.calloc, "calloc");
	find(&found.realloc, "realloc");
	find(&found.memalign, "memalign");
	find(&found.aligned_alloc, "aligned_alloc");
	find(&found.posix_memalign, "posix_memalign");
	find(&found.valloc, "valloc");
	find(&found.pvalloc, "pvalloc");
	find(&found.malloc_usable_size, "malloc_usable_size");
	find_newer(&found.free_sized, "free_sized");
	find_newer(&found.free_aligned_sized, "free_aligned_sized");
	found.usable_known =
		real_object_of((const void *)found.malloc_usable_size) ==
		real_object_of((const void *)found.malloc);
	real = found;
	progress = FOUND;
	errno = saved_errno;
}

bool real_found(void)
{
	return progress == FOUND;
}

const void *real_object_of(const void *code)
{
	Dl_info info;

	return dladdr(code, &info) ? info.dli_fbase : NULL;
}

/*
 * A program that is no PIE and takes malloc's address gives it that of its
 * own stub, which the loader binds like any other call: an undefined symbol.
 */
static bool is_stub(const void *code)
{
	const ElfW(Sym) *symbol = NULL;
	Dl_info info;

	return dladdr1(code, &info, (void **)&symbol, RTLD_DL_SYMENT) &&
	       symbol && symbol->st_shndx == SHN_UNDEF;
}

bool real_is_ours(void)
{
	const void *first = dlsym(RTLD_DEFAULT, "malloc");

	return real_object_of(first) == real_object_of((void *)real_resolve) ||
	       is_stub(first);
}

void real_allocator_path(char *path, size_t len)
{
	const void *code = (const void *)real.malloc;
	Dl_info info;

	if (!real_is_ours())
		code = dlsym(RTLD_DEFAULT, "malloc");
	path[0] = '\0';
	if (dladdr(code, &info) && info.dli_fname) {
		strncpy(path, info.dli_fname, len - 1);
		path[len - 1] = '\0';
	}
}
