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
#include "traces/tool/info_json.h"
#include "traces/tool/info_render.h"
#include "traces/tool/tape_json.h"
#include "traces/tool/tape_stats.h"

/* JSON's integers end at 2^63 - 1. */
void info_json_add(json_t *object, const char *key, uint64_t v)
{
	json_object_set_new(
		object, key,
		json_integer(v > INT64_MAX ? INT64_MAX : (json_int_t)v));
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

static json_t *thread_row(const struct thread_stats *t, uint32_t thread)
{
	json_t *row = json_object();

	info_json_add(row, "thread", thread);
	info_json_add(row, "tid", t->tid);
	tape_json_set_text(row, "name", t->name);
	info_json_add(row, "events", t->events);
	info_json_add(row, "allocations", t->allocs);
	info_json_add(row, "frees", t->frees);
	info_json_add(row, "cross_thread_frees", t->cross_frees);
	info_json_add(row, "allocated_bytes", t->bytes);
	info_json_add(row, "first_ns", t->first_ns);
	info_json_add(row, "last_ns", t->last_ns);
	json_object_set_new(row, "born", json_boolean(t->born));
	json_object_set_new(row, "ended", json_boolean(t->ended));
	return row;
}

static json_t *threads_array(const struct tape_stats *s, uint64_t top)
{
	uint32_t nr = top < s->nr_threads ? (uint32_t)top : s->nr_threads, i;
	uint32_t *order = tape_stats_top(s, &nr);
	json_t *array = json_array();

	for (i = 0; order && i < nr; i++)
		json_array_append_new(
			array, thread_row(&s->threads[order[i]], order[i]));
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
	json_object_set_new(object, "asks_usable",
			    json_boolean(end->asks_usable));
	return object;
}

static void add_file(json_t *o, const struct tape_info *info)
{
	info_json_add(o, "events", info->events);
	info_json_add(o, "threads", info->threads);
	info_json_add(o, "duration_ns", info->duration_ns);
	info_json_add(o, "dropped", info->dropped);
	info_json_add(o, "bytes", info->bytes);
	json_object_set_new(
		o, "bytes_per_event",
		json_real(info->events
				  ? (double)info->bytes / (double)info->events
				  : 0));
	info_json_add(o, "blocks", info->blocks);
	info_json_add(o, "lost_bytes", info->lost_bytes);
	info_json_add(o, "samples", info->samples);
	info_json_add(o, "format_version", info->version);
	info_json_add(o, "time_unit_ns", info->time_unit_ns);
	json_object_set_new(o, "indexed", json_boolean(info->indexed));
}

static void add_history(json_t *o, const struct tape_stats *s)
{
	info_json_add(o, "live_peak_bytes", s->live_peak_bytes);
	info_json_add(o, "live_peak_time_ns", s->live_peak_time_ns);
	info_json_add(o, "live_peak_blocks", s->live_peak_blocks);
	info_json_add(o, "live_end_bytes", s->live_bytes);
	info_json_add(o, "live_end_blocks", s->live.nr);
	info_json_add(o, "rss_at_live_peak_bytes", s->rss_at_peak_bytes);
	info_json_add(o, "rss_peak_bytes", s->rss_peak_bytes);
	info_json_add(o, "allocations", s->allocs);
	info_json_add(o, "allocated_bytes", s->allocated_bytes);
	info_json_add(o, "frees", s->frees);
	info_json_add(o, "cross_thread_frees", s->cross_thread_frees);
	info_json_add(o, "moved_reallocs", s->reallocs.moved);
	info_json_add(o, "failed_calls", s->failed_calls);
	info_json_add(o, "zero_size_calls", s->zero_sizes);
	info_json_add(o, "null_frees", s->null_frees);
	info_json_add(o, "unknown_frees", s->unknown_frees);
	info_json_add(o, "born_before_frees", s->born_before.blocks);
	info_json_add(o, "born_before_usable_bytes", s->born_before.bytes);
	info_json_add(o, "overlap_repairs", s->overlap_repairs);
	info_json_add(o, "threads_peak", s->threads_most);
	info_json_add(o, "stacks", s->sites.nr);
}

json_t *info_json(struct tape_reader *r, const struct tape_stats *stats,
		  uint64_t top, const char *hash)
{
	const struct tape_info *info = tape_reader_info(r);
	json_t *o = json_object();

	json_object_set_new(o, "schema", json_string("heaptape-info/1"));
	tape_json_set_text(o, "tape", tape_reader_name(r));
	json_object_set_new(o, "hash", json_string(hash));
	add_file(o, info);
	add_history(o, stats);
	json_object_set_new(o, "end", end_object(tape_reader_end(r)));
	json_object_set_new(o, "metadata", meta_object(tape_reader_meta(r)));
	info_json_tables(o, stats, top, info->duration_ns);
	info_json_memory(o, stats);
	json_object_set_new(o, "thread_table", threads_array(stats, top));
	return o;
}
