// SPDX-License-Identifier: MIT
/*
 * Reading of result documents. The file is not trusted: every type and length
 * is checked, and an error names the file and the key. Unknown keys are
 * ignored; the keys that this version cannot do without are in the schema.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "results/result.h"
#include "results/result_json_source.h"
#include "traces/base/err.h"
#include "traces/base/version.h"

#define OLDEST_FORMAT 1
#define MAX_BYTES     (512u << 20) /* jansson holds all of it in memory */

static int read_metrics(const struct source *src, json_t *object,
			struct result_run *run)
{
	const char *name;
	int rc;
	json_t *value, *metrics = source_member(src, object, "metrics",
						JSON_OBJECT, true, &rc);

	json_object_foreach(metrics, name, value)
	{
		if (!json_is_number(value))
			return source_bad(src, name, "expected a number");
		if (strlen(name) >= sizeof(run->metrics->name))
			return source_bad(src, "metrics", "a name is too long");
		rc = result_add_metric(run, name, json_number_value(value),
				       src->err);
		if (rc)
			return rc;
	}
	return rc;
}

static int read_knobs(const struct source *src, json_t *object,
		      struct result_run *run)
{
	int rc;
	json_t *array =
		source_member(src, object, "knobs", JSON_ARRAY, false, &rc);
	size_t i;

	for (i = 0; !rc && i < json_array_size(array); i++) {
		const char *knob = json_string_value(json_array_get(array, i));

		rc = knob ? result_add_knob(run, knob, src->err)
			  : source_bad(src, "knobs", "expected texts");
	}
	return rc;
}

static int read_run(const struct source *src, json_t *object,
		    struct result_run *run)
{
	const struct {
		const char *key;
		bool needed;
		char *to;
		size_t len;
	} texts[] = {
		{ "arm", true, run->arm, sizeof(run->arm) },
		{ "pass", true, run->pass, sizeof(run->pass) },
		{ "status", true, run->status, sizeof(run->status) },
		{ "message", false, run->message, sizeof(run->message) },
		{ "path", false, run->path, sizeof(run->path) },
		{ "version", false, run->version, sizeof(run->version) },
		{ "build_id", false, run->build_id, sizeof(run->build_id) },
	};
	size_t i;
	int rc = 0;

	for (i = 0; !rc && i < sizeof(texts) / sizeof(texts[0]); i++)
		rc = source_text(src, object, texts[i].key, texts[i].needed,
				 texts[i].to, texts[i].len);
	if (!rc)
		rc = read_knobs(src, object, run);
	if (!rc)
		rc = read_metrics(src, object, run);
	if (!rc)
		rc = source_curve(src, object, "curve", &run->curve,
				  &run->nr_curve);
	if (!rc)
		rc = source_checkpoints(src, object, run);
	if (!rc)
		rc = source_histograms(src, object, run);
	return rc;
}

static int read_runs(const struct source *src, json_t *root,
		     struct result_doc *doc)
{
	struct source inner = *src;
	int rc;
	json_t *array = source_member(src, root, "runs", JSON_ARRAY, true, &rc);
	size_t i;

	for (i = 0; !rc && i < json_array_size(array); i++) {
		struct result_run *run;

		snprintf(inner.where, sizeof(inner.where), "runs[%zu].", i);
		rc = result_add_run(doc, &run, src->err);
		if (!rc)
			rc = read_run(&inner, json_array_get(array, i), run);
	}
	return rc;
}

typedef int add_pair_fn(struct result_doc *doc, const char *key,
			const char *value, struct err *err);

static int read_pairs(const struct source *src, json_t *root, const char *key,
		      struct result_doc *doc, add_pair_fn *add)
{
	const char *name;
	int rc;
	json_t *value, *object = source_member(src, root, key, JSON_OBJECT,
					       false, &rc);

	json_object_foreach(object, name, value)
	{
		const char *text = json_string_value(value);

		rc = text ? add(doc, name, text, src->err)
			  : source_bad(src, key, "expected texts");
		if (rc)
			return rc;
	}
	return rc;
}

/* The seed is a text: JSON readers elsewhere round integers above 2^53. */
static int read_seed(const struct source *src, json_t *root, uint64_t *seed)
{
	char text[24] = "0", *end;
	int rc = source_text(src, root, "seed", false, text, sizeof(text));

	if (rc)
		return rc;
	errno = 0;
	*seed = strtoull(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9')
		return source_bad(src, "seed", "expected a number in a text");
	return 0;
}

static int read_head(const struct source *src, json_t *root,
		     struct result_doc *doc)
{
	uint64_t round = 0;
	int rc = source_text(src, root, "tape", true, doc->tape,
			     sizeof(doc->tape));

	if (!rc)
		rc = source_text(src, root, "tape_hash", false, doc->tape_hash,
				 sizeof(doc->tape_hash));
	if (!rc)
		rc = source_text(src, root, "started", false, doc->started,
				 sizeof(doc->started));
	if (!rc && (source_u64(json_object_get(root, "round"), &round) ||
		    !round || round > UINT32_MAX))
		rc = source_bad(src, "round",
				"expected an integer of 1 or more");
	if (rc)
		return rc;
	doc->round = (uint32_t)round;
	return read_seed(src, root, &doc->seed);
}

static int check_version(const struct source *src, json_t *root)
{
	const char *format = json_string_value(json_object_get(root, "format"));
	json_t *number = json_object_get(root, "format_version");
	json_int_t version = json_integer_value(number);

	if (!format || strcmp(format, "heaptape-result") != 0)
		return err_set(src->err, ERR_ARG, 0,
			       "%s is not a result of heaptape", src->path);
	if (!json_is_integer(number) || version < OLDEST_FORMAT)
		return source_bad(src, "format_version",
				  "expected an integer of 1 or more");
	if (version > HEAPTAPE_RESULT_FORMAT)
		return err_set(src->err, ERR_VERSION, 0,
			       "%s has result format %" JSON_INTEGER_FORMAT
			       ", this heaptape reads up to %d; update it",
			       src->path, version, HEAPTAPE_RESULT_FORMAT);
	return 0;
}

static int load(const struct source *src, json_t **root)
{
	FILE *in = fopen(src->path, "re");
	struct stat st;
	json_error_t why;

	if (!in || fstat(fileno(in), &st)) {
		int sys = errno;

		if (in)
			fclose(in);
		return err_set(src->err, ERR_IO, sys, "cannot read %s",
			       src->path);
	}
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_BYTES) {
		fclose(in);
		return err_set(src->err, ERR_FORMAT, 0,
			       "%s is not a file of at most 512 MiB",
			       src->path);
	}
	*root = json_loadf(in, JSON_REJECT_DUPLICATES, &why);
	fclose(in);
	if (*root)
		return 0;
	if (json_error_code(&why) == json_error_out_of_memory)
		return source_no_memory(src);
	return err_set(src->err,
		       json_error_code(&why) ==
				       json_error_premature_end_of_input
			       ? ERR_TRUNCATED
			       : ERR_FORMAT,
		       0, "%s:%d: not valid JSON: %.100s", src->path, why.line,
		       why.text);
}

int result_read(struct result_doc *doc, const char *path, struct err *err)
{
	struct source src = { .path = path, .err = err };
	json_t *root = NULL;
	int rc;

	memset(doc, 0, sizeof(*doc));
	rc = load(&src, &root);
	if (!rc)
		rc = check_version(&src, root);
	if (!rc)
		rc = read_head(&src, root, doc);
	if (!rc)
		rc = read_pairs(&src, root, "environment", doc,
				result_add_environment);
	if (!rc)
		rc = read_pairs(&src, root, "config", doc, result_add_config);
	if (!rc)
		rc = source_curve(&src, root, "recorded", &doc->recorded,
				  &doc->nr_recorded);
	if (!rc)
		rc = read_runs(&src, root, doc);
	json_decref(root);
	if (rc)
		result_release(doc);
	return rc;
}
