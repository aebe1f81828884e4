// SPDX-License-Identifier: MIT
/*
 * A comparison as comma-separated values, RFC 4180: one row per cell, units in
 * their own column, numbers bare. Names that a spreadsheet would take for a
 * formula get an apostrophe before them.
 */
#include <math.h>
#include <string.h>

#include "results/comparison.h"
#include "results/render.h"
#include "results/text.h"
#include "traces/base/err.h"

static void put_text(FILE *out, const char *text)
{
	fputc('"', out);
	if (*text && strchr("=+-@\t\r", *text))
		fputc('\'', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text == '\n' || *text == '\r' ? ' ' : *text, out);
	}
	fputc('"', out);
}

/* An empty field where there is no number. */
static void put_number(FILE *out, double value)
{
	fputc(',', out);
	if (isfinite(value))
		fprintf(out, "%.12g", value);
}

static void put_outcome(FILE *out, const struct stats_outcome *o,
			double threshold, const char *word)
{
	put_number(out, 100 * (o->ratio - 1));
	put_number(out, 100 * (o->ratio_low - 1));
	put_number(out, 100 * (o->ratio_high - 1));
	put_number(out, 100 * threshold);
	put_number(out, o->n ? o->adjusted_worse : NAN);
	put_number(out, o->n ? o->adjusted_better : NAN);
	fprintf(out, ",%zu,%s\r\n", o->n, word);
}

static void put_row(const struct comparison *cmp,
		    const struct comparison_tape *tape, size_t m, size_t i,
		    FILE *out)
{
	const struct comparison_cell *cell = comparison_cell(cmp, tape, m, i);
	const struct metric *metric = &cmp->metrics[m];
	char word[48];

	put_text(out, tape->tape->name);
	fputc(',', out);
	put_text(out, cmp->arms[i]);
	fprintf(out, ",%s,%s", metric->name, metric_unit_name(metric->unit));
	put_number(out, cell->median);
	put_number(out, cell->mad);
	put_outcome(out, &cell->outcome, metric->rule.threshold,
		    text_verdict(metric, cell, word, sizeof(word)));
}

static int put_mean(const struct comparison *cmp, size_t m, size_t i, FILE *out,
		    struct err *err)
{
	struct stats_outcome mean;
	int rc = comparison_mean(cmp, m, i, &mean, err);

	if (rc || !mean.n)
		return rc;
	fputs("(geometric mean),", out);
	put_text(out, cmp->arms[i]);
	fprintf(out, ",%s,ratio,,", cmp->metrics[m].name);
	put_outcome(out, &mean, cmp->metrics[m].rule.threshold, "");
	return 0;
}

int render_csv(const struct comparison *cmp, FILE *out, struct err *err)
{
	size_t t, m, i;
	int rc = 0;

	fputs("tape,arm,metric,unit,median,mad,change_percent,low_percent,"
	      "high_percent,threshold_percent,adjusted_worse,adjusted_better,"
	      "pairs,verdict\r\n",
	      out);
	for (t = 0; t < cmp->nr_tapes; t++)
		for (m = 0; m < cmp->nr_metrics; m++)
			for (i = 0; i < cmp->nr_arms; i++)
				if (comparison_tape_has_metric(
					    cmp, &cmp->tapes[t], m))
					put_row(cmp, &cmp->tapes[t], m, i, out);
	for (m = 0; m < cmp->nr_metrics && cmp->nr_tapes > 1; m++)
		for (i = 1; i < cmp->nr_arms && !rc; i++)
			if (cmp->metrics[m].role != METRIC_INFO)
				rc = put_mean(cmp, m, i, out, err);
	return rc;
}
