// SPDX-License-Identifier: MIT
/*
 * The numbers of the page once more, for its script, which makes CSV and JSON
 * files of them. Rows hold indices into lists of names, to stay small.
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/report.h"
#include "results/text.h"

#define DIGITS 7

static json_t *number(double value)
{
	if (!isfinite(value))
		return json_null();
	if (value == floor(value) && fabs(value) < 1e15)
		return json_integer((json_int_t)value);
	return json_real(value);
}

static json_t *row(const struct comparison *cmp, size_t tape, size_t metric,
		   size_t arm)
{
	const struct comparison_cell *cell =
		comparison_cell(cmp, &cmp->tapes[tape], metric, arm);
	bool compared = arm && cell->outcome.n;
	char verdict[64];

	text_verdict(&cmp->metrics[metric], cell, verdict, sizeof(verdict));
	return json_pack("[I, I, I, o, o, o, o, I, s]", (json_int_t)tape,
			 (json_int_t)arm, (json_int_t)metric,
			 number(cell->median),
			 number(compared ? cell->outcome.ratio : NAN),
			 number(compared ? cell->outcome.ratio_low : NAN),
			 number(compared ? cell->outcome.ratio_high : NAN),
			 (json_int_t)(compared ? cell->outcome.n : 0),
			 arm ? verdict : "base");
}

static json_t *rows(const struct comparison *cmp)
{
	json_t *list = json_array();
	size_t i, m, k;

	for (i = 0; i < cmp->nr_tapes; i++)
		for (m = 0; m < cmp->nr_metrics; m++) {
			if (!comparison_tape_has_metric(cmp, &cmp->tapes[i], m))
				continue;
			for (k = 0; k < cmp->nr_arms; k++)
				json_array_append_new(list, row(cmp, i, m, k));
		}
	return list;
}

static json_t *document(const struct comparison *cmp)
{
	json_t *tapes = json_array(), *arms = json_array();
	json_t *metrics = json_array();
	size_t i;

	for (i = 0; i < cmp->nr_tapes; i++)
		json_array_append_new(tapes,
				      json_string(cmp->tapes[i].tape->name));
	for (i = 0; i < cmp->nr_arms; i++)
		json_array_append_new(arms, json_string(cmp->arms[i]));
	for (i = 0; i < cmp->nr_metrics; i++)
		json_array_append_new(metrics,
				      json_string(cmp->metrics[i].name));
	return json_pack("{s:s, s:o, s:o, s:o, s:[s,s,s,s,s,s,s,s,s], s:o}",
			 "schema", "heaptape-report/1", "tapes", tapes, "arms",
			 arms, "metrics", metrics, "columns", "tape", "arm",
			 "metric", "median", "ratio", "ratio_low", "ratio_high",
			 "rounds", "verdict", "rows", rows(cmp));
}

/* Nothing in it may end the element or begin another. */
static void put_inert(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '<' || *text == '>' || *text == '&')
			fprintf(out, "\\u%04x", (unsigned)*text);
		else
			fputc(*text, out);
}

int html_data(struct report *report, struct err *err)
{
	json_t *json = document(report->cmp);
	/* All but ASCII is escaped: U+2028 and U+2029 as well. */
	char *text =
		json ? json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII |
						JSON_REAL_PRECISION(DIGITS))
		     : NULL;

	json_decref(json);
	if (!text)
		return err_set(err, ERR_NOMEM, 0,
			       "out of memory for the numbers of the page");
	fputs("<script type=\"application/json\" id=\"data\">", report->out);
	put_inert(report->out, text);
	fputs("</script>\n", report->out);
	free(text);
	return 0;
}
