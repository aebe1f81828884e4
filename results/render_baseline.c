// SPDX-License-Identifier: MIT
/* A baseline for a person: what it is of, its sessions, its medians. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/baseline.h"
#include "results/term_text.h"

static void put_name(FILE *out, const char *name, int columns)
{
	char clean[1100];

	term_clean(name, columns < 0 ? 250 : (size_t)columns, clean,
		   sizeof(clean));
	fprintf(out, "%s%*s", clean,
		columns < 0 ? 0 : columns - (int)term_width(clean), "");
}

static void put_pairs(FILE *out, const struct result_pair *pairs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		fputs(i ? ", " : "", out);
		put_name(out, pairs[i].key, -1);
		fputc(' ', out);
		put_name(out, pairs[i].value, -1);
	}
	fputc('\n', out);
}

/* The most rounds that any of its rows has. */
static size_t rounds_of(const struct baseline_session *s)
{
	size_t most = 0, i;

	for (i = 0; i < s->nr_rows; i++)
		most = s->rows[i].nr > most ? s->rows[i].nr : most;
	return most;
}

static void put_sessions(FILE *out, const struct baseline_window *window)
{
	size_t i, k;

	for (i = 0; i < window->nr; i++) {
		const struct baseline_session *s = &window->sessions[i];

		fputs("  ", out);
		put_name(out, s->started, 22);
		put_name(out, *s->label ? s->label : "-", 24);
		put_name(out, s->host, 16);
		fprintf(out, "%2zu rounds  ", rounds_of(s));
		for (k = 0; k < s->nr_arms; k++) {
			fputs(k ? ", " : "", out);
			put_name(out, s->arms[k].arm, -1);
			fputs(s->arms[k].library[0] ? " (kept)" : "", out);
		}
		fputc('\n', out);
	}
}

/* The median over all sessions; NAN where there is no value. */
static double median_of(const struct baseline *b, size_t tape, const char *arm,
			const char *metric)
{
	double *all = NULL, median = NAN;
	size_t nr = 0, i;

	for (i = 0; i < b->window.nr; i++) {
		const struct baseline_row *row =
			baseline_row(b, &b->window.sessions[i], &b->tapes[tape],
				     arm, metric);
		double *grown =
			row ? reallocarray(all, nr + row->nr + 1, sizeof(*all))
			    : NULL;

		if (!grown)
			continue;
		all = grown;
		memcpy(all + nr, row->values, row->nr * sizeof(*all));
		nr += row->nr;
	}
	if (nr)
		median = stats_median(all, nr);
	free(all);
	return median;
}

static void put_tape(FILE *out, const struct baseline *b, size_t tape,
		     const struct baseline_session *newest)
{
	size_t nr, m, a;
	const struct metric *all = metrics_all(&nr);
	char text[32];

	fputs("tape ", out);
	put_name(out, b->tapes[tape].name, -1);
	fputs(": ", out);
	put_pairs(out, b->tapes[tape].options, b->tapes[tape].nr_options);
	fprintf(out, "  %-24s", "median");
	for (a = 0; a < newest->nr_arms; a++)
		put_name(out, newest->arms[a].arm, 16);
	fputc('\n', out);
	for (m = 0; m < nr; m++) {
		bool any = false;

		for (a = 0; a < newest->nr_arms && !any; a++)
			any = isfinite(median_of(b, tape, newest->arms[a].arm,
						 all[m].name));
		if (!any)
			continue;
		fprintf(out, "  %-24s", all[m].title);
		for (a = 0; a < newest->nr_arms; a++)
			fprintf(out, "%-16s",
				metric_format(&all[m],
					      median_of(b, tape,
							newest->arms[a].arm,
							all[m].name),
					      text, sizeof(text)));
		fputc('\n', out);
	}
}

void render_baseline_line(const struct baseline *b, FILE *out)
{
	const char *slash = strrchr(b->path, '/');
	const char *started =
		b->window.nr ? b->window.sessions[b->window.nr - 1].started
			     : "-";

	put_name(out, slash ? slash + 1 : b->path, 24);
	fprintf(out, " %2zu sessions, the newest of ", b->window.nr);
	put_name(out, started, -1);
	fputs("; against ", out);
	put_name(out, b->reference, -1);
	if (b->anchor_label[0]) {
		fputs("; anchor ", out);
		put_name(out, b->anchor_label, -1);
	}
	fputc('\n', out);
}

void render_baseline(const struct baseline *b, FILE *out)
{
	size_t i;

	put_name(out, b->path, -1);
	fputs(": against ", out);
	put_name(out, b->reference, -1);
	fputs("\nmachine: ", out);
	put_pairs(out, b->class, b->nr_class);
	fprintf(out, "%zu sessions\n", b->window.nr);
	put_sessions(out, &b->window);
	if (b->anchor_label[0]) {
		fputs("anchor ", out);
		put_name(out, b->anchor_label, -1);
		fprintf(out, ", %zu sessions\n", b->anchor.nr);
		put_sessions(out, &b->anchor);
	}
	for (i = 0; i < b->nr_tapes && b->window.nr; i++)
		put_tape(out, b, i, &b->window.sessions[b->window.nr - 1]);
}
