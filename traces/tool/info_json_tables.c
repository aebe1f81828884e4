// SPDX-License-Identifier: MIT
/* The tables of info as JSON. */
#include <math.h>

#include "traces/tool/info_json.h"
#include "traces/tool/tape_json.h"
#include "traces/tool/tape_stats.h"

static void add_kinds(json_t *o, const struct tape_stats *s,
		      uint64_t duration_ns)
{
	json_t *kinds = json_object(), *table = json_array();
	int i;

	for (i = 1; i < TAPE_KIND_END; i++) {
		const struct kind_stats *k = &s->kinds[i];
		const char *name = tape_kind_name((enum tape_kind)i);
		json_t *row;

		if (!k->events)
			continue;
		info_json_add(kinds, name, k->events);
		row = json_object();
		json_object_set_new(row, "kind", json_string(name));
		info_json_add(row, "events", k->events);
		json_object_set_new(
			row, "events_per_second",
			json_real(duration_ns ? (double)k->events * 1e9 /
							(double)duration_ns
					      : 0));
		info_json_add(row, "failed", k->failed);
		info_json_add(row, "zero_sizes", k->zero_sizes);
		info_json_add(row, "allocated_bytes", k->bytes);
		json_array_append_new(table, row);
	}
	json_object_set_new(o, "kinds", kinds);
	json_object_set_new(o, "kind_table", table);
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
		info_json_add(row, "min_bytes", i ? 1ULL << (i - 1) : 0);
		info_json_add(row, "max_bytes",
			      i == 64 ? UINT64_MAX : (1ULL << i) - 1);
		info_json_add(row, "blocks", s->sizes[i].blocks);
		info_json_add(row, "allocated_bytes", s->sizes[i].bytes);
		json_array_append_new(array, row);
	}
	return array;
}

static json_t *lives_array(const struct tape_stats *s)
{
	json_t *array = json_array();
	unsigned i;

	for (i = 0; i < STATS_LIFE_CLASSES; i++) {
		json_t *row;

		if (!s->lives[i].blocks)
			continue;
		row = json_object();
		info_json_add(row, "min_ns",
			      i ? tape_stats_life_limit_ns(i - 1) : 0);
		info_json_add(row, "below_ns", tape_stats_life_limit_ns(i));
		info_json_add(row, "blocks", s->lives[i].blocks);
		info_json_add(row, "block_bytes", s->lives[i].bytes);
		json_array_append_new(array, row);
	}
	return array;
}

static void add_lives(json_t *o, const struct tape_stats *s)
{
	uint64_t bytes = 0, within_1ms = 0;
	unsigned i;

	for (i = 0; i < STATS_LIFE_CLASSES; i++) {
		bytes += s->lives[i].bytes;
		if (i == STATS_LIFE_1MS)
			within_1ms = bytes;
		if (i == STATS_LIFE_1S)
			info_json_add(o, "died_within_1s_bytes", bytes);
	}
	info_json_add(o, "died_within_1ms_bytes", within_1ms);
	info_json_add(o, "died_bytes", bytes);
	json_object_set_new(o, "lifetimes", lives_array(s));
}

static json_t *alignments_array(const struct tape_stats *s)
{
	json_t *array = json_array();
	unsigned i;

	for (i = 0; i < 64; i++) {
		json_t *row;

		if (!s->alignments[i].blocks)
			continue;
		row = json_object();
		info_json_add(row, "alignment_bytes", 1ULL << i);
		info_json_add(row, "blocks", s->alignments[i].blocks);
		info_json_add(row, "allocated_bytes", s->alignments[i].bytes);
		json_array_append_new(array, row);
	}
	return array;
}

static json_t *reallocs_object(const struct realloc_stats *r)
{
	json_t *o = json_object();

	info_json_add(o, "of_null", r->of_nothing);
	info_json_add(o, "to_nothing", r->to_nothing);
	info_json_add(o, "in_place", r->in_place);
	info_json_add(o, "moved", r->moved);
	info_json_add(o, "moved_bytes", r->moved_bytes);
	info_json_add(o, "grown", r->grown);
	info_json_add(o, "shrunk", r->shrunk);
	json_object_set_new(
		o, "growth_factor",
		json_real(r->grown ? exp2(r->grown_log2 / (double)r->grown)
				   : 1));
	info_json_add(o, "chains", r->chains);
	info_json_add(o, "chain_reallocs", r->links);
	info_json_add(o, "longest_chain", r->longest);
	info_json_add(o, "longest_chain_bytes", r->longest_bytes);
	return o;
}

static json_t *pairs_array(const struct pair_table *t, uint64_t top)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < t->nr && i < top; i++) {
		json_t *row = json_object();

		info_json_add(row, "taken_by", t->pairs[i].taker);
		info_json_add(row, "freed_by", t->pairs[i].freer);
		info_json_add(row, "blocks", t->pairs[i].frees);
		info_json_add(row, "block_bytes", t->pairs[i].bytes);
		json_array_append_new(array, row);
	}
	return array;
}

static json_t *latency_object(const struct tape_stats *s)
{
	static const struct {
		const char *key;
		double share;
	} marks[] = { { "p50_ns", 0.5 },
		      { "p90_ns", 0.9 },
		      { "p99_ns", 0.99 },
		      { "p999_ns", 0.999 },
		      { "p9999_ns", 0.9999 } };
	json_t *o = json_object();
	unsigned i, j;

	for (i = 1; i < TAPE_KIND_END; i++) {
		const struct latency_hist *h = s->kinds[i].latency;
		json_t *row;

		if (!h)
			continue;
		row = json_object();
		info_json_add(row, "calls", h->nr);
		for (j = 0; j < sizeof(marks) / sizeof(marks[0]); j++)
			info_json_add(
				row, marks[j].key,
				latency_hist_percentile(h, marks[j].share));
		info_json_add(row, "max_ns", h->max_ns);
		info_json_add(row, "sum_ns", h->sum_ns);
		json_object_set_new(o, tape_kind_name((enum tape_kind)i), row);
	}
	return o;
}

static json_t *residency_object(const struct tape_stats *s)
{
	json_t *o = json_object();

	info_json_add(o, "blocks", s->touched.blocks);
	info_json_add(o, "block_bytes", s->touched.bytes);
	info_json_add(o, "touched_bytes", s->touched_bytes);
	return o;
}

static json_t *marks_array(const struct tape_stats *s)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < s->nr_marks; i++) {
		json_t *row = json_object();

		info_json_add(row, "time_ns", s->marks[i].time_ns);
		info_json_add(row, "live_bytes", s->marks[i].live_bytes);
		tape_json_set_text(row, "text", s->marks[i].text);
		json_array_append_new(array, row);
	}
	return array;
}

void info_json_tables(json_t *o, const struct tape_stats *s, uint64_t top,
		      uint64_t duration_ns)
{
	add_kinds(o, s, duration_ns);
	json_object_set_new(o, "sizes", sizes_array(s));
	add_lives(o, s);
	json_object_set_new(o, "alignments", alignments_array(s));
	json_object_set_new(o, "reallocs", reallocs_object(&s->reallocs));
	json_object_set_new(o, "cross_thread_pairs",
			    pairs_array(&s->cross, top));
	json_object_set_new(o, "marks", marks_array(s));
	json_object_set_new(o, "latency", latency_object(s));
	json_object_set_new(o, "residency", residency_object(s));
}

static json_t *moment(uint64_t time_ns, uint64_t live,
		      const struct tape_sample *sample)
{
	uint64_t held = sample->rss_anon_bytes + sample->swap_bytes;
	json_t *o = json_object();

	info_json_add(o, "time_ns", time_ns);
	info_json_add(o, "live_bytes", live);
	info_json_add(o, "rss_anon_bytes", sample->rss_anon_bytes);
	info_json_add(o, "rss_file_bytes", sample->rss_file_bytes);
	info_json_add(o, "swap_bytes", sample->swap_bytes);
	json_object_set_new(o, "gap_bytes",
			    json_integer((json_int_t)(held - live)));
	return o;
}

void info_json_memory(json_t *o, const struct tape_stats *s)
{
	const struct timeline *t = &s->timeline;
	const struct tape_sample *last;
	json_t *memory;
	size_t peak;

	if (!t->nr_samples)
		return;
	memory = json_object();
	peak = timeline_anon_peak(t);
	last = &t->samples[t->nr_samples - 1];
	json_object_set_new(memory, "rss_peak",
			    moment(t->samples[peak].time_ns, t->live_at[peak],
				   &t->samples[peak]));
	json_object_set_new(
		memory, "live_peak",
		moment(s->live_peak_time_ns, s->live_peak_bytes,
		       timeline_sample_at(t, s->live_peak_time_ns)));
	json_object_set_new(
		memory, "end",
		moment(last->time_ns, t->live_at[t->nr_samples - 1], last));
	info_json_add(memory, "minor_faults", last->minor_faults);
	info_json_add(memory, "major_faults", last->major_faults);
	json_object_set_new(o, "memory", memory);
}
