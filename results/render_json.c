// SPDX-License-Identifier: MIT
/* A comparison for scripts. Keys are only ever added. */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "results/comparison.h"
#include "results/render.h"
#include "results/result_calibration.h"
#include "results/text.h"
#include "results/verdict.h"
#include "traces/base/err.h"
#include "traces/base/version.h"

static json_t *number(double value)
{
	if (!isfinite(value))
		return json_null();
	if (value == floor(value) && fabs(value) < 1e15)
		return json_integer((json_int_t)value);
	return json_real(value);
}

static const char *verdict(const struct metric *metric,
			   const struct comparison_cell *cell)
{
	if (*cell->status && strcmp(cell->status, "ok") != 0)
		return cell->status;
	if (metric->role == METRIC_INFO)
		return "none";
	return stats_verdict_name(cell->outcome.verdict);
}

static json_t *cell_json(const struct comparison *cmp,
			 const struct comparison_tape *tape, size_t m, size_t i)
{
	const struct metric *metric = &cmp->metrics[m];
	const struct comparison_cell *cell = comparison_cell(cmp, tape, m, i);
	const struct stats_outcome *out = &cell->outcome;
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:I, s:f, "
		"s:f, s:f, s:f, s:f}",
		"tape", tape->tape->name, "arm", cmp->arms[i], "metric",
		metric->name, "unit", metric_unit_name(metric->unit), "median",
		number(cell->median), "mad", number(cell->mad), "ratio",
		number(out->ratio), "ratio_low", number(out->ratio_low),
		"ratio_high", number(out->ratio_high), "verdict",
		verdict(metric, cell), "n", (json_int_t)out->n, "threshold",
		metric->rule.threshold, "p_worse", out->p_worse, "p_better",
		out->p_better, "adjusted_worse", out->adjusted_worse,
		"adjusted_better", out->adjusted_better);

	if (json && out->verdict == STATS_UNCLEAR)
		json_object_set_new(
			json, "rounds_needed",
			json_integer((json_int_t)out->rounds_needed));
	return json;
}

/* Where the bytes of an arm are; null for what nobody tells. */
static int add_split(const struct comparison_tape *tape, const char *arm,
		     json_t *splits)
{
	double parts[SPLIT_PARTS];
	json_t *json;
	char key[48];
	int i;

	if (!comparison_split(tape, arm, parts))
		return 0;
	json = json_pack("{s:s, s:s, s:s}", "tape", tape->tape->name, "arm",
			 arm, "at", "peak");
	for (i = 0; i < SPLIT_PARTS; i++) {
		snprintf(key, sizeof(key), "%s_bytes",
			 i == SPLIT_RSS ? "rss" : result_split_name(i));
		json_object_set_new(json, key, number(parts[i]));
	}
	return json_array_append_new(splits, json);
}

static json_t *figures_json(const struct verdict_sentence *sentence)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < sentence->nr_figures; i++)
		json_array_append_new(list, json_string(sentence->figures[i]));
	return list;
}

/* Which arm fits the tape, in the order of telling. */
static int add_verdict(const struct comparison *cmp,
		       const struct comparison_tape *tape, json_t *verdicts,
		       struct err *err)
{
	struct verdict v;
	size_t i;
	int rc = verdict_of_tape(cmp, tape, &v, err);

	for (i = 0; i < v.nr && !rc; i++) {
		const struct verdict_sentence *s = &v.sentences[i];

		rc = json_array_append_new(
			verdicts,
			json_pack("{s:s, s:s, s:s?, s:s, s:o}", "tape",
				  tape->tape->name, "kind",
				  verdict_kind_name(s->kind), "arm",
				  s->arm < cmp->nr_arms ? cmp->arms[s->arm]
							: NULL,
				  "text", s->text, "figures", figures_json(s)));
	}
	verdict_release(&v);
	return rc;
}

/* What the machine was calibrated to; null without. */
static json_t *calibration_json(const struct comparison *cmp)
{
	const struct calibration *c = cmp->calibration;
	json_t *metrics = json_array();
	size_t i;

	if (!c) {
		json_decref(metrics);
		return json_null();
	}
	for (i = 0; i < cmp->nr_metrics; i++) {
		const struct calibration_entry *e = calibration_find(
			c, cmp->tapes[0].tape->name, cmp->metrics[i].name);

		if (e)
			json_array_append_new(
				metrics,
				json_pack("{s:s, s:f, s:f, s:I}", "metric",
					  e->metric, "noise_percent",
					  100 * e->noise, "smallest_percent",
					  100 * e->smallest, "n",
					  (json_int_t)e->n));
	}
	return json_pack("{s:s, s:o}", "arm", c->arm, "metrics", metrics);
}

static int add_round(const struct comparison_tape *tape, json_t *rounds)
{
	return json_array_append_new(
		rounds,
		json_pack("{s:s, s:I, s:I, s:I, s:I}", "tape", tape->tape->name,
			  "rounds", (json_int_t)tape->tape->nr_rounds,
			  "discarded", (json_int_t)tape->discarded, "disturbed",
			  (json_int_t)tape->disturbed, "min_rounds",
			  (json_int_t)tape->min_rounds));
}

static int add_means(const struct comparison *cmp, size_t m, json_t *means,
		     struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 1; i < cmp->nr_arms && !rc; i++) {
		struct stats_outcome out;

		rc = comparison_mean(cmp, m, i, &out, err);
		if (!rc)
			rc = json_array_append_new(
				means,
				json_pack("{s:s, s:s, s:o, s:o, s:o, s:I}",
					  "arm", cmp->arms[i], "metric",
					  cmp->metrics[m].name, "ratio",
					  number(out.ratio), "ratio_low",
					  number(out.ratio_low), "ratio_high",
					  number(out.ratio_high), "n",
					  (json_int_t)out.n));
	}
	return rc;
}

/* Append, and tell whether there was memory for it. */
static int add(json_t *list, json_t *item)
{
	return json_array_append_new(list, item);
}

static int add_tape(const struct comparison *cmp,
		    const struct comparison_tape *tape, json_t *cells,
		    json_t *failures, json_t *front, json_t *splits)
{
	size_t m, i;
	int rc = 0;

	for (m = 0; !rc && m < cmp->nr_metrics; m++)
		for (i = 0; !rc && i < cmp->nr_arms; i++)
			if (comparison_has_metric(cmp, m))
				rc = add(cells, cell_json(cmp, tape, m, i));
	for (i = 0; !rc && i < cmp->nr_arms; i++) {
		const struct comparison_arm *arm = &tape->arms[i];

		if (arm->failed)
			rc = add(failures,
				 json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, "
					   "s:I, s:I}",
					   "tape", tape->tape->name, "arm",
					   cmp->arms[i], "status",
					   arm->failure->status, "message",
					   arm->failure->message, "pass",
					   arm->failure->pass, "round",
					   (json_int_t)arm->failure_round,
					   "failed", (json_int_t)arm->failed,
					   "runs", (json_int_t)arm->runs));
		if (!rc)
			rc = add_split(tape, cmp->arms[i], splits);
		if (!rc && tape->front_known)
			rc = add(
				front,
				json_pack(
					"{s:s, s:s, s:b, s:s?}", "tape",
					tape->tape->name, "arm", cmp->arms[i],
					"front", arm->in_front, "dominated_by",
					arm->dominated_by == i
						? NULL
						: cmp->arms
							  [arm->dominated_by]));
	}
	return rc;
}

int render_json(const struct comparison *cmp, FILE *out, struct err *err)
{
	json_t *cells = json_array(), *failures = json_array(),
	       *front = json_array(), *splits = json_array(),
	       *verdicts = json_array(), *means = json_array(),
	       *rounds = json_array(), *root;
	size_t i;
	int rc = 0;

	for (i = 0; !rc && i < cmp->nr_tapes; i++)
		rc = add_tape(cmp, &cmp->tapes[i], cells, failures, front,
			      splits);
	for (i = 0; !rc && i < cmp->nr_tapes && cmp->nr_arms > 1; i++)
		rc = add_verdict(cmp, &cmp->tapes[i], verdicts, err);
	for (i = 0; !rc && i < cmp->nr_tapes; i++)
		rc = add_round(&cmp->tapes[i], rounds);
	for (i = 0; !rc && i < cmp->nr_metrics; i++)
		if (comparison_has_mean(cmp, i))
			rc = add_means(cmp, i, means, err);
	root = json_pack("{s:s, s:{s:s, s:s}, s:s, s:i, s:f, s:o, s:o, s:o, "
			 "s:o, s:o, s:o, s:o, s:o}",
			 "schema", "heaptape-compare/1", "tool", "name",
			 "heaptape", "version", HEAPTAPE_VERSION, "base",
			 cmp->arms[0], "looks", (int)cmp->looks, "alpha",
			 cmp->alpha, "cells", cells, "failures", failures,
			 "pareto", front, "splits", splits, "verdicts",
			 verdicts, "means", means, "rounds", rounds,
			 "calibration", calibration_json(cmp));
	if (rc || !root) {
		json_decref(root);
		return err_set(err, ERR_NOMEM, 0,
			       "out of memory for the comparison");
	}
	rc = json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	json_decref(root);
	if (rc || fputc('\n', out) == EOF)
		return err_set(err, ERR_IO, 0, "cannot write the comparison");
	return 0;
}
