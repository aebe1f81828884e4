// SPDX-License-Identifier: MIT
/*
 * A baseline as JSON: a line for each arm and for each row of values, so that
 * a diff shows what a session has added.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "results/baseline.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/version.h"

#define EXACT_INT 9007199254740992.0 /* 2^53: doubles count exactly to here */

/* Write one value and drop it; -1 when it is NULL or cannot be written. */
static int put(FILE *out, const char *before, json_t *value)
{
	int rc =
		value && fputs(before, out) != EOF
			? json_dumpf(value, out, JSON_COMPACT | JSON_ENCODE_ANY)
			: -1;

	json_decref(value);
	return rc;
}

static json_t *values_json(const struct baseline_row *row)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < row->nr; i++) {
		double value = row->values[i];
		json_t *item = json_null();

		if (value == floor(value) && fabs(value) < EXACT_INT)
			item = json_integer((json_int_t)value);
		else if (isfinite(value))
			item = json_real(value);
		if (!json_array_append_new(list, item))
			continue;
		json_decref(list);
		return NULL;
	}
	return list;
}

static json_t *pairs_json(const struct result_pair *pairs, size_t nr)
{
	json_t *object = json_object();
	size_t i;

	for (i = 0; i < nr; i++)
		json_object_set_new(object, pairs[i].key,
				    json_string(pairs[i].value));
	return object;
}

static json_t *arm_json(const struct baseline_arm *arm)
{
	json_t *knobs = json_array(), *json;
	size_t i;

	for (i = 0; i < arm->nr_knobs; i++)
		json_array_append_new(knobs, json_string(arm->knobs[i]));
	json = json_pack("{s:s, s:s, s:s, s:o}", "arm", arm->arm, "version",
			 arm->version, "build_id", arm->build_id, "knobs",
			 knobs);
	if (json && arm->library[0])
		json_object_set_new(json, "library", json_string(arm->library));
	return json;
}

static int put_session(FILE *out, const struct baseline *b,
		       const struct baseline_session *s)
{
	char seed[24];
	size_t i;
	int rc;

	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)s->seed);
	rc = put(out, "\n  {\"label\": ", json_string(s->label)) ||
	     put(out, ", \"started\": ", json_string(s->started)) ||
	     put(out, ", \"host\": ", json_string(s->host)) ||
	     put(out, ", \"seed\": ", json_string(seed));
	fputs(",\n   \"arms\": [", out);
	for (i = 0; i < s->nr_arms && !rc; i++)
		rc = put(out, i ? ",\n    " : "\n    ", arm_json(&s->arms[i]));
	fputs("],\n   \"rounds\": [", out);
	for (i = 0; i < s->nr_rows && !rc; i++) {
		const struct baseline_row *row = &s->rows[i];

		rc = put(out, i ? ",\n    " : "\n    ",
			 json_pack("{s:s, s:s, s:s, s:o}", "tape",
				   b->tapes[row->tape].name, "arm",
				   s->arms[row->arm].arm, "metric", row->metric,
				   "values", values_json(row)));
	}
	fputs("]}", out);
	return rc;
}

static int put_window(FILE *out, const struct baseline *b,
		      const struct baseline_window *window)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < window->nr && !rc; i++) {
		fputs(i ? "," : "", out);
		rc = put_session(out, b, &window->sessions[i]);
	}
	return rc;
}

static int put_tapes(FILE *out, const struct baseline *b)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < b->nr_tapes && !rc; i++)
		rc = put(out, i ? ",\n  " : "\n  ",
			 json_pack("{s:s, s:s, s:o}", "tape", b->tapes[i].name,
				   "hash", b->tapes[i].hash, "options",
				   pairs_json(b->tapes[i].options,
					      b->tapes[i].nr_options)));
	return rc;
}

static int put_document(FILE *out, const struct baseline *b)
{
	int rc;

	fprintf(out,
		"{\n \"format\": \"heaptape-baseline\",\n "
		"\"format_version\": %d,\n \"tool\": {\"name\": \"heaptape\", "
		"\"version\": \"%s\"},\n \"result_format\": %llu",
		HEAPTAPE_BASELINE_FORMAT, HEAPTAPE_VERSION,
		(unsigned long long)b->result_format);
	rc = put(out, ",\n \"reference\": ", json_string(b->reference)) ||
	     put(out, ",\n \"class\": ", pairs_json(b->class, b->nr_class));
	fputs(",\n \"tapes\": [", out);
	rc = rc || put_tapes(out, b);
	fputs("],\n \"sessions\": [", out);
	rc = rc || put_window(out, b, &b->window);
	fputs("],\n \"anchor\": ", out);
	if (!b->anchor_label[0])
		fputs("null", out);
	else {
		rc = rc ||
		     put(out, "{\"label\": ", json_string(b->anchor_label));
		fputs(", \"sessions\": [", out);
		rc = rc || put_window(out, b, &b->anchor);
		fputs("]}", out);
	}
	return fputs("\n}\n", out) == EOF || rc ? -1 : 0;
}

int baseline_write(const struct baseline *b, const char *path, bool force,
		   struct err *err)
{
	struct outfile out;
	int rc = outfile_open(&out, path, force, err);

	if (rc)
		return rc;
	if (put_document(out.stream, b))
		rc = err_set(err, ERR_IO, errno, "cannot write %.150s", path);
	if (!rc)
		rc = outfile_commit(&out, err);
	outfile_abort(&out);
	return rc;
}
