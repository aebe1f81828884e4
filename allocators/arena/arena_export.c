// SPDX-License-Identifier: MIT
// Documents are made line by line in a small buffer, without heap or stdio.
#include "allocators/arena/arena_export.h"
#include "allocators/arena/arena.h"
#include "allocators/arena/arena_stats.h"
#include "allocators/arena/arena_text.h"
#include "allocators/arena/heap.h"

#include <errno.h>
#include <string.h>

struct out {
	void (*line)(void *arg, const char *text, size_t len);
	void *arg;
	struct text text;
};

static void end_line(struct out *o)
{
	text_str(&o->text, "\n");
	o->line(o->arg, o->text.buf, o->text.len);
	o->text.len = 0;
}

static void words(struct out *o, const char *line)
{
	text_str(&o->text, line);
	end_line(o);
}

static void number(struct out *o, const char *before, uint64_t n,
		   const char *after)
{
	text_str(&o->text, before);
	text_u64(&o->text, n);
	text_str(&o->text, after);
}

static void json_class(struct out *o, const struct class_stats *s, bool first)
{
	text_str(&o->text, first ? "    " : "    ,");
	number(o, "{\"size\": ", s->size, ", ");
	number(o, "\"live\": ", s->live, ", ");
	number(o, "\"cached\": ", s->cached, ", ");
	number(o, "\"slabs\": ", s->slabs, "}");
	end_line(o);
}

void stats_json(void (*line)(void *arg, const char *text, size_t len),
		void *arg)
{
	struct out o = { .line = line, .arg = arg };
	struct class_stats class;
	bool first = true;
	struct stats s;

	stats_collect(&s);
	words(&o, "{");
	words(&o, "  \"schema\": \"arena-stats/1\",");
	words(&o, "  \"version\": \"" ARENA_VERSION "\",");
	number(&o, "  \"allocated_bytes\": ", s.allocated, ",\n");
	number(&o, "  \"cached_bytes\": ", s.cached, ",\n");
	number(&o, "  \"active_bytes\": ", s.active, ",\n");
	number(&o, "  \"dirty_bytes\": ", s.dirty, ",");
	end_line(&o);
	number(&o, "  \"metadata_bytes\": ", s.metadata, ",\n");
	number(&o, "  \"mapped_bytes\": ", s.mapped, ",\n");
	number(&o, "  \"resident_bytes\": ", s.resident, ",\n");
	number(&o, "  \"retained_bytes\": ", s.retained, ",");
	end_line(&o);
	number(&o, "  \"arenas\": ", nr_arenas, ",\n");
	number(&o, "  \"heaps\": ", heap_count(), ",\n");
	words(&o, "  \"classes\": [");
	for (unsigned c = 0; c < class_count(); c++) {
		stats_class(c, &class);
		if (!class.slabs)
			continue;
		json_class(&o, &class, first);
		first = false;
	}
	words(&o, "  ]");
	words(&o, "}");
}

static void xml_total(struct out *o, const char *tag, const char *type,
		      uint64_t size)
{
	text_str(&o->text, "<");
	text_str(&o->text, tag);
	text_str(&o->text, " type=\"");
	text_str(&o->text, type);
	number(o, "\" size=\"", size, "\"/>");
	end_line(o);
}

// Free slots stand where the C library has its free chunks.
static void xml_sizes(struct out *o)
{
	struct class_stats s;
	size_t from = 1;

	words(o, "<sizes>");
	for (unsigned c = 0; c < class_count(); c++) {
		stats_class(c, &s);
		if (s.cached) {
			number(o, "  <size from=\"", from, "\"");
			number(o, " to=\"", s.size, "\"");
			number(o, " total=\"", s.cached * s.size, "\"");
			number(o, " count=\"", s.cached, "\"/>");
			end_line(o);
		}
		from = s.size + 1;
	}
	words(o, "</sizes>");
}

void stats_xml(void (*line)(void *arg, const char *text, size_t len), void *arg)
{
	struct out o = { .line = line, .arg = arg };
	struct stats s;

	stats_collect(&s);
	words(&o, "<malloc version=\"1\">");
	words(&o, "<heap nr=\"0\">");
	xml_sizes(&o);
	words(&o, "</heap>");
	xml_total(&o, "total", "fast", s.cached);
	xml_total(&o, "total", "rest", s.mapped - s.allocated - s.cached);
	xml_total(&o, "system", "current", s.mapped);
	xml_total(&o, "aspace", "total", s.mapped + s.retained);
	xml_total(&o, "aspace", "mprotect", s.mapped + s.retained);
	words(&o, "</malloc>");
}

struct copy {
	char *buf;
	size_t room;
	size_t len;
};

static void copy_line(void *arg, const char *text, size_t len)
{
	struct copy *c = arg;

	if (c->buf && c->len + len < c->room)
		memcpy(c->buf + c->len, text, len);
	c->len += len;
}

int stats_copy(stats_writer *document, char *buf, size_t *len)
{
	struct copy c = { .buf = buf, .room = *len };

	document(copy_line, &c);
	*len = c.len + 1;
	if (!buf)
		return 0;
	if (*len > c.room)
		return ENOSPC;
	buf[c.len] = 0;
	return 0;
}
