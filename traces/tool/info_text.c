// SPDX-License-Identifier: MIT
/* What info prints for a person. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "traces/base/units.h"
#include "traces/tape_reader.h"
#include "traces/tool/info_render.h"
#include "traces/tool/tape_stats.h"
#include "traces/tool/tape_tool.h"

#define BAR 40 /* columns of the longest bar */

typedef unsigned long long ull;

static const char *bytes(uint64_t v)
{
	static char buf[4][32];
	static unsigned turn;
	char *out = buf[turn++ % 4];

	return units_format_bytes(out, sizeof(buf[0]), (double)v);
}

static const char *ns(uint64_t v)
{
	static char buf[4][32];
	static unsigned turn;
	char *out = buf[turn++ % 4];

	return units_format_ns(out, sizeof(buf[0]), (double)v);
}

static void print_meta(const struct tape_meta *meta)
{
	size_t i;

	for (i = 0; i < meta->nr; i++) {
		printf("  %-18s ", meta->entries[i].key);
		tool_print_text(meta->entries[i].value);
		putchar('\n');
	}
}

static void print_exit(const struct tape_end *end)
{
	if (!end->clean)
		printf("no end: cut, killed or still running\n");
	else if (WIFSIGNALED(end->exit_status))
		printf("%s, killed by signal %d\n", end->reason,
		       WTERMSIG(end->exit_status));
	else
		printf("%s, status %d\n", end->reason,
		       WEXITSTATUS(end->exit_status));
}

static void print_totals(struct tape_reader *r, const struct tape_stats *s)
{
	const struct tape_info *info = tape_reader_info(r);
	double each =
		info->events ? (double)info->bytes / (double)info->events : 0;

	printf("  %-18s %llu by %u thread%s in %s\n", "events",
	       (ull)info->events, info->threads, info->threads == 1 ? "" : "s",
	       ns(info->duration_ns));
	printf("  %-18s %s, %.2f bytes per event, %llu blocks%s\n", "tape",
	       bytes(info->bytes), each, (ull)info->blocks,
	       info->indexed ? "" : ", no index");
	printf("  %-18s ", "ended by");
	print_exit(tape_reader_end(r));
	printf("  %-18s %llu events\n", "dropped", (ull)info->dropped);
	printf("  %-18s %s in %llu calls\n", "allocated",
	       bytes(s->allocated_bytes), (ull)s->allocs);
	printf("  %-18s %s in %llu blocks, at %s\n", "live at peak",
	       bytes(s->live_peak_bytes), (ull)s->live_peak_blocks,
	       ns(s->live_peak_time_ns));
	printf("  %-18s %s in %zu blocks\n", "live at end",
	       bytes(s->live_bytes), s->live.nr);
	if (info->samples)
		printf("  %-18s %s when live bytes peaked, %s at most, %llu "
		       "samples\n",
		       "RSS", bytes(s->rss_at_peak_bytes),
		       bytes(s->rss_peak_bytes), (ull)info->samples);
	printf("  %-18s %llu\n", "cross-thread frees",
	       (ull)s->cross_thread_frees);
	printf("  %-18s %llu\n", "moved reallocs", (ull)s->reallocs.moved);
	printf("  %-18s %llu\n", "failed calls", (ull)s->failed_calls);
	printf("  %-18s %llu\n", "frees of NULL", (ull)s->null_frees);
	printf("  %-18s %llu\n", "unknown frees", (ull)s->unknown_frees);
	printf("  %-18s %llu\n", "overlaps repaired", (ull)s->overlap_repairs);
}

static void print_kinds(const struct tape_stats *s, uint64_t events)
{
	int i;

	printf("\n  %-20s %14s %6s\n", "kind", "events", "share");
	for (i = 1; i < TAPE_KIND_END; i++)
		if (s->kinds[i].events)
			printf("  %-20s %14llu %5.1f%%\n",
			       tape_kind_name((enum tape_kind)i),
			       (ull)s->kinds[i].events,
			       100.0 * (double)s->kinds[i].events /
				       (double)events);
}

static void print_size_row(unsigned class, uint64_t count, uint64_t most)
{
	int bar = (int)((double)count * BAR / (double)most + 0.5);
	char range[48];

	if (class < 2)
		snprintf(range, sizeof(range), "%u", class);
	else if (class < 11)
		snprintf(range, sizeof(range), "%llu - %llu",
			 1ULL << (class - 1), (1ULL << class) - 1);
	else
		snprintf(range, sizeof(range), "%s and more",
			 bytes(1ULL << (class - 1)));
	printf("  %-20s %14llu  %.*s\n", range, (ull)count, bar,
	       "########################################");
}

static void print_sizes(const struct tape_stats *s)
{
	unsigned i, first = STATS_SIZE_CLASSES, last = 0;
	uint64_t most = 0;

	for (i = 0; i < STATS_SIZE_CLASSES; i++) {
		if (!s->sizes[i].blocks)
			continue;
		if (first == STATS_SIZE_CLASSES)
			first = i;
		last = i;
		if (s->sizes[i].blocks > most)
			most = s->sizes[i].blocks;
	}
	if (!most)
		return;
	printf("\n  %-20s %14s\n", "size in bytes", "blocks");
	for (i = first; i <= last; i++)
		print_size_row(i, s->sizes[i].blocks, most);
}

static int print_threads(const struct tape_stats *s, uint64_t top)
{
	uint32_t nr = top < s->nr_threads ? (uint32_t)top : s->nr_threads, i;
	uint32_t *order;

	if (!nr)
		return 0;
	order = tape_stats_top(s, &nr);
	if (!order)
		return -1;
	printf("\n  %6s %8s %13s %13s %13s %11s  %s\n", "thread", "tid",
	       "allocations", "frees", "cross-thread", "allocated", "name");
	for (i = 0; i < nr; i++) {
		const struct thread_stats *t = &s->threads[order[i]];

		printf("  %6u %8llu %13llu %13llu %13llu %11s  ", order[i],
		       (ull)t->tid, (ull)t->allocs, (ull)t->frees,
		       (ull)t->cross_frees, bytes(t->bytes));
		tool_print_text(t->name);
		putchar('\n');
	}
	if (nr < s->nr_threads)
		printf("  (%u of %u threads; --top=N shows more)\n", nr,
		       s->nr_threads);
	free(order);
	return 0;
}

int info_print(struct tape_reader *r, const struct tape_stats *stats,
	       uint64_t top)
{
	tool_print_text(tape_reader_name(r));
	putchar('\n');
	print_meta(tape_reader_meta(r));
	print_totals(r, stats);
	print_kinds(stats, tape_reader_info(r)->events);
	print_sizes(stats);
	return print_threads(stats, top);
}
