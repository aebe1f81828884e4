// SPDX-License-Identifier: MIT
/*
 * A comparison as Markdown for a comment or a step's summary: per tape the
 * table, what failed, which arm fits. Words carry the meaning, no colours.
 */
#include <math.h>
#include <string.h>

#include "results/comparison.h"
#include "results/markdown.h"
#include "results/render.h"
#include "results/text.h"
#include "results/verdict.h"
#include "traces/base/err.h"

static void put_head(const struct comparison *cmp, FILE *out)
{
	size_t i;

	fputs("| metric |", out);
	for (i = 0; i < cmp->nr_arms; i++) {
		fputc(' ', out);
		markdown_text(out, cmp->labels[i]);
		fputs(i ? " |" : " (base) |", out);
	}
	fputs("\n|:--|", out);
	for (i = 0; i < cmp->nr_arms; i++)
		fputs("--:|", out);
	fputc('\n', out);
}

/* " -14.9 % [-15.5, -14.3] **BETTER** |" */
static void put_outcome(FILE *out, const struct comparison_cell *cell,
			const struct metric *metric)
{
	char change[32], interval[64], word[48];

	text_change(cell, change, sizeof(change));
	text_interval(cell, interval, sizeof(interval));
	text_verdict(metric, cell, word, sizeof(word));
	if (metric->role == METRIC_INFO || !cell->outcome.n)
		*change = *interval = '\0';
	if (metric->role == METRIC_INFO && isfinite(cell->median))
		metric_format(metric, cell->median, change, sizeof(change));
	fprintf(out, " %s%s%s%s", change, *interval ? " " : "", interval,
		*word && *change ? " " : "");
	if (!strcmp(word, "WORSE") || !strcmp(word, "BETTER"))
		fprintf(out, "**%s** |", word);
	else
		fprintf(out, "%s |", word);
}

static void put_row(const struct comparison *cmp,
		    const struct comparison_tape *tape, size_t m, FILE *out)
{
	const struct comparison_cell *base = comparison_cell(cmp, tape, m, 0);
	char text[64];
	size_t i;

	fprintf(out, "| %s |", cmp->metrics[m].title);
	if (isfinite(base->median))
		metric_format(&cmp->metrics[m], base->median, text,
			      sizeof(text));
	else
		text_verdict(&cmp->metrics[m], base, text, sizeof(text));
	fprintf(out, " %s |", text);
	for (i = 1; i < cmp->nr_arms; i++)
		put_outcome(out, comparison_cell(cmp, tape, m, i),
			    &cmp->metrics[m]);
	fputc('\n', out);
}

static void put_notes(const struct comparison *cmp,
		      const struct comparison_tape *tape, FILE *out)
{
	char text[1024], metrics[160];
	size_t i;

	for (i = 0; i < cmp->nr_arms; i++) {
		if (!tape->arms[i].failed)
			continue;
		fputs("\n**failed**: ", out);
		markdown_text(out, cmp->labels[i]);
		fputc(' ', out);
		markdown_text(out,
			      text_failure(&tape->arms[i], text, sizeof(text)));
		fputc('\n', out);
	}
	for (i = 0; i < cmp->nr_arms; i++) {
		if (!tape->arms[i].other)
			continue;
		fputs("\n**not comparable**: the rounds of ", out);
		markdown_text(out, cmp->labels[i]);
		fputs(" are ", out);
		markdown_text(out,
			      text_builds(&tape->arms[i], text, sizeof(text)));
		fputc('\n', out);
	}
	if (!tape->front_known)
		return;
	fprintf(out, "\nPareto front (%s): ",
		text_front_metrics(cmp, tape, metrics, sizeof(metrics)));
	markdown_text(out, text_front(cmp, tape, text, sizeof(text)));
	fputs(".\n", out);
}

static int put_verdict(const struct comparison *cmp,
		       const struct comparison_tape *tape, FILE *out,
		       struct err *err)
{
	struct verdict v;
	size_t i, k;
	int rc = verdict_of_tape(cmp, tape, &v, err);

	if (!rc && v.nr)
		fputs("\nWhich one, and why:\n\n", out);
	for (i = 0; i < v.nr && !rc; i++) {
		fputs("- ", out);
		markdown_text(out, v.sentences[i].text);
		fputc('\n', out);
		for (k = 0; k < v.sentences[i].nr_figures; k++) {
			fputs("  - ", out);
			markdown_text(out, v.sentences[i].figures[k]);
			fputc('\n', out);
		}
	}
	verdict_release(&v);
	return rc;
}

static int put_tape(const struct comparison *cmp,
		    const struct comparison_tape *tape, FILE *out,
		    struct err *err)
{
	size_t m;

	fputs("### ", out);
	markdown_text(out, tape->tape->name);
	fprintf(out, "\n\n%zu round%s x %zu arms", tape->tape->nr_rounds,
		tape->tape->nr_rounds == 1 ? "" : "s", cmp->nr_arms);
	if (tape->discarded || tape->disturbed)
		fprintf(out, ", %zu discarded, %zu disturbed", tape->discarded,
			tape->disturbed);
	fputs("\n\n", out);
	put_head(cmp, out);
	for (m = 0; m < cmp->nr_metrics; m++)
		if (comparison_tape_has_metric(cmp, tape, m))
			put_row(cmp, tape, m, out);
	put_notes(cmp, tape, out);
	return cmp->nr_arms > 1 ? put_verdict(cmp, tape, out, err) : 0;
}

static int put_means(const struct comparison *cmp, FILE *out, struct err *err)
{
	size_t m, i;
	int rc = 0;

	fprintf(out, "\n### Geometric mean over %zu tapes\n\n", cmp->nr_tapes);
	put_head(cmp, out);
	for (m = 0; m < cmp->nr_metrics && !rc; m++) {
		if (!comparison_has_mean(cmp, m))
			continue;
		fprintf(out, "| %s | 1 |", cmp->metrics[m].title);
		for (i = 1; i < cmp->nr_arms && !rc; i++) {
			struct comparison_cell cell = { .status = "" };
			char change[32], interval[64];

			rc = comparison_mean(cmp, m, i, &cell.outcome, err);
			fprintf(out, " %s %s |",
				text_change(&cell, change, sizeof(change)),
				text_interval(&cell, interval,
					      sizeof(interval)));
		}
		fputc('\n', out);
	}
	return rc;
}

int render_markdown(const struct comparison *cmp, FILE *out, struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < cmp->nr_tapes && !rc; i++) {
		fputs(i ? "\n" : "", out);
		rc = put_tape(cmp, &cmp->tapes[i], out, err);
	}
	if (!rc && cmp->nr_tapes > 1 && cmp->nr_arms > 1)
		rc = put_means(cmp, out, err);
	if (!rc && cmp->nr_arms > 1)
		fputs("\nChanges against the base with 95 % intervals. BETTER "
		      "and WORSE are beyond the metric's limit, same is within "
		      "it; unclear(N): about N rounds would decide.\n",
		      out);
	return rc;
}
