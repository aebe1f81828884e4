// SPDX-License-Identifier: MIT
/* Threads, who frees what of whom, reallocs, marks. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "traces/tool/info_view.h"
#include "traces/tool/tape_tool.h"

void view_reallocs(const struct info_view *v)
{
	const struct realloc_stats *r = &v->s->reallocs;
	uint64_t of_blocks = r->in_place + r->moved;

	if (!of_blocks && !r->of_nothing && !r->to_nothing)
		return;
	view_label("reallocs");
	printf("%llu in place (%s), %llu moved with at most %s to copy\n",
	       (ull)r->in_place,
	       view_share((double)r->in_place, (double)of_blocks),
	       (ull)r->moved, view_bytes(r->moved_bytes));
	view_label("");
	printf("%llu of NULL, %llu to size 0; %llu shrank", (ull)r->of_nothing,
	       (ull)r->to_nothing, (ull)r->shrunk);
	if (r->grown)
		printf(", %llu grew, by %.2f x (geometric mean)", (ull)r->grown,
		       exp2(r->grown_log2 / (double)r->grown));
	putchar('\n');
	if (!r->chains)
		return;
	view_label("realloc chains");
	printf("%llu blocks, of %.1f reallocs each, %llu%s at most (to %s)\n",
	       (ull)r->chains, (double)r->links / (double)r->chains,
	       (ull)r->longest,
	       r->longest == LIVE_REALLOCS_MAX ? " or more" : "",
	       view_bytes(r->longest_bytes));
}

void view_cross(const struct info_view *v)
{
	const struct pair_table *t = &v->s->cross;
	uint64_t nr = v->top < t->nr ? v->top : t->nr, i;

	if (!t->nr)
		return;
	printf("\n  %9s %9s %14s %6s %11s  %s\n", "taken by", "freed by",
	       "blocks", "share", "bytes", "names");
	for (i = 0; i < nr; i++) {
		const struct thread_pair *p = &t->pairs[i];
		const char *taker = v->s->threads[p->taker].name;
		const char *freer = v->s->threads[p->freer].name;

		printf("  %9u %9u %14llu %6s %11s", p->taker, p->freer,
		       (ull)p->frees,
		       view_share((double)p->frees,
				  (double)v->s->cross_thread_frees),
		       view_bytes(p->bytes));
		if (*taker || *freer) {
			fputs("  ", stdout);
			tool_print_text(*taker ? taker : "-");
			fputs(" > ", stdout);
			tool_print_text(*freer ? freer : "-");
		}
		putchar('\n');
	}
	view_more(v, t->nr, "pairs");
}

int view_threads(const struct info_view *v)
{
	const struct tape_stats *s = v->s;
	uint32_t nr = v->top < s->nr_threads ? (uint32_t)v->top : s->nr_threads;
	uint32_t *order, i;

	if (!nr)
		return 0;
	order = tape_stats_top(s, &nr);
	if (!order)
		return -1;
	printf("\n  %6s %8s %8s %8s %6s %12s %12s %12s %10s  %s\n", "thread",
	       "tid", "born", "ended", "share", "allocations", "frees",
	       "cross-thread", "allocated", "name");
	for (i = 0; i < nr; i++) {
		const struct thread_stats *t = &s->threads[order[i]];

		printf("  %6u %8llu %8s %8s %6s %12llu %12llu %12llu %10s",
		       order[i], (ull)t->tid,
		       t->born ? view_ns(t->first_ns) : "-",
		       t->ended ? view_ns(t->last_ns) : "-",
		       view_share((double)t->events, (double)s->events),
		       (ull)t->allocs, (ull)t->frees, (ull)t->cross_frees,
		       view_bytes(t->bytes));
		if (t->name[0])
			fputs("  ", stdout);
		tool_print_text(t->name);
		putchar('\n');
	}
	view_more(v, s->nr_threads, "threads");
	free(order);
	return 0;
}

void view_marks(const struct info_view *v)
{
	const struct tape_stats *s = v->s;
	uint64_t all = s->kinds[TAPE_MARK].events, i;

	if (!s->nr_marks)
		return;
	printf("\n  %10s %11s  %s\n", "mark at", "live bytes", "text");
	for (i = 0; i < s->nr_marks && i < v->top; i++) {
		printf("  %10s %11s  ", view_ns(s->marks[i].time_ns),
		       view_bytes(s->marks[i].live_bytes));
		tool_print_text(s->marks[i].text);
		putchar('\n');
	}
	view_more(v, all, "marks");
}
