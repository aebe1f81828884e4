// SPDX-License-Identifier: MIT
/*
 * One adapter per interface. Several allocators export each other's: arena has
 * a mallctl, tcmalloc and scudo have a mallinfo. An adapter is taken only when
 * its function lies in the object that serves malloc, the most particular one
 * first. Readings were compared with blocks of known sizes.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "allocators/statistics.h"

typedef int ctl_fn(const char *name, void *old_value, size_t *old_len,
		   void *new_value, size_t new_len);
typedef int property_fn(const char *name, size_t *value);
typedef void process_fn(size_t *elapsed, size_t *user, size_t *system,
			size_t *rss, size_t *rss_peak, size_t *commit,
			size_t *commit_peak, size_t *faults);

/* What the process has found of its allocator. */
static struct {
	void *serving;
	const struct adapter *adapter;
	ctl_fn *ctl; /* mallctl, or arena_ctl, which is called likewise */
	property_fn *property;
	process_fn *process;
	struct mallinfo2 (*mallinfo)(void);
	uint64_t page;
} found;

/* a - b, where both are known; never below 0, as moments may differ. */
static uint64_t less(uint64_t a, uint64_t b)
{
	if (a == ALLOC_UNKNOWN || b == ALLOC_UNKNOWN)
		return ALLOC_UNKNOWN;
	return a > b ? a - b : 0;
}

static uint64_t plus(uint64_t a, uint64_t b)
{
	if (a == ALLOC_UNKNOWN || b == ALLOC_UNKNOWN)
		return ALLOC_UNKNOWN;
	return a + b;
}

/*
 * glibc. In use by its book are the chunks of the program, with a word before
 * each that usable sizes leave out (two words where it is a mapping of its
 * own), and those in thread caches; so what is in use beyond the program's
 * blocks and their words is cached (and what libc itself holds: some KiB).
 * Free are the bins, fast ones included, and the tops of the arenas; pages
 * inside that malloc_trim gave back are in it too. It keeps no other records
 * to speak of. A reading walks the bins, whose chunks are resident in any
 * case, and consolidates nothing.
 */
static void read_glibc(uint64_t usable, uint64_t blocks, struct alloc_stats *s)
{
	struct mallinfo2 info = found.mallinfo();

	s->allocated = info.uordblks + info.hblkhd;
	s->mapped = info.arena + info.hblkhd;
	s->free = info.fordblks;
	if (blocks != ALLOC_UNKNOWN)
		s->metadata = (blocks + info.hblks) * sizeof(size_t);
	s->cached = less(less(s->allocated, usable), s->metadata);
}

static uint64_t ctl(const char *name)
{
	size_t value = 0, len = sizeof(value);

	if (found.ctl(name, &value, &len, NULL, 0) || len != sizeof(value))
		return ALLOC_UNKNOWN;
	return value;
}

/*
 * jemalloc. Allocated counts what thread caches hold as in use. Active are the
 * pages of slabs and large blocks; less allocated, that is the slack of slabs.
 * Dirty are the free pages of all arenas (4096 stands for all); muzzy ones are
 * given back lazily and count as resident until the kernel takes them.
 * Metadata is what its records have taken of their mappings: tables that were
 * never touched are in it, 2 to 3 MiB that show as unexplained below zero.
 * The epoch makes it sum up anew; that purges nothing.
 */
static void read_jemalloc(uint64_t usable, uint64_t blocks,
			  struct alloc_stats *s)
{
	uint64_t epoch = 1, pages;

	(void)usable;
	(void)blocks;
	found.ctl("epoch", NULL, NULL, &epoch, sizeof(epoch));
	s->cached = ctl("stats.arenas.4096.tcache_bytes");
	s->allocated = less(ctl("stats.allocated"), s->cached);
	s->free = less(ctl("stats.active"), plus(s->allocated, s->cached));
	s->metadata = ctl("stats.metadata");
	pages = plus(ctl("stats.arenas.4096.pdirty"),
		     ctl("stats.arenas.4096.pmuzzy"));
	if (pages != ALLOC_UNKNOWN)
		s->dirty = pages * found.page;
	s->mapped = ctl("stats.mapped");
	s->retained = ctl("stats.retained");
}

/*
 * arena. Allocated and cached are slots and large blocks; resident leaves out
 * pages of slabs that were never touched or went back, so that what is left
 * of it is the slack of slabs. A reading takes home what other threads have
 * freed, as the next slow path of that heap would.
 */
static void read_arena(uint64_t usable, uint64_t blocks, struct alloc_stats *s)
{
	uint64_t known;

	(void)usable;
	(void)blocks;
	s->allocated = ctl("stats.allocated");
	s->cached = ctl("stats.cached");
	s->metadata = ctl("stats.metadata");
	s->dirty = ctl("stats.dirty");
	known = plus(plus(s->allocated, s->cached),
		     plus(s->metadata, s->dirty));
	s->free = less(ctl("stats.resident"), known);
	s->mapped = ctl("stats.mapped");
	s->retained = ctl("stats.retained");
}

static uint64_t property(const char *name)
{
	size_t value = 0;

	return found.property(name, &value) ? value : ALLOC_UNKNOWN;
}

/*
 * gperftools. Its book takes all caches and free spans off the heap, so what
 * is allocated is the program's (and some 70 KiB of the C++ library's).
 * Central lists count the tails of their spans. Physical bytes are heap and
 * records, less what went back. Free spans that were never used are dirty to
 * it, though no memory is behind them: at most the last MiB of the heap.
 */
static void read_gperftools(uint64_t usable, uint64_t blocks,
			    struct alloc_stats *s)
{
	uint64_t heap = property("generic.heap_size");

	(void)usable;
	(void)blocks;
	s->retained = property("tcmalloc.pageheap_unmapped_bytes");
	s->allocated = property("generic.current_allocated_bytes");
	s->cached = property("tcmalloc.current_total_thread_cache_bytes");
	s->free = plus(property("tcmalloc.central_cache_free_bytes"),
		       property("tcmalloc.transfer_cache_free_bytes"));
	s->dirty = property("tcmalloc.pageheap_free_bytes");
	s->mapped = less(heap, s->retained);
	s->metadata = less(property("generic.total_physical_bytes"), s->mapped);
}

/*
 * mimalloc. Its release builds count mappings only: committed memory. What is
 * free in its pages they do not sum up, so it stays unexplained.
 */
static void read_mimalloc(uint64_t usable, uint64_t blocks,
			  struct alloc_stats *s)
{
	size_t commit = 0, other[7];

	(void)usable;
	(void)blocks;
	found.process(&other[0], &other[1], &other[2], &other[3], &other[4],
		      &commit, &other[5], &other[6]);
	s->mapped = commit;
}

static const struct adapter {
	const char *name;
	const char *function;
	void *to; /* where the function's address is kept */
	void (*read)(uint64_t usable, uint64_t blocks, struct alloc_stats *s);
} adapters[] = {
	{ "arena_ctl", "arena_ctl", &found.ctl, read_arena },
	{ "mallctl", "mallctl", &found.ctl, read_jemalloc },
	{ "MallocExtension", "MallocExtension_GetNumericProperty",
	  &found.property, read_gperftools },
	{ "mi_process_info", "mi_process_info", &found.process, read_mimalloc },
	{ "mallinfo2", "mallinfo2", &found.mallinfo, read_glibc },
};

/* The function, if it is of the object that serves malloc. */
static void *function(const char *name)
{
	void *p = dlsym(RTLD_DEFAULT, name);
	Dl_info its, serving;

	if (p && dladdr(p, &its) && dladdr(found.serving, &serving) &&
	    its.dli_fbase == serving.dli_fbase)
		return p;
	return NULL;
}

const char *alloc_stats_find(void *(*serving)(size_t size))
{
	size_t i;

	memset(&found, 0, sizeof(found));
	memcpy(&found.serving, &serving, sizeof(serving));
	found.page = (uint64_t)sysconf(_SC_PAGESIZE);
	for (i = 0; i < sizeof(adapters) / sizeof(*adapters); i++) {
		void *p = function(adapters[i].function);

		/* Others may have a mallinfo2 that counts in its own way. */
		if (!p || (!strcmp(adapters[i].name, "mallinfo2") &&
			   !function("gnu_get_libc_version")))
			continue;
		memcpy(adapters[i].to, &p, sizeof(p));
		found.adapter = &adapters[i];
		return found.adapter->name;
	}
	return NULL;
}

void alloc_stats_read(uint64_t usable, uint64_t blocks, struct alloc_stats *s)
{
	memset(s, 0xff, sizeof(*s)); /* all of them unknown */
	if (found.adapter)
		found.adapter->read(usable, blocks, s);
}
