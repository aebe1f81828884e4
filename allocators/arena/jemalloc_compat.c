// SPDX-License-Identifier: MIT
// The part of jemalloc's own interface that programs linked to libjemalloc use,
// so that they do not end up with two heaps when arena is preloaded: Debian's
// redis-server asks mallctl() for its INFO, and ends when names are unknown.
#include "allocators/arena/api.h"
#include "allocators/arena/arena.h"
#include "allocators/arena/arena_export.h"
#include "allocators/arena/arena_internal.h"
#include "allocators/arena/arena_stats.h"
#include "allocators/arena/conf.h"
#include "allocators/arena/ctl.h"
#include "allocators/arena/heap.h"
#include "allocators/arena/os.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#define PUBLIC                __attribute__((visibility("default")))
#define MALLOCX_LG_ALIGN_MASK 63
#define MALLOCX_ZERO          64
#define MALLCTL_ARENAS_ALL    4096

PUBLIC int mallctl(const char *name, void *old_value, size_t *old_len,
		   void *new_value, size_t new_len);
PUBLIC void malloc_stats_print(void (*write_cb)(void *, const char *),
			       void *arg, const char *opts);
PUBLIC size_t nallocx(size_t n, int flags);
PUBLIC size_t sallocx(const void *p, int flags);
PUBLIC void *mallocx(size_t n, int flags);
PUBLIC void *rallocx(void *p, size_t n, int flags);
PUBLIC size_t xallocx(void *p, size_t n, size_t extra, int flags);
PUBLIC void dallocx(void *p, int flags);
PUBLIC void sdallocx(void *p, size_t n, int flags);

static int decay_ms(void *old_value, size_t *old_len, const void *new_value,
		    size_t new_len)
{
	ssize_t ms = (ssize_t)conf_get(&conf.decay_ms);
	size_t value;
	int rc = ctl_read(old_value, old_len, &ms, sizeof(ms));

	if (rc || !new_value)
		return rc;
	rc = ctl_write(new_value, new_len, &ms, sizeof(ms));
	if (rc || ms < 0)
		return EINVAL;
	value = (size_t)ms;
	return arena_ctl("conf.decay_ms", NULL, NULL, &value, sizeof(value));
}

static int read_unsigned(void *old_value, size_t *old_len, size_t value)
{
	unsigned n = (unsigned)value;

	return ctl_read(old_value, old_len, &n, sizeof(n));
}

static int read_size(void *old_value, size_t *old_len, size_t value)
{
	return ctl_read(old_value, old_len, &value, sizeof(value));
}

static int read_flag(void *old_value, size_t *old_len, bool flag)
{
	return ctl_read(old_value, old_len, &flag, sizeof(flag));
}

static int arenas_ctl(const char *what, void *old_value, size_t *old_len,
		      const void *new_value, size_t new_len)
{
	const char *field;
	size_t c;

	if (!strcmp(what, "narenas"))
		return read_unsigned(old_value, old_len, nr_arenas);
	if (!strcmp(what, "nbins"))
		return read_unsigned(old_value, old_len, class_count());
	if (!strcmp(what, "page"))
		return read_size(old_value, old_len, page_bytes());
	if (!strcmp(what, "quantum"))
		return read_size(old_value, old_len, 16);
	if (!strcmp(what, "tcache_max"))
		return read_size(old_value, old_len, SMALL_MAX);
	if (!strcmp(what, "dirty_decay_ms"))
		return decay_ms(old_value, old_len, new_value, new_len);
	// Whose blocks lie apart is arena's own affair: any number will do.
	if (!strcmp(what, "create"))
		return read_unsigned(old_value, old_len, nr_arenas);
	field = ctl_index(what, "bin.", &c);
	if (!field || c >= class_count())
		return ENOENT;
	if (!strcmp(field, "size"))
		return read_size(old_value, old_len, size_class[c].size);
	if (!strcmp(field, "nregs"))
		return read_unsigned(old_value, old_len,
				     size_class[c].nr_slots);
	return ENOENT;
}

static size_t small_bytes(void)
{
	struct class_stats s;
	size_t bytes = 0;

	for (unsigned c = 0; c < class_count(); c++) {
		stats_class(c, &s);
		bytes += s.size * s.live;
	}
	return bytes;
}

static bool bin_figure(const char *what, size_t *value)
{
	struct class_stats s;
	size_t c;
	const char *field = ctl_index(what, "bins.", &c);

	if (!field || c >= class_count())
		return false;
	stats_class((unsigned)c, &s);
	if (!strcmp(field, "curregs"))
		*value = s.live + s.cached;
	else if (!strcmp(field, "curslabs"))
		*value = s.slabs;
	else
		return false;
	return true;
}

// Of the process as a whole, which is said to be arena 0.
static bool process_figure(const char *what, size_t *value)
{
	struct stats s;

	stats_collect(&s);
	if (!strcmp(what, "pactive"))
		*value = s.active >> page_shift;
	else if (!strcmp(what, "pdirty"))
		*value = s.dirty >> page_shift;
	else if (!strcmp(what, "pmuzzy"))
		*value = 0;
	else if (!strcmp(what, "small.allocated"))
		*value = small_bytes();
	else if (!strcmp(what, "large.allocated"))
		*value = s.allocated - small_bytes();
	else if (!strcmp(what, "small.resident"))
		*value = s.resident - (s.allocated - small_bytes());
	else
		return bin_figure(what, value);
	return true;
}

static int stats_arenas_ctl(size_t i, const char *what, void *old_value,
			    size_t *old_len)
{
	size_t value;

	if (!process_figure(what, &value))
		return ENOENT;
	if (i != 0 && i != MALLCTL_ARENAS_ALL)
		value = 0;
	return read_size(old_value, old_len, value);
}

static int thread_ctl(const char *what, void *old_value, size_t *old_len)
{
	if (!strcmp(what, "tcache.flush"))
		return arena_ctl("flush", NULL, NULL, NULL, 0);
	if (!strcmp(what, "tcache.enabled"))
		return read_flag(old_value, old_len, true);
	if (!strcmp(what, "arena"))
		return read_unsigned(
			old_value, old_len,
			heap_real(heap_mine) ? heap_mine->arena->index : 0);
	return ENOENT;
}

// Caches of the program's own: there are only those of the threads.
static int tcache_ctl(const char *what, void *old_value, size_t *old_len)
{
	if (!strcmp(what, "create"))
		return read_unsigned(old_value, old_len, 0);
	if (!strcmp(what, "flush") || !strcmp(what, "destroy"))
		return arena_ctl("flush", NULL, NULL, NULL, 0);
	return ENOENT;
}

PUBLIC int mallctl(const char *name, void *old_value, size_t *old_len,
		   void *new_value, size_t new_len)
{
	static const char *const version = "0.0.0-arena-" ARENA_VERSION;
	const char *what;
	uint64_t epoch = 1;
	size_t n;

	if (!arena_init())
		return EAGAIN;
	if (!strcmp(name, "epoch"))
		return ctl_read(old_value, old_len, &epoch, sizeof(epoch));
	if (!strcmp(name, "version"))
		return ctl_read(old_value, old_len, &version, sizeof(version));
	if (!strcmp(name, "background_thread"))
		return new_value ? EPERM : read_flag(old_value, old_len, false);
	if (!strncmp(name, "stats.", 6) && ctl_stat(name + 6, &n))
		return read_size(old_value, old_len, n);
	what = ctl_index(name, "stats.arenas.", &n);
	if (what)
		return stats_arenas_ctl(n, what, old_value, old_len);
	if (!strncmp(name, "arenas.", 7))
		return arenas_ctl(name + 7, old_value, old_len, new_value,
				  new_len);
	if (!strncmp(name, "thread.", 7))
		return thread_ctl(name + 7, old_value, old_len);
	if (!strncmp(name, "tcache.", 7))
		return tcache_ctl(name + 7, old_value, old_len);
	what = ctl_index(name, "arena.", &n);
	if (what && (!strcmp(what, "purge") || !strcmp(what, "decay")))
		return arena_ctl("purge", NULL, NULL, NULL, 0);
	if (what && !strcmp(what, "dirty_decay_ms"))
		return decay_ms(old_value, old_len, new_value, new_len);
	return ENOENT;
}

struct stats_sink {
	void (*write_cb)(void *, const char *);
	void *arg;
};

static void pass_line(void *arg, const char *text, size_t len)
{
	const struct stats_sink *to = arg;
	char line[256];

	if (!to->write_cb) {
		os_print(text, len);
		return;
	}
	memcpy(line, text, len);
	line[len] = '\0';
	to->write_cb(to->arg, line);
}

PUBLIC void malloc_stats_print(void (*write_cb)(void *, const char *),
			       void *arg, const char *opts)
{
	struct stats_sink to = { write_cb, arg };

	if (!arena_init())
		return;
	if (opts && strchr(opts, 'J'))
		stats_json(pass_line, &to);
	else
		stats_lines(pass_line, &to);
}

static size_t flag_align(int flags)
{
	return (size_t)1 << (flags & MALLOCX_LG_ALIGN_MASK);
}

PUBLIC size_t nallocx(size_t n, int flags)
{
	size_t align = flag_align(flags);

	return arena_good_size(align > 16 ? (n + align - 1) & ~(align - 1) : n);
}

PUBLIC size_t sallocx(const void *p, int flags)
{
	(void)flags;
	return arena_usable_size((void *)(uintptr_t)p);
}

PUBLIC void *mallocx(size_t n, int flags)
{
	void *p = arena_memalign(flag_align(flags), n);

	if (p && flags & MALLOCX_ZERO)
		memset(p, 0, n);
	return p;
}

PUBLIC void *rallocx(void *p, size_t n, int flags)
{
	size_t have = arena_usable_size(p);
	void *to;

	if (flag_align(flags) <= 16 && !(flags & MALLOCX_ZERO))
		return arena_realloc(p, n);
	to = mallocx(n, flags);
	if (!to)
		return NULL;
	memcpy(to, p, have < n ? have : n);
	arena_free(p);
	return to;
}

PUBLIC size_t xallocx(void *p, size_t n, size_t extra, int flags)
{
	(void)n;
	(void)extra;
	(void)flags;
	return arena_usable_size(p);
}

PUBLIC void dallocx(void *p, int flags)
{
	(void)flags;
	arena_free(p);
}

PUBLIC void sdallocx(void *p, size_t n, int flags)
{
	(void)n;
	(void)flags;
	arena_free(p);
}
