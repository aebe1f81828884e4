// SPDX-License-Identifier: MIT
/* The histograms of info: calls by kind, sizes, lifetimes, alignments. */
#include <stdio.h>

#include "traces/tape_reader.h"
#include "traces/tool/info_view.h"

void view_calls(const struct info_view *v)
{
	const struct tape_stats *s = v->s;
	double seconds = (double)v->duration_ns / 1e9;
	int i;

	printf("\n  %-20s %14s %6s %10s %9s %9s %11s\n", "kind", "events",
	       "share", "per second", "failed", "size 0", "asked for");
	for (i = 1; i < TAPE_KIND_END; i++) {
		const struct kind_stats *k = &s->kinds[i];

		if (!k->events)
			continue;
		printf("  %-20s %14llu %6s %10s",
		       tape_kind_name((enum tape_kind)i), (ull)k->events,
		       view_share((double)k->events, (double)s->events),
		       view_count((double)k->events / seconds));
		if (tape_kind_is_alloc((enum tape_kind)i))
			printf(" %9llu %9llu %11s", (ull)k->failed,
			       (ull)k->zero_sizes, view_bytes(k->bytes));
		putchar('\n');
	}
}

static void print_class(const struct info_view *v, const char *range,
			const struct stats_class *class, uint64_t blocks,
			uint64_t bytes, uint64_t most)
{
	printf("  %-20s %14llu %6s %11s %6s", range, (ull) class->blocks,
	       view_share((double)class->blocks, (double)blocks),
	       view_bytes(class->bytes),
	       view_share((double)class->bytes, (double)bytes));
	view_bar(v, 64, class->blocks, most);
}

static void class_head(const char *what)
{
	printf("\n  %-20s %14s %6s %11s %6s\n", what, "blocks", "share",
	       "bytes", "share");
}

/* Sums and bounds over the classes that are used. */
struct span {
	unsigned first;
	unsigned last;
	uint64_t blocks;
	uint64_t bytes;
	uint64_t most;
};

static struct span span_of(const struct stats_class *classes, unsigned nr)
{
	struct span span = { .first = nr };
	unsigned i;

	for (i = 0; i < nr; i++) {
		if (!classes[i].blocks)
			continue;
		if (span.first == nr)
			span.first = i;
		span.last = i;
		span.blocks += classes[i].blocks;
		span.bytes += classes[i].bytes;
		if (classes[i].blocks > span.most)
			span.most = classes[i].blocks;
	}
	return span;
}

void view_sizes(const struct info_view *v)
{
	struct span span = span_of(v->s->sizes, STATS_SIZE_CLASSES);
	char range[48];
	unsigned i;

	if (!span.blocks)
		return;
	class_head("size in bytes");
	for (i = span.first; i <= span.last; i++) {
		if (i < 2)
			snprintf(range, sizeof(range), "%u", i);
		else if (i < 11)
			snprintf(range, sizeof(range), "%llu - %llu",
				 1ULL << (i - 1), (1ULL << i) - 1);
		else
			snprintf(range, sizeof(range), "%s and more",
				 view_bytes(1ULL << (i - 1)));
		print_class(v, range, &v->s->sizes[i], span.blocks, span.bytes,
			    span.most);
	}
}

/* What part of the bytes died within the classes up to last. */
static const char *died_within(const struct tape_stats *s, unsigned last,
			       uint64_t bytes)
{
	uint64_t died = 0;
	unsigned i;

	for (i = 0; i <= last; i++)
		died += s->lives[i].bytes;
	return view_share((double)died, (double)bytes);
}

void view_lives(const struct info_view *v)
{
	static const char *const names[STATS_LIFE_CLASSES] = {
		"below 1 us",  "below 10 us",  "below 100 us",  "below 1 ms",
		"below 10 ms", "below 100 ms", "below 1 s",     "below 10 s",
		"below 100 s", "below 1000 s", "below 10000 s", "longer",
	};
	const struct tape_stats *s = v->s;
	struct stats_class alive = { s->live.nr, s->live_bytes };
	struct span span = span_of(s->lives, STATS_LIFE_CLASSES);
	unsigned i;

	span.blocks += alive.blocks;
	span.bytes += alive.bytes;
	if (alive.blocks > span.most)
		span.most = alive.blocks;
	if (!span.blocks)
		return;
	class_head("lifetime");
	for (i = span.first; i <= span.last && i < STATS_LIFE_CLASSES; i++)
		print_class(v, names[i], &s->lives[i], span.blocks, span.bytes,
			    span.most);
	print_class(v, "alive at the end", &alive, span.blocks, span.bytes,
		    span.most);
	printf("  %s of the bytes died within 1 ms, %s within 1 s, %s were "
	       "alive at the end\n",
	       died_within(s, STATS_LIFE_1MS, span.bytes),
	       died_within(s, STATS_LIFE_1S, span.bytes),
	       view_share((double)alive.bytes, (double)span.bytes));
}

void view_alignments(const struct info_view *v)
{
	const struct stats_class *classes = v->s->alignments;
	struct span span = span_of(classes, 64);
	unsigned i;

	if (!span.blocks)
		return;
	class_head("alignment asked for");
	for (i = span.first; i <= span.last; i++)
		if (classes[i].blocks)
			print_class(v, view_bytes(1ULL << i), &classes[i],
				    span.blocks, span.bytes, span.most);
}

void view_latency(const struct info_view *v)
{
	static const double shares[] = { 0.5, 0.9, 0.99, 0.999, 0.9999 };
	bool head = false;
	unsigned i, j;

	for (i = 1; i < TAPE_KIND_END; i++) {
		const struct latency_hist *h = v->s->kinds[i].latency;

		if (!h || !h->nr)
			continue;
		if (!head)
			printf("\n  %-20s %12s %8s %8s %8s %8s %8s %8s %8s\n",
			       "time of a call", "calls", "p50", "p90", "p99",
			       "p99.9", "p99.99", "longest", "all");
		head = true;
		printf("  %-20s %12llu", tape_kind_name((enum tape_kind)i),
		       (ull)h->nr);
		for (j = 0; j < sizeof(shares) / sizeof(shares[0]); j++)
			printf(" %8s",
			       view_ns(latency_hist_percentile(h, shares[j])));
		printf(" %8s %8s\n", view_ns(h->max_ns), view_ns(h->sum_ns));
	}
}
