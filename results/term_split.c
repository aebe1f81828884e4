// SPDX-License-Identifier: MIT
/* Where the bytes are, as a table for a terminal: the arms as rows. */
#include <math.h>
#include <stdio.h>

#include "results/comparison.h"
#include "results/term_notes.h"
#include "results/term_text.h"

#define MIB       1048576.0
#define MAX_LABEL 24

static void print_row(const struct terminal *t, const char *label,
		      const double parts[SPLIT_PARTS])
{
	char name[COMPARISON_LABEL];
	int i;

	term_clean(label, MAX_LABEL, name, sizeof(name));
	fprintf(t->out, "%s%*s", name, (int)(MAX_LABEL - term_width(name)), "");
	for (i = 0; i < SPLIT_PARTS; i++) {
		int width = (int)term_width(result_split_name(i)) + 2;

		width = width > 8 ? width : 8;
		if (isfinite(parts[i]))
			fprintf(t->out, "%*.2f", width, parts[i] / MIB);
		else
			fprintf(t->out, "%*s", width, "-");
	}
	fputc('\n', t->out);
}

static void print_head(const struct terminal *t)
{
	int i;

	fprintf(t->out,
		"\nWhere the bytes are at the peak of live bytes, in MiB "
		"(-: the allocator does not tell)\n%-*s",
		MAX_LABEL, "arm");
	for (i = 0; i < SPLIT_PARTS; i++) {
		int width = (int)term_width(result_split_name(i)) + 2;

		fprintf(t->out, "%*s", width > 8 ? width : 8,
			result_split_name(i));
	}
	fputc('\n', t->out);
}

void term_print_split(const struct terminal *t,
		      const struct comparison_tape *tape)
{
	double parts[SPLIT_PARTS];
	bool begun = false;
	size_t i;

	for (i = 0; i < t->cmp->nr_arms; i++) {
		if (!comparison_split(tape, t->cmp->arms[i], parts))
			continue;
		if (!begun)
			print_head(t);
		print_row(t, t->cmp->labels[i], parts);
		begun = true;
	}
}
