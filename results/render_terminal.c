// SPDX-License-Identifier: MIT
/*
 * A comparison as tables for a terminal: per tape the metrics as rows, the
 * arms as columns, in as many tables as the width needs. Every colour doubles
 * a word.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/comparison.h"
#include "results/render.h"
#include "results/term_notes.h"
#include "results/term_text.h"
#include "results/text.h"

#define GAP 2

/* The parts of a cell, with the widths they need in their column. */
struct cell_text {
	char change[24], half[32], verdict[32];
};

struct column {
	size_t arm;
	const char *name;
	size_t change, half, verdict; /* widths */
};

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t column_width(const struct column *column)
{
	size_t cells = column->change + 1 + column->half + 1 + column->verdict;

	return larger(cells, term_width(column->name));
}

/* A mere number stands where a change would be. */
static void format_cell(const struct comparison *cmp,
			const struct comparison_tape *tape, size_t m,
			size_t arm, bool bounds, struct cell_text *text)
{
	const struct comparison_cell *cell = comparison_cell(cmp, tape, m, arm);
	const struct metric *metric = &cmp->metrics[m];

	memset(text, 0, sizeof(*text));
	text_verdict(metric, cell, text->verdict, sizeof(text->verdict));
	if (metric->role == METRIC_INFO && isfinite(cell->median)) {
		metric_format(metric, cell->median, text->change,
			      sizeof(text->change));
		return;
	}
	text_change(cell, text->change, sizeof(text->change));
	if (!*text->change)
		return;
	if (bounds)
		text_interval(cell, text->half, sizeof(text->half));
	else
		text_half_width(cell, text->half, sizeof(text->half));
}

static void measure_column(const struct comparison *cmp,
			   const struct comparison_tape *tape, size_t arm,
			   bool bounds, struct column *column)
{
	size_t m;

	memset(column, 0, sizeof(*column));
	column->arm = arm;
	column->name = cmp->labels[arm];
	for (m = 0; m < cmp->nr_metrics; m++) {
		struct cell_text text;

		if (!comparison_tape_has_metric(cmp, tape, m))
			continue;
		format_cell(cmp, tape, m, arm, bounds, &text);
		column->change = larger(column->change, strlen(text.change));
		column->half = larger(column->half, strlen(text.half));
		column->verdict = larger(column->verdict, strlen(text.verdict));
	}
}

static const char *colour_of(const char *verdict)
{
	if (!strcmp(verdict, "BETTER"))
		return "\033[32m";
	if (!strcmp(verdict, "WORSE") || !strcmp(verdict, "crashed") ||
	    !strcmp(verdict, "failed") || !strcmp(verdict, "timeout"))
		return "\033[31m";
	if (!strncmp(verdict, "unclear", 7))
		return "\033[33m";
	return "";
}

static void put(const struct terminal *t, const char *text, size_t width)
{
	size_t used = term_width(text);

	fprintf(t->out, "%*s%s", (int)(width > used ? width - used : 0), "",
		text);
}

static void put_left(const struct terminal *t, const char *text, size_t width)
{
	size_t used = term_width(text);

	fprintf(t->out, "%s%*s", text, (int)(width > used ? width - used : 0),
		"");
}

static void print_cell(const struct terminal *t,
		       const struct comparison_tape *tape, size_t m,
		       const struct column *column, bool last)
{
	struct cell_text text;
	const char *colour = "";
	size_t pad = column_width(column) - column->change - column->half -
		     column->verdict - 2;

	format_cell(t->cmp, tape, m, column->arm, t->bounds, &text);
	fprintf(t->out, "%*s", GAP, "");
	put(t, text.change, column->change);
	fputc(' ', t->out);
	put(t, text.half, column->half);
	fputc(' ', t->out);
	if (t->colour)
		colour = colour_of(text.verdict);
	fputs(colour, t->out);
	put_left(t, text.verdict, last ? 0 : column->verdict);
	if (*colour)
		fputs("\033[0m", t->out);
	if (!last)
		fprintf(t->out, "%*s", (int)pad, "");
}

/* The columns that every table begins with. */
struct lead {
	size_t title, base;
	const char *name;
};

static void format_base(const struct comparison *cmp,
			const struct comparison_tape *tape, size_t m, char *buf,
			size_t len)
{
	const struct comparison_cell *cell = comparison_cell(cmp, tape, m, 0);

	if (isfinite(cell->median))
		metric_format(&cmp->metrics[m], cell->median, buf, len);
	else
		text_verdict(&cmp->metrics[m], cell, buf, len);
}

static void measure_lead(const struct comparison *cmp,
			 const struct comparison_tape *tape, struct lead *lead)
{
	char text[64];
	size_t m;

	lead->name = cmp->labels[0];
	lead->title = strlen("metric");
	lead->base = term_width(lead->name);
	for (m = 0; m < cmp->nr_metrics; m++) {
		if (!comparison_tape_has_metric(cmp, tape, m))
			continue;
		lead->title =
			larger(lead->title, strlen(cmp->metrics[m].title));
		format_base(cmp, tape, m, text, sizeof(text));
		lead->base = larger(lead->base, strlen(text));
	}
}

static void print_header(const struct terminal *t, const struct lead *lead,
			 const struct column *columns, size_t nr)
{
	size_t i;

	put_left(t, "metric", lead->title);
	fprintf(t->out, "%*s", GAP, "");
	put(t, lead->name, lead->base);
	for (i = 0; i < nr; i++) {
		fprintf(t->out, "%*s", GAP, "");
		put_left(t, columns[i].name,
			 i + 1 == nr ? 0 : column_width(&columns[i]));
	}
	fputc('\n', t->out);
}

static void print_rows(const struct terminal *t,
		       const struct comparison_tape *tape,
		       const struct lead *lead, const struct column *columns,
		       size_t nr)
{
	char text[64];
	size_t m, i;

	for (m = 0; m < t->cmp->nr_metrics; m++) {
		if (!comparison_tape_has_metric(t->cmp, tape, m))
			continue;
		put_left(t, t->cmp->metrics[m].title, lead->title);
		fprintf(t->out, "%*s", GAP, "");
		format_base(t->cmp, tape, m, text, sizeof(text));
		put(t, text, lead->base);
		for (i = 0; i < nr; i++)
			print_cell(t, tape, m, &columns[i], i + 1 == nr);
		fputc('\n', t->out);
	}
}

/* As many arms per table as the width takes, at least one. */
static void print_tables(const struct terminal *t,
			 const struct comparison_tape *tape)
{
	struct column columns[32];
	struct lead lead;
	size_t arm = 1;

	measure_lead(t->cmp, tape, &lead);
	do {
		size_t width = lead.title + lead.base + GAP;
		size_t nr = 0;

		while (nr < 32 && arm < t->cmp->nr_arms) {
			measure_column(t->cmp, tape, arm, t->bounds,
				       &columns[nr]);
			width += GAP + column_width(&columns[nr]);
			if (nr && width > t->columns)
				break;
			nr++;
			arm++;
		}
		print_header(t, &lead, columns, nr);
		print_rows(t, tape, &lead, columns, nr);
		if (arm < t->cmp->nr_arms)
			fputc('\n', t->out);
	} while (arm < t->cmp->nr_arms);
}

int render_terminal(const struct comparison *cmp, FILE *out, unsigned columns,
		    bool colour, bool bounds, struct err *err)
{
	const struct terminal t = { cmp, out, columns, colour, bounds };
	size_t i;
	int rc = 0;

	for (i = 0; i < cmp->nr_tapes && !rc; i++) {
		if (i)
			fputc('\n', out);
		term_print_head(&t, &cmp->tapes[i]);
		print_tables(&t, &cmp->tapes[i]);
		term_print_notes(&t, &cmp->tapes[i]);
		term_print_split(&t, &cmp->tapes[i]);
		if (cmp->nr_arms > 1)
			rc = term_print_verdict(&t, &cmp->tapes[i], err);
	}
	if (!rc && cmp->nr_tapes > 1 && cmp->nr_arms > 1)
		rc = term_print_means(&t, err);
	if (!rc)
		term_print_calibration(&t);
	if (!rc)
		term_print_legend(&t);
	return rc;
}
