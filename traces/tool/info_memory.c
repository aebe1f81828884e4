// SPDX-License-Identifier: MIT
/*
 * Live bytes against resident memory: a small plot over time, and the gap
 * between the two at the moments that matter. File-backed pages are left out,
 * since malloc has no part in them; what was swapped out counts.
 */
#include <stdio.h>
#include <string.h>

#include "traces/tool/info_view.h"

#define ROWS   8
#define GUTTER 14 /* columns left of the plot */

/* One column of the plot: the most of some bins. */
struct column {
	uint64_t live;
	uint64_t anon;
};

static struct column column_of(const struct timeline *t, unsigned at,
			       unsigned nr)
{
	unsigned i = (unsigned)((uint64_t)at * t->nr_bins / nr);
	unsigned end = (unsigned)((uint64_t)(at + 1) * t->nr_bins / nr);
	struct column c = { 0, 0 };

	do {
		if (t->bins[i].live_max_bytes > c.live)
			c.live = t->bins[i].live_max_bytes;
		if (t->bins[i].anon_max_bytes > c.anon)
			c.anon = t->bins[i].anon_max_bytes;
	} while (++i < end);
	return c;
}

/* The sign of a cell whose middle stands for that many bytes. */
static const char *cell(const struct info_view *v, const struct column *c,
			double middle)
{
	if ((double)c->live >= middle)
		return v->utf8 ? "\u2588" : "#";
	if ((double)c->anon >= middle)
		return v->utf8 ? "\u2591" : ".";
	return " ";
}

static void print_row(const struct info_view *v, unsigned row, unsigned nr,
		      uint64_t most)
{
	double middle = (double)most * (ROWS - row - 0.5) / ROWS;
	char line[4 * 160 + 1] = "";
	char *out = line;
	unsigned i;

	for (i = 0; i < nr; i++) {
		struct column c = column_of(&v->s->timeline, i, nr);

		out = stpcpy(out, cell(v, &c, middle));
	}
	while (out > line && out[-1] == ' ')
		out--;
	*out = '\0';
	printf("  %10s |%s\n", row ? "" : view_bytes(most), line);
}

static void print_plot(const struct info_view *v)
{
	const struct timeline *t = &v->s->timeline;
	unsigned nr = v->width - GUTTER, row, i;
	const char *end = view_ns(v->duration_ns);
	uint64_t most = v->s->live_peak_bytes;

	if (nr > t->nr_bins)
		nr = t->nr_bins;
	for (i = 0; i < t->nr_bins; i++)
		if (t->bins[i].anon_max_bytes > most)
			most = t->bins[i].anon_max_bytes;
	if (!most || nr < strlen(end) + 2)
		return;
	printf("\n  memory over time: %s live bytes", v->utf8 ? "\u2588" : "#");
	if (t->nr_samples)
		printf(", %s anonymous RSS above them",
		       v->utf8 ? "\u2591" : ".");
	putchar('\n');
	for (row = 0; row < ROWS; row++)
		print_row(v, row, nr, most);
	printf("  %10s +", "0 B");
	for (i = 0; i < nr; i++)
		putchar('-');
	printf("\n  %10s  0%*s\n", "", (int)nr - 1, end);
}

static void print_moment(const char *what, uint64_t time_ns, uint64_t live,
			 const struct tape_sample *s)
{
	uint64_t held = s->rss_anon_bytes + s->swap_bytes;
	bool more = held >= live;

	printf("  %-18s %10s %11s %11s %11s %11s %s%s", what, view_ns(time_ns),
	       view_bytes(live), view_bytes(s->rss_anon_bytes),
	       view_bytes(s->swap_bytes), view_bytes(s->rss_file_bytes),
	       more ? " " : "-", view_bytes(more ? held - live : live - held));
	if (live)
		printf(" (%.2f x live)", (double)held / (double)live);
	putchar('\n');
}

static void print_gap(const struct tape_sample *s, uint64_t live)
{
	uint64_t held = s->rss_anon_bytes + s->swap_bytes;

	if (held >= live && live)
		printf("  At its peak RSS is %.2f x live: %s that no caller of "
		       "malloc holds (what the allocator\n  rounds up, keeps "
		       "and spreads, and memory that malloc never saw).\n",
		       (double)held / (double)live, view_bytes(held - live));
	else if (live)
		printf("  At its peak RSS is %.2f x live: %s of the live bytes "
		       "were not resident, since they were\n  not touched.\n",
		       (double)held / (double)live, view_bytes(live - held));
}

static void print_moments(const struct info_view *v)
{
	const struct tape_stats *s = v->s;
	const struct timeline *t = &s->timeline;
	const struct tape_sample *last = &t->samples[t->nr_samples - 1], *at;
	size_t peak = timeline_anon_peak(t);

	printf("\n  %-18s %10s %11s %11s %11s %11s  %s\n", "resident memory",
	       "at", "live", "anonymous", "swap", "file", "gap");
	at = &t->samples[peak];
	print_moment("peak of RSS", at->time_ns, t->live_at[peak], at);
	at = timeline_sample_at(t, s->live_peak_time_ns);
	print_moment("peak of live", s->live_peak_time_ns, s->live_peak_bytes,
		     at);
	print_moment("end", last->time_ns, t->live_at[t->nr_samples - 1], last);
	if (v->window)
		printf("  The gap has the blocks from before the tape, as far "
		       "as they still live.\n");
	else
		print_gap(&t->samples[peak], t->live_at[peak]);
	printf("  %llu minor and %llu major faults, %llu samples\n",
	       (ull)last->minor_faults, (ull)last->major_faults,
	       (ull)t->all_samples);
}

void view_memory(const struct info_view *v)
{
	print_plot(v);
	if (v->s->timeline.nr_samples)
		print_moments(v);
}
