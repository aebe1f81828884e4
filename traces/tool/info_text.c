// SPDX-License-Identifier: MIT
/* What info prints for a person: the head, and the parts in their order. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "traces/tape_reader.h"
#include "traces/tool/info_render.h"
#include "traces/tool/info_view.h"
#include "traces/tool/tape_tool.h"

static void print_meta(const struct tape_meta *meta)
{
	size_t i;

	for (i = 0; i < meta->nr; i++) {
		view_label(meta->entries[i].key);
		tool_print_text(meta->entries[i].value);
		putchar('\n');
	}
}

static void print_exit(const struct tape_end *end)
{
	view_label("ended by");
	if (!end->clean) {
		printf("no end: cut, killed or still running\n");
		return;
	}
	tool_print_text(end->reason);
	/* A limit ends the tape, not the program: its status is not known. */
	if (WIFSIGNALED(end->exit_status)) {
		if (strncmp(end->reason, "signal ", 7))
			printf(", killed by signal %d",
			       WTERMSIG(end->exit_status));
	} else if (end->exit_status || !strcmp(end->reason, "exit")) {
		printf(", status %d", WEXITSTATUS(end->exit_status));
	}
	putchar('\n');
}

static void print_tape(const struct info_view *v)
{
	const struct tape_info *info = tape_reader_info(v->r);
	double seconds = (double)v->duration_ns / 1e9;
	double each =
		info->events ? (double)info->bytes / (double)info->events : 0;

	view_label("events");
	printf("%llu by %u thread%s in %s, %s per second\n", (ull)info->events,
	       info->threads, info->threads == 1 ? "" : "s",
	       view_ns(info->duration_ns),
	       view_count((double)info->events / seconds));
	view_label("threads");
	printf("%u at most alive at one time\n", v->s->threads_most);
	view_label("tape");
	printf("%s, %.2f bytes per event, %llu blocks%s\n",
	       view_bytes(info->bytes), each, (ull)info->blocks,
	       info->indexed ? "" : ", no index");
	print_exit(tape_reader_end(v->r));
	view_label("dropped");
	printf("%llu events%s\n", (ull)info->dropped,
	       info->dropped ? ": live bytes and lifetimes are not exact" : "");
	if (!tape_reader_end(v->r)->asks_usable)
		return;
	view_label("usable sizes");
	printf("asked for by the program: it may ask for less or more memory "
	       "under another\n");
	view_label("");
	printf("allocator\n");
}

/* Whether all of the heap's life is on the tape. */
static void print_start(const struct info_view *v)
{
	const char *start =
		tape_meta_get(tape_reader_meta(v->r), "heap_at_start");

	if (!v->window)
		return;
	view_label("recorded");
	if (!strcmp(start, "inherited"))
		printf("from a fork on: the parent's blocks count only when "
		       "they are freed\n");
	else
		printf("a window: blocks from before it count only when they "
		       "are freed\n");
}

static void print_live(const struct info_view *v)
{
	const struct tape_stats *s = v->s;

	view_label("allocated");
	printf("%s in %llu calls\n", view_bytes(s->allocated_bytes),
	       (ull)s->allocs);
	view_label("live at peak");
	printf("%s in %llu blocks, at %s\n", view_bytes(s->live_peak_bytes),
	       (ull)s->live_peak_blocks, view_ns(s->live_peak_time_ns));
	view_label("live at end");
	printf("%s in %zu blocks\n", view_bytes(s->live_bytes), s->live.nr);
	if (s->timeline.nr_samples) {
		view_label("RSS");
		printf("%s when live bytes peaked, %s at most, %llu samples\n",
		       view_bytes(s->rss_at_peak_bytes),
		       view_bytes(s->rss_peak_bytes),
		       (ull)s->timeline.all_samples);
	}
}

static void print_frees(const struct info_view *v)
{
	const struct tape_stats *s = v->s;

	view_label("frees");
	printf("%llu, and %llu of NULL\n", (ull)s->frees, (ull)s->null_frees);
	view_label("cross-thread frees");
	printf("%llu (%s)\n", (ull)s->cross_thread_frees,
	       view_share((double)s->cross_thread_frees,
			  (double)(s->frees + s->reallocs.links)));
	view_label("unknown frees");
	printf("%llu", (ull)s->unknown_frees);
	if (s->born_before.blocks)
		printf(", %llu of them of blocks that were there before, %s",
		       (ull)s->born_before.blocks,
		       view_bytes(s->born_before.bytes));
	putchar('\n');
	view_label("overlaps repaired");
	printf("%llu\n", (ull)s->overlap_repairs);
	view_label("failed calls");
	printf("%llu\n", (ull)s->failed_calls);
	view_label("calls for size 0");
	printf("%llu\n", (ull)s->zero_sizes);
	view_reallocs(v);
	if (s->touched.blocks) {
		view_label("touched");
		printf("%s of %s in %llu large blocks (%s), looked at as they "
		       "were given back\n",
		       view_bytes(s->touched_bytes),
		       view_bytes(s->touched.bytes), (ull)s->touched.blocks,
		       view_share((double)s->touched_bytes,
				  (double)s->touched.bytes));
	}
	if (s->sites.nr) {
		view_label("stacks");
		printf("%zu that allocate; --sites tells which\n", s->sites.nr);
	}
}

int info_print(struct tape_reader *r, const struct tape_stats *stats,
	       uint64_t top)
{
	struct info_view v = { .r = r, .s = stats, .top = top };

	view_init(&v);
	tool_print_text(tape_reader_name(r));
	putchar('\n');
	print_meta(tape_reader_meta(r));
	print_start(&v);
	print_tape(&v);
	print_live(&v);
	print_frees(&v);
	view_memory(&v);
	view_calls(&v);
	view_sizes(&v);
	view_lives(&v);
	view_alignments(&v);
	view_latency(&v);
	view_marks(&v);
	view_cross(&v);
	return view_threads(&v);
}
