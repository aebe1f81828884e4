// SPDX-License-Identifier: MIT
/* The gate for scripts. Keys are only ever added. */
#include <jansson.h>
#include <math.h>

#include "results/baseline.h"
#include "results/gate.h"
#include "results/render_gate.h"
#include "traces/base/err.h"
#include "traces/base/version.h"

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *check_json(const struct gate_check *check)
{
	const struct stats_outcome *out = &check->outcome;
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:I}",
		"tape", check->tape, "arm", check->arm, "metric",
		check->metric->name, "kind", gate_check_kind(check), "state",
		gate_state_name(check->state), "message", check->message,
		"median", number(check->cell->median), "base_median",
		number(check->base->median), "ratio", number(out->ratio),
		"ratio_low", number(out->ratio_low), "ratio_high",
		number(out->ratio_high), "n", (json_int_t)out->n);

	if (!json)
		return NULL;
	json_object_set_new(json, "threshold",
			    number(check->metric->rule.threshold));
	json_object_set_new(json, "p",
			    number(check->budget ? NAN : out->p_worse));
	json_object_set_new(json, "p_adjusted",
			    number(check->budget ? NAN : out->adjusted_worse));
	json_object_set_new(json, "confirmed", json_boolean(check->confirmed));
	if (check->window)
		json_object_set_new(
			json, "stored",
			json_pack("{s:I, s:I, s:I}", "n_before",
				  (json_int_t)out->nr_base, "sessions_before",
				  (json_int_t)check->sessions_before,
				  "sessions_now",
				  (json_int_t)check->sessions_now));
	if (check->budget) {
		json_object_set_new(json, "budget",
				    json_string(check->budget->text));
		json_object_set_new(json, "limit",
				    number(check->budget->limit));
		json_object_set_new(json, "median_at_least",
				    number(check->bound));
	}
	return json;
}

static json_t *baseline_json(const struct baseline *b)
{
	return json_pack("{s:s, s:I, s:s*}", "path", b->path, "sessions",
			 (json_int_t)b->window.nr, "anchor",
			 b->anchor_label[0] ? b->anchor_label : NULL);
}

static json_t *notes_json(const struct gate *gate)
{
	json_t *notes = json_array();
	size_t i;

	for (i = 0; i < gate->nr_notes; i++)
		json_array_append_new(notes, json_string(gate->notes[i]));
	return notes;
}

int render_gate_json(const struct gate *gate, FILE *out, struct err *err)
{
	json_t *checks = json_array(), *counts = json_object(), *root;
	size_t i;
	int rc = 0;

	for (i = 0; i < gate->nr_checks && !rc; i++)
		rc = json_array_append_new(checks,
					   check_json(&gate->checks[i]));
	for (i = 0; i < GATE_STATES && !rc; i++)
		rc = json_object_set_new(counts,
					 gate_state_name((enum gate_state)i),
					 json_integer((json_int_t)gate->nr[i]));
	root = json_pack("{s:s, s:{s:s, s:s}, s:s, s:i, s:s, s:b, s:I, s:o, "
			 "s:o}",
			 "schema", "heaptape-gate/1", "tool", "name",
			 "heaptape", "version", HEAPTAPE_VERSION, "verdict",
			 gate_verdict(gate), "exit_code", gate->exit_code,
			 "against", gate->cmp.arms[0], "second_session",
			 gate->second_session, "family",
			 (json_int_t)gate->nr_family, "counts", counts,
			 "checks", checks);
	if (rc || !root) {
		json_decref(root);
		return err_set(err, ERR_NOMEM, 0, "out of memory for the gate");
	}
	json_object_set_new(root, "notes", notes_json(gate));
	if (gate->baseline)
		json_object_set_new(root, "baseline",
				    baseline_json(gate->baseline));
	rc = json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	json_decref(root);
	if (rc || fputc('\n', out) == EOF)
		return err_set(err, ERR_IO, 0, "cannot write the gate's JSON");
	return 0;
}
