// SPDX-License-Identifier: MIT
/* The document of a calibration. Keys are only ever added. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/result_calibration.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/version.h"

#define FORMAT  "heaptape-calibration"
#define VERSION 1

static json_t *percent(double part)
{
	return isfinite(part) ? json_real(100 * part) : json_null();
}

static json_t *entry_json(const struct calibration_entry *e)
{
	return json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:I, "
			 "s:b, s:b}",
			 "tape", e->tape, "metric", e->metric, "n",
			 (json_int_t)e->n, "noise_percent", percent(e->noise),
			 "change_percent", percent(e->change),
			 "change_low_percent", percent(e->change_low),
			 "change_high_percent", percent(e->change_high),
			 "threshold_percent", percent(e->threshold),
			 "smallest_percent", percent(e->smallest),
			 "rounds_needed", (json_int_t)e->rounds_needed, "equal",
			 e->equal, "false_label", e->false_label);
}

static json_t *document(const struct calibration *c)
{
	json_t *entries = json_array(), *environment = json_object();
	size_t i;

	for (i = 0; i < c->nr_entries; i++)
		json_array_append_new(entries, entry_json(&c->entries[i]));
	for (i = 0; i < c->nr_environment; i++)
		json_object_set_new(environment, c->environment[i].key,
				    json_string(c->environment[i].value));
	return json_pack("{s:s, s:i, s:{s:s, s:s}, s:s, s:I, s:o, s:o}",
			 "format", FORMAT, "format_version", VERSION, "tool",
			 "name", "heaptape", "version", HEAPTAPE_VERSION, "arm",
			 c->arm, "checks", (json_int_t)c->checks, "environment",
			 environment, "metrics", entries);
}

int calibration_print_json(const struct calibration *c, FILE *out,
			   struct err *err)
{
	json_t *root = document(c);
	int rc;

	if (!root)
		return err_set(err, ERR_NOMEM, 0,
			       "out of memory for the calibration");
	rc = json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	json_decref(root);
	if (rc || fputc('\n', out) == EOF)
		return err_set(err, ERR_IO, errno,
			       "cannot write the calibration");
	return 0;
}

int calibration_write(const struct calibration *c, const char *path,
		      struct err *err)
{
	struct outfile out;
	int rc = outfile_open(&out, path, true, err);

	if (rc)
		return rc;
	rc = calibration_print_json(c, out.stream, err);
	if (!rc)
		rc = outfile_commit(&out, err);
	outfile_abort(&out);
	return rc;
}

static double part(const json_t *o, const char *key)
{
	const json_t *value = json_object_get(o, key);

	return json_is_number(value) ? json_number_value(value) / 100 : NAN;
}

static size_t whole(const json_t *o, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(o, key));

	return value > 0 ? (size_t)value : 0;
}

static int read_entry(struct calibration_entry *e, const json_t *o)
{
	const char *tape = json_string_value(json_object_get(o, "tape"));
	const char *metric = json_string_value(json_object_get(o, "metric"));

	if (!tape || !metric)
		return -1;
	snprintf(e->tape, sizeof(e->tape), "%s", tape);
	snprintf(e->metric, sizeof(e->metric), "%s", metric);
	e->n = whole(o, "n");
	e->noise = part(o, "noise_percent");
	e->change = part(o, "change_percent");
	e->change_low = part(o, "change_low_percent");
	e->change_high = part(o, "change_high_percent");
	e->threshold = part(o, "threshold_percent");
	e->smallest = part(o, "smallest_percent");
	e->rounds_needed = whole(o, "rounds_needed");
	e->equal = json_is_true(json_object_get(o, "equal"));
	e->false_label = json_is_true(json_object_get(o, "false_label"));
	return e->n && e->noise >= 0 ? 0 : -1;
}

static int read_environment(struct calibration *c, json_t *o)
{
	const char *key;
	json_t *value;

	c->environment =
		calloc(json_object_size(o) + 1, sizeof(*c->environment));
	if (!c->environment)
		return -1;
	json_object_foreach(o, key, value)
	{
		struct result_pair *pair = &c->environment[c->nr_environment];

		if (!json_is_string(value))
			continue;
		snprintf(pair->key, sizeof(pair->key), "%s", key);
		pair->value = strdup(json_string_value(value));
		if (!pair->value)
			return -1;
		c->nr_environment++;
	}
	return 0;
}

static int read_document(struct calibration *c, json_t *root)
{
	const json_t *list = json_object_get(root, "metrics");
	const char *arm = json_string_value(json_object_get(root, "arm"));
	size_t nr = json_array_size(list), i;
	int rc;

	if (!arm || !nr)
		return -1;
	snprintf(c->arm, sizeof(c->arm), "%s", arm);
	c->checks = whole(root, "checks");
	c->entries = calloc(nr, sizeof(*c->entries));
	rc = c->entries ? 0 : -1;
	for (i = 0; i < nr && !rc; i++)
		rc = read_entry(&c->entries[c->nr_entries++],
				json_array_get(list, i));
	return rc ? rc
		  : read_environment(c, json_object_get(root, "environment"));
}

/* Another kind, another version, or neither: 0. */
static int check_format(const json_t *root, const char *path, struct err *err)
{
	const char *format = json_string_value(json_object_get(root, "format"));
	json_int_t version =
		json_integer_value(json_object_get(root, "format_version"));

	if (!format || strcmp(format, FORMAT) != 0)
		return err_set(err, ERR_ARG, 0,
			       "%.150s is no calibration; heaptape calibrate "
			       "writes one",
			       path);
	if (version < 1 || version > VERSION)
		return err_set(err, ERR_FORMAT, 0,
			       "%.120s has calibration format %lld, this reads "
			       "1 to %d",
			       path, (long long)version, VERSION);
	return 0;
}

int calibration_read(struct calibration *c, const char *path, struct err *err)
{
	json_error_t why;
	json_t *root;
	int rc;

	memset(c, 0, sizeof(*c));
	if (access(path, R_OK))
		return err_set(err, ERR_ARG, errno, "cannot read %.150s", path);
	root = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	if (!root)
		return err_set(err, ERR_FORMAT, 0,
			       "%.120s:%d: not valid JSON: %.60s", path,
			       why.line, why.text);
	rc = check_format(root, path, err);
	if (!rc && read_document(c, root))
		rc = err_set(err, ERR_FORMAT, 0,
			     "%.150s: broken; run heaptape calibrate again",
			     path);
	json_decref(root);
	if (rc)
		calibration_release(c);
	return rc;
}
