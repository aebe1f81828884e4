// SPDX-License-Identifier: MIT
// The public C names. malloc and free carry their fast paths; the others call
// the internal functions.
#include "allocators/arena/api.h"
#include "allocators/arena/arena_export.h"
#include "allocators/arena/arena_internal.h"
#include "allocators/arena/arena_stats.h"
#include "allocators/arena/conf.h"
#include "allocators/arena/fast.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#define PUBLIC __attribute__((visibility("default")))

// Not declared by every libc that this is built with.
void cfree(void *p);
void free_sized(void *p, size_t n);
void free_aligned_sized(void *p, size_t align, size_t n);
#if !__GLIBC_PREREQ(2, 33)
struct mallinfo2 {
	size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks,
		uordblks, fordblks, keepcost;
};
struct mallinfo2 mallinfo2(void);
#endif

PUBLIC void *malloc(size_t n)
{
	return fast_malloc(n);
}

PUBLIC void free(void *p)
{
	fast_free(p);
}

PUBLIC void cfree(void *p)
{
	fast_free(p);
}

PUBLIC void free_sized(void *p, size_t n)
{
	(void)n;
	fast_free(p);
}

PUBLIC void free_aligned_sized(void *p, size_t align, size_t n)
{
	(void)align;
	(void)n;
	fast_free(p);
}

PUBLIC void *calloc(size_t nr, size_t size)
{
	return arena_calloc(nr, size);
}

PUBLIC void *realloc(void *p, size_t n)
{
	return arena_realloc(p, n);
}

PUBLIC void *reallocarray(void *p, size_t nr, size_t size)
{
	return arena_reallocarray(p, nr, size);
}

PUBLIC void *aligned_alloc(size_t align, size_t n)
{
	return arena_aligned_alloc(align, n);
}

PUBLIC int posix_memalign(void **out, size_t align, size_t n)
{
	return arena_posix_memalign(out, align, n);
}

PUBLIC void *memalign(size_t align, size_t n)
{
	return arena_memalign(align, n);
}

PUBLIC void *valloc(size_t n)
{
	return arena_valloc(n);
}

PUBLIC void *pvalloc(size_t n)
{
	return arena_pvalloc(n);
}

PUBLIC size_t malloc_usable_size(void *p)
{
	return arena_usable_size(p);
}

PUBLIC int malloc_trim(size_t pad)
{
	return arena_trim(pad);
}

PUBLIC struct mallinfo2 mallinfo2(void)
{
	struct mallinfo2 info = { .arena = 0 };
	struct stats s;

	if (!arena_init())
		return info;
	stats_collect(&s);
	info.arena = s.mapped;
	info.uordblks = s.allocated;
	info.fordblks = s.mapped - s.allocated;
	info.keepcost = s.dirty;
	return info;
}

PUBLIC struct mallinfo mallinfo(void)
{
	struct mallinfo2 wide = mallinfo2();
	struct mallinfo info = { .arena = (int)wide.arena };

	info.uordblks = (int)wide.uordblks;
	info.fordblks = (int)wide.fordblks;
	info.keepcost = (int)wide.keepcost;
	return info;
}

PUBLIC void malloc_stats(void)
{
	if (arena_init())
		stats_print();
}

// The caller's stream, which <malloc.h> knows; arena itself has no use for any.
static void to_stream(void *stream, const char *text, size_t len)
{
	fwrite(text, 1, len, stream);
}

PUBLIC int malloc_info(int options, FILE *stream)
{
	if (options) {
		errno = EINVAL;
		return -1;
	}
	if (!arena_init()) {
		errno = ENOMEM;
		return -1;
	}
	stats_xml(to_stream, stream);
	return ferror(stream) ? -1 : 0;
}

// 1 for what the C library knows, as from there: a program that tunes it shall
// not take that for a failure. What has a meaning here is done.
PUBLIC int mallopt(int param, int value)
{
	switch (param) {
	case M_TRIM_THRESHOLD:
		if (value >= 0)
			atomic_store_explicit(&conf.dirty_min, (size_t)value,
					      memory_order_relaxed);
		return 1;
	case M_MXFAST:
	case M_TOP_PAD:
	case M_MMAP_THRESHOLD:
	case M_MMAP_MAX:
	case M_CHECK_ACTION:
	case M_PERTURB:
	case M_ARENA_TEST:
	case M_ARENA_MAX:
		return 1;
	}
	return 0;
}
