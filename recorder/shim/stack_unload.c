// SPDX-License-Identifier: MIT
/*
 * Code that is unloaded may be followed by other code at the same addresses.
 * So dlclose is passed on, and what is known of addresses forgotten when
 * anything has really gone. (What the C library unloads by itself, such as
 * character sets, is not seen.)
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

#include "recorder/shim/shim.h"
#include "recorder/shim/stack_rule.h"

static int read_count(struct dl_phdr_info *info, size_t size, void *count)
{
	(void)size;
	*(unsigned long long *)count = info->dlpi_subs;
	return 1;
}

/* How many files have been unloaded so far. */
static unsigned long long nr_unloaded(void)
{
	unsigned long long count = 0;

	dl_iterate_phdr(read_count, &count);
	return count;
}

SHIM_EXPORT int dlclose(void *handle)
{
	static _Atomic(int (*)(void *)) next;
	int (*real_dlclose)(void *);
	unsigned long long before;
	void *code;
	int ret;

	real_dlclose = atomic_load_explicit(&next, memory_order_relaxed);
	if (!real_dlclose) {
		code = dlsym(RTLD_NEXT, "dlclose");
		memcpy(&real_dlclose, &code, sizeof(code));
		atomic_store_explicit(&next, real_dlclose,
				      memory_order_relaxed);
	}
	before = nr_unloaded();
	ret = real_dlclose(handle);
	if (nr_unloaded() != before)
		stack_unloaded();
	return ret;
}
