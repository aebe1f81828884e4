// SPDX-License-Identifier: MIT
// Sums up the heaps and shows the result as text.
#include "allocators/arena/arena_stats.h"
#include "allocators/arena/arena.h"
#include "allocators/arena/arena_meta.h"
#include "allocators/arena/arena_text.h"
#include "allocators/arena/heap.h"
#include "allocators/arena/os.h"
#include "allocators/arena/region.h"

static size_t pages(const _Atomic size_t *count)
{
	return atomic_load_explicit(count, memory_order_relaxed) << page_shift;
}

// Adds one heap's share; its lock is held.
static void add_class(struct heap *h, unsigned c, struct class_stats *s)
{
	const struct heap_class *hc = &h->class[c];
	size_t taken = (size_t)hc->nr_slabs * size_class[c].nr_slots;
	size_t cached = mag_level(h, c);

	taken -= hc->nr_free;
	// A magazine in the middle of a change may show more than there is.
	if (cached > taken)
		cached = taken;
	s->slabs += hc->nr_slabs;
	s->cached += cached;
	s->live += taken - cached;
}

void stats_class(unsigned c, struct class_stats *s)
{
	*s = (struct class_stats){ .size = size_class[c].size };
	for (uint32_t id = 1; id <= heap_count(); id++) {
		struct heap *h = heap_by_id(id);

		lock_take(&h->lock);
		add_class(h, c, s);
		lock_release(&h->lock);
	}
}

static void add_heap(struct heap *h, struct stats *s)
{
	struct class_stats sum;

	lock_take(&h->lock);
	remote_drain(h);
	for (unsigned c = 0; c < class_count(); c++) {
		sum = (struct class_stats){ .size = 0 };
		add_class(h, c, &sum);
		s->allocated += sum.live * size_class[c].size;
		s->cached += sum.cached * size_class[c].size;
	}
	s->clean += h->nr_clean << page_shift;
	lock_release(&h->lock);
}

void stats_collect(struct stats *s)
{
	size_t committed = region_committed();

	*s = (struct stats){ .allocated = pages(&page_counts.large) };
	if (heap_real(heap_mine))
		remote_flush(heap_mine);
	for (uint32_t id = 1; id <= heap_count(); id++)
		add_heap(heap_by_id(id), s);
	s->active = pages(&page_counts.active);
	s->dirty = pages(&page_counts.dirty);
	s->metadata = meta_bytes() + region_table_bytes();
	s->mapped = s->active + s->dirty + s->metadata;
	s->resident = s->mapped - s->clean;
	if (committed > s->active + s->dirty)
		s->retained = committed - s->active - s->dirty;
}

struct sink {
	void (*line)(void *arg, const char *text, size_t len);
	void *arg;
	struct text text;
};

static void end_line(struct sink *to)
{
	text_str(&to->text, "\n");
	to->line(to->arg, to->text.buf, to->text.len);
	to->text.len = 0;
}

static void total_line(struct sink *to, const char *name, size_t bytes)
{
	text_str(&to->text, name);
	text_column(&to->text, bytes, 16);
	end_line(to);
}

static void class_lines(struct sink *to)
{
	struct class_stats s;

	text_str(&to->text, "   class      size        live      cached"
			    "       slabs");
	end_line(to);
	for (unsigned c = 0; c < class_count(); c++) {
		stats_class(c, &s);
		if (!s.slabs)
			continue;
		text_column(&to->text, c, 8);
		text_column(&to->text, s.size, 10);
		text_column(&to->text, s.live, 12);
		text_column(&to->text, s.cached, 12);
		text_column(&to->text, s.slabs, 12);
		end_line(to);
	}
}

void stats_lines(void (*line)(void *arg, const char *text, size_t len),
		 void *arg)
{
	struct sink to = { .line = line, .arg = arg };
	struct stats s;

	stats_collect(&s);
	text_str(&to.text, "arena " ARENA_VERSION ": bytes");
	end_line(&to);
	total_line(&to, "  allocated", s.allocated);
	total_line(&to, "  cached   ", s.cached);
	total_line(&to, "  active   ", s.active);
	total_line(&to, "  dirty    ", s.dirty);
	total_line(&to, "  metadata ", s.metadata);
	total_line(&to, "  mapped   ", s.mapped);
	total_line(&to, "  resident ", s.resident);
	total_line(&to, "  retained ", s.retained);
	text_str(&to.text, "  heaps    ");
	text_column(&to.text, heap_count(), 16);
	end_line(&to);
	class_lines(&to);
}

static void to_stderr(void *arg, const char *text, size_t len)
{
	(void)arg;
	os_print(text, len);
}

void stats_print(void)
{
	stats_lines(to_stderr, NULL);
}
