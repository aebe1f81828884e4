// SPDX-License-Identifier: MIT
/* The geometric means over the tapes, as a table for a terminal. */
#include <stdio.h>

#include "results/comparison.h"
#include "results/term_notes.h"
#include "results/term_text.h"
#include "results/text.h"

#define TITLE 24
#define WIDTH 26

static void put(const struct terminal *t, const char *text)
{
	size_t used = term_width(text);

	fprintf(t->out, "  %s%*s", text, (int)(used < WIDTH ? WIDTH - used : 0),
		"");
}

/* The arms from first to before last. */
static int print_row(const struct terminal *t, size_t m, size_t first,
		     size_t last, struct err *err)
{
	const char *title = t->cmp->metrics[m].title;
	size_t i;
	int rc = 0;

	fprintf(t->out, "%-*s", TITLE, title);
	for (i = first; i < last && !rc; i++) {
		struct comparison_cell cell = { .status = "" };
		char change[32], interval[64], text[128];

		rc = comparison_mean(t->cmp, m, i, &cell.outcome, err);
		snprintf(text, sizeof(text), "%s %s",
			 cell.outcome.n
				 ? text_change(&cell, change, sizeof(change))
				 : "n/a",
			 text_interval(&cell, interval, sizeof(interval)));
		put(t, text);
	}
	fputc('\n', t->out);
	return rc;
}

static int print_table(const struct terminal *t, size_t first, size_t last,
		       struct err *err)
{
	size_t i;
	int rc = 0;

	fprintf(t->out, "%-*s", TITLE, "metric");
	for (i = first; i < last; i++)
		put(t, t->cmp->labels[i]);
	fputc('\n', t->out);
	for (i = 0; i < t->cmp->nr_metrics && !rc; i++)
		if (comparison_has_mean(t->cmp, i))
			rc = print_row(t, i, first, last, err);
	return rc;
}

int term_print_means(const struct terminal *t, struct err *err)
{
	size_t fit = t->columns > TITLE + 2 * (WIDTH + 2)
			     ? (t->columns - TITLE) / (WIDTH + 2)
			     : 1;
	size_t first;
	int rc = 0;

	fprintf(t->out,
		"\nGeometric mean over %zu tapes, against %s, with 95 %% "
		"intervals\n",
		t->cmp->nr_tapes, t->cmp->labels[0]);
	for (first = 1; first < t->cmp->nr_arms && !rc; first += fit) {
		size_t last = first + fit;

		if (last > t->cmp->nr_arms)
			last = t->cmp->nr_arms;
		rc = print_table(t, first, last, err);
	}
	return rc;
}
