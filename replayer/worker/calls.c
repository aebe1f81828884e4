// SPDX-License-Identifier: MIT
/*
 * The functions of the allocator under test, and of the one that does
 * nothing. A function that an allocator lacks is left to what a program would
 * use in its place: free for the sized frees, realloc for reallocarray.
 */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "replayer/worker/worker.h"

static struct worker_calls fallback;

static void *realloc_array(void *p, size_t nr, size_t size)
{
	return fallback.realloc(p, nr * size);
}

static void free_with_size(void *p, size_t size)
{
	(void)size;
	fallback.free(p);
}

static void free_with_alignment(void *p, size_t alignment, size_t size)
{
	(void)alignment;
	(void)size;
	fallback.free(p);
}

/* What the null allocator returns; never read or written. */
static void *null_block(void)
{
	return (void *)(uintptr_t)0x100000;
}

static void *null_malloc(size_t size)
{
	(void)size;
	return null_block();
}

static void *null_calloc(size_t nr, size_t size)
{
	(void)nr;
	(void)size;
	return null_block();
}

static void *null_realloc(void *p, size_t size)
{
	(void)p;
	(void)size;
	return null_block();
}

static void *null_reallocarray(void *p, size_t nr, size_t size)
{
	(void)p;
	(void)nr;
	(void)size;
	return null_block();
}

static void *null_aligned(size_t alignment, size_t size)
{
	(void)alignment;
	(void)size;
	return null_block();
}

static int null_posix_memalign(void **p, size_t alignment, size_t size)
{
	(void)alignment;
	(void)size;
	*p = null_block();
	return 0;
}

static void null_free(void *p)
{
	(void)p;
}

static void null_free_sized(void *p, size_t size)
{
	(void)p;
	(void)size;
}

static void null_free_aligned(void *p, size_t alignment, size_t size)
{
	(void)p;
	(void)alignment;
	(void)size;
}

static const struct worker_calls null_calls = {
	.malloc = null_malloc,
	.calloc = null_calloc,
	.realloc = null_realloc,
	.reallocarray = null_reallocarray,
	.aligned_alloc = null_aligned,
	.posix_memalign = null_posix_memalign,
	.memalign = null_aligned,
	.valloc = null_malloc,
	.pvalloc = null_malloc,
	.free = null_free,
	.free_sized = null_free_sized,
	.free_aligned_sized = null_free_aligned,
	.usable_size = NULL,
};

/* An allocator without any aligned call fails each of them. */
static void *aligned_missing(size_t alignment, size_t size)
{
	(void)alignment;
	(void)size;
	return NULL;
}

static int aligned_by_memalign(void **p, size_t alignment, size_t size)
{
	*p = fallback.memalign(alignment, size);
	return *p ? 0 : ENOMEM;
}

static void *memalign_by_posix(size_t alignment, size_t size)
{
	void *p = NULL;

	return fallback.posix_memalign(&p, alignment, size) ? NULL : p;
}

static void *page_aligned(size_t size)
{
	return fallback.memalign(PLAN_PAGE, size);
}

static void *page_rounded(size_t size)
{
	return fallback.memalign(PLAN_PAGE, (size + PLAN_PAGE - 1) &
						    ~(size_t)(PLAN_PAGE - 1));
}

/*
 * The named function, if it belongs to the object that serves free, else
 * what stands in for it: free must never get a block of another allocator.
 */
static void *find(const char *name, void *other)
{
	void *p = dlsym(RTLD_DEFAULT, name);
	Dl_info mine, its;

	if (p && dladdr((void *)fallback.free, &mine) && dladdr(p, &its) &&
	    mine.dli_fbase == its.dli_fbase)
		return p;
	return other;
}

static void find_aligned(struct worker_calls *c)
{
	void *posix = find("posix_memalign", NULL);
	void *any = find("memalign", find("aligned_alloc", NULL));

	*(void **)&fallback.posix_memalign = posix;
	if (!any)
		any = posix ? (void *)memalign_by_posix
			    : (void *)aligned_missing;
	*(void **)&fallback.memalign = any;
	*(void **)&c->memalign = any;
	*(void **)&c->aligned_alloc = find("aligned_alloc", any);
	*(void **)&c->posix_memalign =
		posix ? posix : (void *)aligned_by_memalign;
	*(void **)&c->valloc = find("valloc", (void *)page_aligned);
	*(void **)&c->pvalloc = find("pvalloc", (void *)page_rounded);
}

static bool find_all(struct worker *w)
{
	struct worker_calls *c = &w->calls;

	*(void **)&c->malloc = dlsym(RTLD_DEFAULT, "malloc");
	*(void **)&c->calloc = dlsym(RTLD_DEFAULT, "calloc");
	*(void **)&c->realloc = dlsym(RTLD_DEFAULT, "realloc");
	*(void **)&c->free = dlsym(RTLD_DEFAULT, "free");
	if (!c->malloc || !c->calloc || !c->realloc || !c->free)
		return worker_fail(w, "malloc, calloc, realloc or free",
				   "cannot be looked up");
	fallback = *c;
	*(void **)&c->reallocarray =
		find("reallocarray", (void *)realloc_array);
	find_aligned(c);
	*(void **)&c->free_sized = find("free_sized", (void *)free_with_size);
	*(void **)&c->free_aligned_sized =
		find("free_aligned_sized", (void *)free_with_alignment);
	*(void **)&c->usable_size = find("malloc_usable_size", NULL);
	return true;
}

bool worker_find_calls(struct worker *w)
{
	Dl_info info;

	if (!find_all(w))
		return false;
	if (dladdr((void *)w->calls.malloc, &info) && info.dli_fname)
		strncpy(w->report->malloc_by, info.dli_fname,
			sizeof(w->report->malloc_by) - 1);
	if (w->order.null)
		w->calls = null_calls;
	return true;
}
