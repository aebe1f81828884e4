// SPDX-License-Identifier: MIT
/*
 * What info tells as JSON. Names are fixed: keys are added, never renamed.
 * Strings of a tape may be any bytes, JSON must be UTF-8: what is not is
 * replaced.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "traces/tape_reader.h"
#include "traces/tool/info_render.h"
#include "traces/tool/tape_json.h"
#include "traces/tool/tape_stats.h"

/* JSON's integers end at 2^63 - 1. */
static json_t *number(uint64_t v)
{
	return json_integer(v > INT64_MAX ? INT64_MAX : (json_int_t)v);
}

static void add(json_t *object, const char *key, uint64_t v)
{
	json_object_set_new(object, key, number(v));
}

static json_t *meta_object(const struct tape_meta *meta)
{
	json_t *object = json_object();
	size_t i;

	for (i = 0; i < meta->nr; i++)
		tape_json_set_text(object, meta->entries[i].key,
				   meta->entries[i].value);
	return object;
}

static json_t *kinds_object(const struct tape_stats *s)
{
	json_t *object = json_object();
	int i;

	for (i = 1; i < TAPE_KIND_END; i++)
		if (s->kinds[i].events)
			add(object, tape_kind_name((enum tape_kind)i),
			    s->kinds[i].events);
	return object;
}

static json_t *sizes_array(const struct tape_stats *s)
{
	json_t *array = json_array();
	unsigned i;

	for (i = 0; i < STATS_SIZE_CLASSES; i++) {
		json_t *row;

		if (!s->sizes[i].blocks)
			continue;
		row = json_object();
		add(row, "min_bytes", i ? 1ULL << (i - 1) : 0);
		add(row, "max_bytes", i == 64 ? UINT64_MAX : (1ULL << i) - 1);
		add(row, "blocks", s->sizes[i].blocks);
		json_array_append_new(array, row);
	}
	return array;
}

static json_t *threads_array(const struct tape_stats *s, uint64_t top)
{
	uint32_t nr = top < s->nr_threads ? (uint32_t)top : s->nr_threads, i;
	uint32_t *order = tape_stats_top(s, &nr);
	json_t *array = json_array();

	for (i = 0; order && i < nr; i++) {
		const struct thread_stats *t = &s->threads[order[i]];
		json_t *row = json_object();

		add(row, "thread", order[i]);
		add(row, "tid", t->tid);
		tape_json_set_text(row, "name", t->name);
		add(row, "events", t->events);
		add(row, "allocations", t->allocs);
		add(row, "frees", t->frees);
		add(row, "cross_thread_frees", t->cross_frees);
		add(row, "allocated_bytes", t->bytes);
		add(row, "first_ns", t->first_ns);
		add(row, "last_ns", t->last_ns);
		json_array_append_new(array, row);
	}
	free(order);
	return array;
}

static json_t *end_object(const struct tape_end *end)
{
	json_t *object = json_object();

	json_object_set_new(object, "clean", json_boolean(end->clean));
	if (!end->clean)
		return object;
	tape_json_set_text(object, "reason", end->reason);
	json_object_set_new(object, "exit_status",
			    json_integer(end->exit_status));
	return object;
}

static void add_file(json_t *o, const struct tape_info *info)
{
	add(o, "events", info->events);
	add(o, "threads", info->threads);
	add(o, "duration_ns", info->duration_ns);
	add(o, "dropped", info->dropped);
	add(o, "bytes", info->bytes);
	json_object_set_new(
		o, "bytes_per_event",
		json_real(info->events
				  ? (double)info->bytes / (double)info->events
				  : 0));
	add(o, "blocks", info->blocks);
	add(o, "lost_bytes", info->lost_bytes);
	add(o, "samples", info->samples);
	add(o, "format_version", info->version);
	add(o, "time_unit_ns", info->time_unit_ns);
	json_object_set_new(o, "indexed", json_boolean(info->indexed));
}

static void add_history(json_t *o, const struct tape_stats *s)
{
	add(o, "live_peak_bytes", s->live_peak_bytes);
	add(o, "live_peak_time_ns", s->live_peak_time_ns);
	add(o, "live_peak_blocks", s->live_peak_blocks);
	add(o, "live_end_bytes", s->live_bytes);
	add(o, "live_end_blocks", s->live.nr);
	add(o, "rss_at_live_peak_bytes", s->rss_at_peak_bytes);
	add(o, "rss_peak_bytes", s->rss_peak_bytes);
	add(o, "allocations", s->allocs);
	add(o, "allocated_bytes", s->allocated_bytes);
	add(o, "cross_thread_frees", s->cross_thread_frees);
	add(o, "moved_reallocs", s->reallocs.moved);
	add(o, "failed_calls", s->failed_calls);
	add(o, "null_frees", s->null_frees);
	add(o, "unknown_frees", s->unknown_frees);
	add(o, "overlap_repairs", s->overlap_repairs);
}

json_t *info_json(struct tape_reader *r, const struct tape_stats *stats,
		  uint64_t top, const char *hash)
{
	json_t *o = json_object();

	json_object_set_new(o, "schema", json_string("heaptape-info/1"));
	tape_json_set_text(o, "tape", tape_reader_name(r));
	json_object_set_new(o, "hash", json_string(hash));
	add_file(o, tape_reader_info(r));
	add_history(o, stats);
	json_object_set_new(o, "end", end_object(tape_reader_end(r)));
	json_object_set_new(o, "metadata", meta_object(tape_reader_meta(r)));
	json_object_set_new(o, "kinds", kinds_object(stats));
	json_object_set_new(o, "sizes", sizes_array(stats));
	json_object_set_new(o, "thread_table", threads_array(stats, top));
	return o;
}
