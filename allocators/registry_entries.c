// SPDX-License-Identifier: MIT
/*
 * The registered allocators: a table for people (names, packages, knobs worth
 * trying) and one that tells how to recognise them. The logic is registry.c.
 */
#include <stddef.h>

#include "allocators/registry.h"
#include "allocators/registry_entries.h"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NONE      ((const char *const[]){ NULL })

#define SCUDO \
 "/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.scudo_standalone-"
#if defined(__aarch64__)
# define SCUDO_FILE SCUDO "aarch64.so"
#else
# define SCUDO_FILE SCUDO "x86_64.so"
#endif

static const struct alloc_entry entries[] = {
	{ .name = "glibc",
	  .sonames = NONE,
	  .package = "libc6",
	  .summary = "the malloc of the C library",
	  .knobs =
		  LIST("GLIBC_TUNABLES=glibc.malloc.arena_max=1  "
		       "one arena: less memory with many threads, more waiting",
		       "GLIBC_TUNABLES=glibc.malloc.mmap_threshold=131072  "
		       "pin the threshold: large blocks go back when freed",
		       "GLIBC_TUNABLES=glibc.malloc.trim_threshold=131072  "
		       "pin the trimming of the top: memory goes back sooner",
		       "GLIBC_TUNABLES=glibc.malloc.tcache_count=127  "
		       "deeper thread caches: faster, a little more memory",
		       "GLIBC_TUNABLES=glibc.malloc.hugetlb=1  "
		       "ask for transparent huge pages") },
	{ .name = "jemalloc",
	  .sonames = LIST("libjemalloc.so.2", "libjemalloc.so"),
	  .package = "libjemalloc2",
	  .summary = "slabs, thread caches, decay by time",
	  .knobs = LIST(
		  "MALLOC_CONF=dirty_decay_ms:0,muzzy_decay_ms:0  "
		  "give free pages back at once",
		  "MALLOC_CONF=background_thread:true  "
		  "purge while the program is idle, too",
		  "MALLOC_CONF=narenas:1,tcache_max:1024  "
		  "least memory: one arena, small caches",
		  "MALLOC_CONF=dirty_decay_ms:30000,tcache_max:1048576  "
		  "latency first: keep pages longer, cache large blocks") },
	{ .name = "tcmalloc",
	  .sonames = LIST("libtcmalloc_minimal.so.4", "libtcmalloc.so.4",
			  "libtcmalloc_minimal.so"),
	  .package = "libtcmalloc-minimal4",
	  .summary = "gperftools: spans, thread caches, central lists",
	  .knobs = LIST("TCMALLOC_AGGRESSIVE_DECOMMIT=t  "
			"give every free span back at once",
			"TCMALLOC_MAX_TOTAL_THREAD_CACHE_BYTES=4194304  "
			"less memory in thread caches",
			"TCMALLOC_RELEASE_RATE=10  "
			"give spans back faster (0 never, 10 fastest)",
			"TCMALLOC_TRANSFER_NUM_OBJ=512  "
			"larger batches between threads: less waiting") },
	{ .name = "arena",
	  .sonames = LIST("libarena.so"),
	  .package = "heaptape",
	  .summary = "the allocator of this project",
	  .knobs = LIST("ARENA_CONF=decay_ms:0  give free pages back at once",
			"ARENA_CONF=decay_ms:30000,dirty_ratio:off  "
			"keep free pages longer: fewer page faults",
			"ARENA_CONF=arenas:1  "
			"one arena: less memory with many threads",
			"ARENA_CONF=mag_bytes:65536  "
			"larger thread caches: faster, more memory") },
	{ .name = "mimalloc",
	  .sonames = LIST("libmimalloc.so.3", "libmimalloc.so.2",
			  "libmimalloc.so"),
	  .package = "libmimalloc2.0",
	  .summary = "free lists in pages, no central cache",
	  .knobs = LIST("MIMALLOC_DECOMMIT_DELAY=0  "
			"2.0: give unused pages back at once",
			"MIMALLOC_PURGE_DELAY=0  "
			"2.1 and later: give unused pages back at once",
			"MIMALLOC_PURGE_DELAY=-1  "
			"2.1 and later: never give pages back",
			"MIMALLOC_ALLOW_LARGE_OS_PAGES=1  "
			"use huge pages") },
	{ .name = "tbbmalloc",
	  .sonames = LIST("libtbbmalloc_proxy.so.2", "libtbbmalloc_proxy.so"),
	  .package = "libtbbmalloc2",
	  .summary = "oneTBB: blocks of 16 KiB with thread bins",
	  .knobs = LIST("TBB_MALLOC_USE_HUGE_PAGES=1  use huge pages",
			"TBB_MALLOC_SET_HUGE_SIZE_THRESHOLD=1048576  "
			"blocks above this go back when freed") },
	{ .name = "scudo",
	  .sonames = LIST("libscudo_standalone.so", SCUDO_FILE),
	  .package = "libclang-rt-14-dev",
	  .summary = "LLVM's hardened allocator",
	  .knobs = LIST("SCUDO_OPTIONS=release_to_os_interval_ms=0  "
			"give free pages back at once",
			"SCUDO_OPTIONS=release_to_os_interval_ms=-1  "
			"never give pages back") },
	{ .name = "snmalloc",
	  .sonames = LIST("libsnmallocshim.so", "libsnmalloc.so"),
	  .summary = "message passing between threads",
	  .knobs = NONE },
	{ .name = "rpmalloc",
	  .sonames = LIST("librpmallocwrap.so", "librpmalloc.so"),
	  .summary = "thread heaps without locks",
	  .knobs = NONE },
	{ .name = "mesh",
	  .sonames = LIST("libmesh.so"),
	  .summary = "merges sparse pages",
	  .knobs = LIST("MESH_PERIOD_MS=0  merge at every chance") },
	{ .name = "hardened_malloc",
	  .sonames =
		  LIST("libhardened_malloc.so", "libhardened_malloc-light.so"),
	  .summary = "security first: metadata out of line",
	  .knobs = NONE },
	{ .name = "null",
	  .sonames = NONE,
	  .summary = "does nothing: shows the floor of the harness",
	  .knobs = NONE },
};

#define NR_ENTRIES (sizeof(entries) / sizeof(entries[0]))

/* In the order of entries[]. */
static const struct alloc_traits traits[NR_ENTRIES] = {
	{ "libc.so.", "gnu_get_libc_version", NULL, NULL },
	{ "libjemalloc", "mallctlbymib", "[0-9]*.[0-9]*.[0-9]*-[0-9]*-g*",
	  NULL },
	{ "libtcmalloc", "MallocExtension_GetNumericProperty",
	  "gperftools [0-9]*", NULL },
	{ "libarena", "arena_ctl", NULL, NULL },
	{ "libmimalloc", "mi_version", NULL, NULL },
	{ "libtbbmalloc", "__TBB_malloc_proxy", "TBBmalloc: VERSION*",
	  "libtbbmalloc.so.2" },
	{ "libclang_rt.scudo", "__scudo_print_stats", NULL, NULL },
	{ "libsnmalloc", NULL, NULL, NULL },
	{ "librpmalloc", "rpmalloc_initialize", NULL, NULL },
	{ "libmesh", NULL, NULL, NULL },
	{ "libhardened_malloc", "malloc_object_size_fast", NULL, NULL },
	{ NULL, NULL, NULL, NULL },
};

const struct alloc_entry *alloc_entries(size_t *nr)
{
	*nr = NR_ENTRIES;
	return entries;
}

const struct alloc_traits *alloc_traits(size_t i)
{
	return &traits[i];
}
