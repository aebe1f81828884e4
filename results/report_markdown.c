// SPDX-License-Identifier: MIT
/* Rows that do not fit are counted, never dropped without a word. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "results/comparison.h"
#include "results/markdown.h"
#include "results/report_markdown.h"
#include "results/summary.h"
#include "results/text.h"
#include "traces/base/err.h"
#include "traces/base/version.h"

#define MAX_ROWS 60
#define FOOT     2500 /* bytes kept for what follows the matrix */
#define MAX_ARMS 40   /* of a table that a reader can still follow */

static void put_arms(const struct comparison *cmp, FILE *out)
{
	char text[1024];
	size_t i;

	fputs("| arm | verdict | against the base |\n|---|---|---|\n", out);
	for (i = 0; i < cmp->nr_arms && i < MAX_ARMS; i++) {
		enum summary_kind kind = summary_kind(cmp, i);
		bool failed = kind == SUMMARY_FAILED;

		fputs("| ", out);
		markdown_text(out, cmp->labels[i]);
		fprintf(out, " | **%s** | ",
			i || failed ? summary_word(kind) : "BASE");
		if (i && !failed)
			markdown_text(out, summary_sentence(cmp, i, text,
							    sizeof(text)));
		fputs(" |\n", out);
	}
	fputc('\n', out);
	if (cmp->nr_arms > MAX_ARMS)
		fprintf(out, "%d of %zu arms are shown.\n\n", MAX_ARMS,
			cmp->nr_arms);
}

static void put_failures(const struct comparison *cmp, FILE *out)
{
	char text[512];
	size_t nr = 0, i, k;

	for (i = 0; i < cmp->nr_tapes; i++)
		for (k = 0; k < cmp->nr_arms; k++) {
			const struct comparison_arm *arm =
				&cmp->tapes[i].arms[k];

			if (!arm->failed || nr++ >= MAX_ROWS)
				continue;
			if (nr == 1)
				fputs("| arm | tape | what happened |\n"
				      "|---|---|---|\n",
				      out);
			fputs("| ", out);
			markdown_text(out, cmp->labels[k]);
			fputs(" | ", out);
			markdown_text(out, cmp->tapes[i].tape->name);
			fputs(" | ", out);
			markdown_text(out,
				      text_failure(arm, text, sizeof(text)));
			fputs(" |\n", out);
		}
	if (nr > MAX_ROWS)
		fprintf(out, "\n%d of %zu failures are shown.\n", MAX_ROWS, nr);
	fputs(nr ? "\n" : "", out);
}

static void put_cell(const struct comparison *cmp,
		     const struct comparison_tape *tape, size_t m, size_t arm,
		     FILE *out)
{
	const struct comparison_cell *cell = comparison_cell(cmp, tape, m, arm);
	char text[64];

	fputs(" | ", out);
	if (!arm && isfinite(cell->median)) {
		fputs(metric_format(&cmp->metrics[m], cell->median, text,
				    sizeof(text)),
		      out);
		return;
	}
	if (cell->outcome.n && arm) {
		fputs(text_change(cell, text, sizeof(text)), out);
		fprintf(out, " %s ", text_half_width(cell, text, sizeof(text)));
	}
	markdown_text(out,
		      text_verdict(&cmp->metrics[m], cell, text, sizeof(text)));
}

static void put_row(const struct comparison *cmp,
		    const struct comparison_tape *tape, size_t m, FILE *out)
{
	size_t i;

	fputs("| ", out);
	markdown_text(out, tape->tape->name);
	fprintf(out, " | %s", cmp->metrics[m].title);
	for (i = 0; i < cmp->nr_arms && i < MAX_ARMS; i++)
		put_cell(cmp, tape, m, i, out);
	fputs(" |\n", out);
}

static void put_matrix(const struct comparison *cmp, size_t limit, FILE *out)
{
	size_t shown = 0, all = 0, i, k;

	fputs("<details><summary>The changes, tape by tape</summary>\n\n"
	      "| tape | metric",
	      out);
	for (i = 0; i < cmp->nr_arms && i < MAX_ARMS; i++) {
		fputs(" | ", out);
		markdown_text(out, cmp->labels[i]);
	}
	fputs(" |\n|---|---", out);
	for (i = 0; i < cmp->nr_arms && i < MAX_ARMS; i++)
		fputs("|---:", out);
	fputs("|\n", out);
	for (i = 0; i < cmp->nr_tapes; i++)
		for (k = 0; k < cmp->tapes[i].nr_front; k++) {
			char *row = NULL;
			size_t len = 0;
			FILE *text = open_memstream(&row, &len);

			if (!text)
				continue;
			put_row(cmp, &cmp->tapes[i], cmp->tapes[i].front[k],
				text);
			fclose(text);
			all++;
			if (shown < MAX_ROWS &&
			    (size_t)ftell(out) + len + FOOT < limit) {
				fwrite(row, 1, len, out);
				shown++;
			}
			free(row);
		}
	if (shown < all)
		fprintf(out, "\n%zu of %zu rows are shown.\n", shown, all);
	fputs("\n</details>\n\n", out);
}

static void put_foot(const struct comparison *cmp, const char *page, FILE *out)
{
	static const char *const keys[] = { "host", "cpu", "kernel", "libc" };
	const struct campaign_tape *tape = cmp->tapes[0].tape;
	size_t i;

	fprintf(out, "heaptape %s, %zu round%s", HEAPTAPE_VERSION,
		tape->nr_rounds, tape->nr_rounds == 1 ? "" : "s");
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value =
			campaign_environment(tape->rounds[0], keys[i]);

		if (!value)
			continue;
		fprintf(out, ", %s ", keys[i]);
		markdown_text(out, value);
	}
	fputs(".", out);
	if (page) {
		fputs(" The figures are in ", out);
		markdown_text(out, page);
		fputs(".", out);
	}
	fputc('\n', out);
}

int report_markdown(const struct comparison *cmp, const char *title,
		    const char *page, size_t limit, FILE *out, struct err *err)
{
	char *text = NULL;
	size_t len = 0;
	FILE *buffer = open_memstream(&text, &len);

	if (!buffer)
		return err_set(err, ERR_NOMEM, 0, "out of memory for Markdown");
	fputs("## ", buffer);
	markdown_text(buffer, title);
	fputs("\n\n", buffer);
	put_arms(cmp, buffer);
	put_failures(cmp, buffer);
	put_matrix(cmp, limit, buffer);
	put_foot(cmp, page, buffer);
	fclose(buffer);
	fwrite(text, 1, len, out);
	free(text);
	if (ferror(out))
		return err_set(err, ERR_IO, 0, "cannot write Markdown");
	return 0;
}
