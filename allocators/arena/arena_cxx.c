// SPDX-License-Identifier: MIT
// The replaceable operators new and delete of C++17 under their mangled names,
// so that nothing here needs libstdc++. What throwing takes is looked up in the
// program; without it, failure to allocate ends the program.
#include "allocators/arena/api.h"
#include "allocators/arena/arena_internal.h"
#include "allocators/arena/fast.h"
#include "allocators/arena/os.h"

#include <stdlib.h>

#define PUBLIC __attribute__((visibility("default")))
#define NEW(name, ...)           \
 PUBLIC void *name(__VA_ARGS__); \
 PUBLIC void *name(__VA_ARGS__)
#define DELETE(name, ...)                  \
 PUBLIC void name(void *p, ##__VA_ARGS__); \
 PUBLIC void name(void *p, ##__VA_ARGS__)

// std::get_new_handler() and std::__throw_bad_alloc().
extern void (*_ZSt15get_new_handlerv(void))(void) __attribute__((weak));
extern void _ZSt17__throw_bad_allocv(void) __attribute__((weak));

static void *attempt(size_t n, size_t align)
{
	return align ? arena_aligned_alloc(align, n) : fast_malloc(n);
}

// Calls the new-handler until memory is found or there is no handler.
static __attribute__((noinline)) void *retry(size_t n, size_t align,
					     bool nothrow)
{
	static const char text[] = "arena: operator new: out of memory\n";
	void *p = NULL;

	while (!p && &_ZSt15get_new_handlerv) {
		void (*handler)(void) = _ZSt15get_new_handlerv();

		if (!handler)
			break;
		handler();
		p = attempt(n, align);
	}
	if (p || nothrow)
		return p;
	if (&_ZSt17__throw_bad_allocv)
		_ZSt17__throw_bad_allocv();
	os_print(text, sizeof(text) - 1);
	abort();
}

static inline void *new (size_t n, size_t align, bool nothrow)
{
	void *p = attempt(n, align);

	return arena_likely(p != NULL) ? p : retry(n, align, nothrow);
}

// operator new, new[]; with std::nothrow_t; with std::align_val_t; with both.
NEW(_Znwm, size_t n)
{
	return new (n, 0, false);
}

NEW(_Znam, size_t n)
{
	return new (n, 0, false);
}

NEW(_ZnwmRKSt9nothrow_t, size_t n, const void *tag)
{
	(void)tag;
	return new (n, 0, true);
}

NEW(_ZnamRKSt9nothrow_t, size_t n, const void *tag)
{
	(void)tag;
	return new (n, 0, true);
}

NEW(_ZnwmSt11align_val_t, size_t n, size_t align)
{
	return new (n, align, false);
}

NEW(_ZnamSt11align_val_t, size_t n, size_t align)
{
	return new (n, align, false);
}

NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, size_t n, size_t align, const void *tag)
{
	(void)tag;
	return new (n, align, true);
}

NEW(_ZnamSt11align_val_tRKSt9nothrow_t, size_t n, size_t align, const void *tag)
{
	(void)tag;
	return new (n, align, true);
}

// operator delete, delete[]; sized; nothrow; aligned; and their combinations.
DELETE(_ZdlPv)
{
	fast_free(p);
}

DELETE(_ZdaPv)
{
	fast_free(p);
}

DELETE(_ZdlPvm, size_t n)
{
	(void)n;
	fast_free(p);
}

DELETE(_ZdaPvm, size_t n)
{
	(void)n;
	fast_free(p);
}

DELETE(_ZdlPvRKSt9nothrow_t, const void *tag)
{
	(void)tag;
	fast_free(p);
}

DELETE(_ZdaPvRKSt9nothrow_t, const void *tag)
{
	(void)tag;
	fast_free(p);
}

DELETE(_ZdlPvSt11align_val_t, size_t align)
{
	(void)align;
	fast_free(p);
}

DELETE(_ZdaPvSt11align_val_t, size_t align)
{
	(void)align;
	fast_free(p);
}

DELETE(_ZdlPvmSt11align_val_t, size_t n, size_t align)
{
	(void)n;
	(void)align;
	fast_free(p);
}

DELETE(_ZdaPvmSt11align_val_t, size_t n, size_t align)
{
	(void)n;
	(void)align;
	fast_free(p);
}

DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, size_t align, const void *tag)
{
	(void)align;
	(void)tag;
	fast_free(p);
}

DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, size_t align, const void *tag)
{
	(void)align;
	(void)tag;
	fast_free(p);
}
