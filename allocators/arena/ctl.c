// SPDX-License-Identifier: MIT
// arena_ctl(): names to figures, actions and knobs.
#include "allocators/arena/ctl.h"
#include "allocators/arena/api.h"
#include "allocators/arena/arena.h"
#include "allocators/arena/arena_export.h"
#include "allocators/arena/arena_stats.h"
#include "allocators/arena/conf.h"
#include "allocators/arena/heap.h"

#include <errno.h>
#include <string.h>

int ctl_read(void *old_value, size_t *old_len, const void *value, size_t size)
{
	if (!old_value && !old_len)
		return 0;
	if (!old_value || !old_len || *old_len != size)
		return EINVAL;
	memcpy(old_value, value, size);
	return 0;
}

int ctl_write(const void *new_value, size_t new_len, void *value, size_t size)
{
	if (!new_value || new_len != size)
		return EINVAL;
	memcpy(value, new_value, size);
	return 0;
}

const char *ctl_index(const char *text, const char *prefix, size_t *index)
{
	size_t len = strlen(prefix), n = 0;
	const char *s = text + len;

	if (strncmp(text, prefix, len) || *s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9' && n < 100000; s++)
		n = n * 10 + (size_t)(*s - '0');
	*index = n;
	return *s == '.' ? s + 1 : NULL;
}

bool ctl_stat(const char *name, size_t *value)
{
	static const struct {
		const char *name;
		size_t offset;
	} figures[] = {
		{ "allocated", offsetof(struct stats, allocated) },
		{ "cached", offsetof(struct stats, cached) },
		{ "active", offsetof(struct stats, active) },
		{ "dirty", offsetof(struct stats, dirty) },
		{ "metadata", offsetof(struct stats, metadata) },
		{ "mapped", offsetof(struct stats, mapped) },
		{ "resident", offsetof(struct stats, resident) },
		{ "retained", offsetof(struct stats, retained) },
	};
	struct stats s;

	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
		if (strcmp(name, figures[i].name))
			continue;
		stats_collect(&s);
		memcpy(value, (char *)&s + figures[i].offset, sizeof(*value));
		return true;
	}
	return false;
}

static bool class_figure(const char *name, uint64_t *value)
{
	struct class_stats s;
	const char *what;
	size_t c;

	if (!strcmp(name, "class.count")) {
		*value = class_count();
		return true;
	}
	what = ctl_index(name, "class.", &c);
	if (!what || c >= class_count())
		return false;
	stats_class((unsigned)c, &s);
	if (!strcmp(what, "size"))
		*value = s.size;
	else if (!strcmp(what, "live"))
		*value = s.live;
	else if (!strcmp(what, "cached"))
		*value = s.cached;
	else if (!strcmp(what, "slabs"))
		*value = s.slabs;
	else
		return false;
	return true;
}

static bool count_figure(const char *name, uint64_t *value)
{
	if (!strcmp(name, "arenas.count"))
		*value = nr_arenas;
	else if (!strcmp(name, "heaps.count"))
		*value = heap_count();
	else
		return class_figure(name, value);
	return true;
}

// Documents are copied, as far as there is room.
static int document(const char *name, char *buf, size_t *len)
{
	if (!len)
		return EINVAL;
	if (!strcmp(name, "text"))
		return stats_copy(stats_lines, buf, len);
	if (!strcmp(name, "json"))
		return stats_copy(stats_json, buf, len);
	return ENOENT;
}

static bool action(const char *name)
{
	if (!strcmp(name, "purge"))
		arena_trim(0);
	else if (!strcmp(name, "flush") && heap_real(heap_mine))
		heap_flush(heap_mine);
	else
		return !strcmp(name, "flush");
	return true;
}

static int knob(const char *name, void *old_value, size_t *old_len,
		const void *new_value, size_t new_len)
{
	size_t max, value;
	bool fixed;
	_Atomic size_t *at = conf_find(name, &max, &fixed);
	int rc;

	if (!at)
		return ENOENT;
	value = conf_get(at);
	rc = ctl_read(old_value, old_len, &value, sizeof(value));
	if (rc || !new_value)
		return rc;
	if (fixed)
		return EPERM;
	rc = ctl_write(new_value, new_len, &value, sizeof(value));
	if (rc || value > max)
		return EINVAL;
	atomic_store_explicit(at, value, memory_order_relaxed);
	return 0;
}

__attribute__((visibility("default"))) int
arena_ctl(const char *name, void *old_value, size_t *old_len,
	  const void *new_value, size_t new_len)
{
	const char *version = ARENA_VERSION;
	uint64_t count;
	size_t bytes;

	if (!name)
		return EINVAL;
	if (!arena_init())
		return EAGAIN;
	if (!strncmp(name, "conf.", 5))
		return knob(name + 5, old_value, old_len, new_value, new_len);
	if (action(name))
		return 0;
	if (new_value)
		return EPERM;
	if (!strcmp(name, "version"))
		return ctl_read(old_value, old_len, &version, sizeof(version));
	if (!strcmp(name, "stats.text") || !strcmp(name, "stats.json"))
		return document(name + 6, old_value, old_len);
	if (!strncmp(name, "stats.", 6) && ctl_stat(name + 6, &bytes))
		return ctl_read(old_value, old_len, &bytes, sizeof(bytes));
	if (count_figure(name, &count))
		return ctl_read(old_value, old_len, &count, sizeof(count));
	return ENOENT;
}
