// SPDX-License-Identifier: MIT
/*
 * Reading of baselines. The file is not trusted: every type, length and
 * reference is checked, and an error names the file and the key. Unknown keys
 * are ignored.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "results/baseline.h"
#include "results/baseline_parts.h"
#include "results/result_json_source.h"
#include "traces/base/err.h"
#include "traces/base/version.h"

#define OLDEST_FORMAT 1
#define MAX_BYTES     (256u << 20) /* jansson holds all of it in memory */
#define MAX_WINDOW    1000

static int read_pairs(const struct source *src, json_t *object, const char *key,
		      struct result_pair **pairs, size_t *nr)
{
	const char *name;
	int rc;
	json_t *value, *members = source_member(src, object, key, JSON_OBJECT,
						true, &rc);

	json_object_foreach(members, name, value)
	{
		const char *text = json_string_value(value);

		if (!text || strlen(name) >= sizeof((*pairs)->key))
			return source_bad(src, key, "expected texts");
		rc = baseline_pair_add(pairs, nr, name, text, src->err);
		if (rc)
			return rc;
	}
	return rc;
}

static int read_tapes(const struct source *src, json_t *root,
		      struct baseline *b)
{
	struct source inner = *src;
	int rc;
	json_t *array =
		source_member(src, root, "tapes", JSON_ARRAY, true, &rc);
	size_t i;

	for (i = 0; !rc && i < json_array_size(array); i++) {
		json_t *object = json_array_get(array, i);
		struct baseline_tape *tape;

		snprintf(inner.where, sizeof(inner.where), "tapes[%zu].", i);
		rc = baseline_tape_new(b, &tape, src->err);
		if (!rc)
			rc = source_text(&inner, object, "tape", true,
					 tape->name, sizeof(tape->name));
		if (!rc)
			rc = source_text(&inner, object, "hash", true,
					 tape->hash, sizeof(tape->hash));
		if (!rc)
			rc = read_pairs(&inner, object, "options",
					&tape->options, &tape->nr_options);
	}
	return rc;
}

static bool is_sha(const char *text)
{
	return strlen(text) == SHA256_HEX - 1 &&
	       strspn(text, "0123456789abcdef") == SHA256_HEX - 1;
}

static int read_arm(const struct source *src, json_t *object,
		    struct baseline_session *s)
{
	struct baseline_arm *arm;
	json_t *knobs = NULL;
	size_t i;
	int rc = baseline_arm_new(s, &arm, src->err);

	if (!rc)
		rc = source_text(src, object, "arm", true, arm->arm,
				 sizeof(arm->arm));
	if (!rc)
		rc = source_text(src, object, "version", false, arm->version,
				 sizeof(arm->version));
	if (!rc)
		rc = source_text(src, object, "build_id", false, arm->build_id,
				 sizeof(arm->build_id));
	if (!rc)
		rc = source_text(src, object, "library", false, arm->library,
				 sizeof(arm->library));
	/* It becomes the name of a file. */
	if (!rc && arm->library[0] && !is_sha(arm->library))
		rc = source_bad(src, "library", "expected a SHA-256");
	if (!rc)
		knobs = source_member(src, object, "knobs", JSON_ARRAY, false,
				      &rc);
	for (i = 0; !rc && i < json_array_size(knobs); i++) {
		const char *knob = json_string_value(json_array_get(knobs, i));

		rc = knob ? baseline_knob_new(arm, knob, src->err)
			  : source_bad(src, "knobs", "expected texts");
	}
	return rc;
}

/* The place of a name among structs that begin with their name. */
static int find_name(const void *items, size_t nr, size_t size,
		     const char *name, uint32_t *number)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp((const char *)items + i * size, name)) {
			*number = (uint32_t)i;
			return 0;
		}
	return -1;
}

static int read_values(const struct source *src, json_t *object,
		       struct baseline_session *s, struct baseline_row **row)
{
	int rc;
	json_t *array =
		source_member(src, object, "values", JSON_ARRAY, true, &rc);
	size_t i;

	if (!rc)
		rc = baseline_row_new(s, json_array_size(array), row, src->err);
	for (i = 0; !rc && i < json_array_size(array); i++) {
		const json_t *value = json_array_get(array, i);

		if (json_is_number(value))
			(*row)->values[i] = json_number_value(value);
		else if (!json_is_null(value))
			rc = source_bad(src, "values",
					"expected numbers and null");
	}
	return rc;
}

static int read_row(const struct source *src, json_t *object,
		    const struct baseline *b, struct baseline_session *s)
{
	char tape[512], arm[256], metric[48];
	struct baseline_row *row;
	int rc = source_text(src, object, "tape", true, tape, sizeof(tape));

	if (!rc)
		rc = source_text(src, object, "arm", true, arm, sizeof(arm));
	if (!rc)
		rc = source_text(src, object, "metric", true, metric,
				 sizeof(metric));
	if (!rc)
		rc = read_values(src, object, s, &row);
	if (rc)
		return rc;
	memcpy(row->metric, metric, sizeof(row->metric));
	if (find_name(b->tapes, b->nr_tapes, sizeof(*b->tapes), tape,
		      &row->tape))
		return source_bad(src, "tape", "not one of \"tapes\"");
	if (find_name(s->arms, s->nr_arms, sizeof(*s->arms), arm, &row->arm))
		return source_bad(src, "arm", "not one of \"arms\"");
	return 0;
}

static int read_session(const struct source *src, json_t *object,
			const struct baseline *b, struct baseline_session *s)
{
	struct source inner = *src;
	char seed[24] = "0";
	json_t *array = NULL;
	size_t i;
	int rc = source_text(src, object, "label", false, s->label,
			     sizeof(s->label));

	if (!rc)
		rc = source_text(src, object, "started", true, s->started,
				 sizeof(s->started));
	if (!rc)
		rc = source_text(src, object, "host", false, s->host,
				 sizeof(s->host));
	if (!rc)
		rc = source_text(src, object, "seed", false, seed,
				 sizeof(seed));
	s->seed = strtoull(seed, NULL, 10);
	if (!rc)
		array = source_member(src, object, "arms", JSON_ARRAY, true,
				      &rc);
	for (i = 0; !rc && i < json_array_size(array); i++) {
		snprintf(inner.where, sizeof(inner.where), "%.28sarms[%zu].",
			 src->where, i);
		rc = read_arm(&inner, json_array_get(array, i), s);
	}
	array = NULL;
	if (!rc)
		array = source_member(src, object, "rounds", JSON_ARRAY, true,
				      &rc);
	for (i = 0; !rc && i < json_array_size(array); i++) {
		snprintf(inner.where, sizeof(inner.where), "%.28srounds[%zu].",
			 src->where, i);
		rc = read_row(&inner, json_array_get(array, i), b, s);
	}
	return rc;
}

static int read_window(const struct source *src, json_t *object,
		       const struct baseline *b, struct baseline_window *window)
{
	struct source inner = *src;
	int rc;
	json_t *array =
		source_member(src, object, "sessions", JSON_ARRAY, true, &rc);
	size_t i;

	if (json_array_size(array) > MAX_WINDOW)
		return source_bad(src, "sessions", "too many");
	for (i = 0; !rc && i < json_array_size(array); i++) {
		struct baseline_session *s;

		snprintf(inner.where, sizeof(inner.where),
			 "%.30ssessions[%zu].", src->where, i);
		rc = baseline_session_new(window, &s, src->err);
		if (!rc)
			rc = read_session(&inner, json_array_get(array, i), b,
					  s);
	}
	return rc;
}

static int read_anchor(const struct source *src, json_t *root,
		       struct baseline *b)
{
	struct source inner = *src;
	json_t *anchor = json_object_get(root, "anchor");
	int rc;

	if (!anchor || json_is_null(anchor))
		return 0;
	anchor = source_member(src, root, "anchor", JSON_OBJECT, true, &rc);
	if (rc)
		return rc;
	snprintf(inner.where, sizeof(inner.where), "anchor.");
	rc = source_text(&inner, anchor, "label", true, b->anchor_label,
			 sizeof(b->anchor_label));
	return rc ? rc : read_window(&inner, anchor, b, &b->anchor);
}

static int check_version(const struct source *src, json_t *root)
{
	const char *format = json_string_value(json_object_get(root, "format"));
	json_t *number = json_object_get(root, "format_version");
	json_int_t version = json_integer_value(number);

	if (!format || strcmp(format, "heaptape-baseline") != 0)
		return err_set(src->err, ERR_ARG, 0,
			       "%.150s is no baseline; heaptape baseline save "
			       "makes one",
			       src->path);
	if (!json_is_integer(number) || version < OLDEST_FORMAT)
		return source_bad(src, "format_version",
				  "expected an integer of 1 or more");
	if (version > HEAPTAPE_BASELINE_FORMAT)
		return err_set(src->err, ERR_VERSION, 0,
			       "%.150s has baseline format %lld, this "
			       "heaptape reads up to %d; update it",
			       src->path, (long long)version,
			       HEAPTAPE_BASELINE_FORMAT);
	return 0;
}

static int load(const struct source *src, json_t **root)
{
	struct stat st;
	json_error_t why;

	if (stat(src->path, &st))
		return err_set(src->err, ERR_COMPARE, errno,
			       "cannot read the baseline %.120s; heaptape "
			       "baseline save makes one",
			       src->path);
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_BYTES)
		return err_set(src->err, ERR_FORMAT, 0,
			       "%.150s is not a file of at most 256 MiB",
			       src->path);
	*root = json_load_file(src->path, JSON_REJECT_DUPLICATES, &why);
	if (!*root)
		return err_set(src->err, ERR_FORMAT, 0,
			       "%.120s:%d: not valid JSON: %.80s", src->path,
			       why.line, why.text);
	return 0;
}

int baseline_read(struct baseline *b, const char *path, struct err *err)
{
	struct source src = { .path = path, .err = err };
	json_t *root = NULL;
	int rc;

	memset(b, 0, sizeof(*b));
	snprintf(b->path, sizeof(b->path), "%s", path);
	rc = load(&src, &root);
	if (!rc)
		rc = check_version(&src, root);
	if (!rc && source_u64(json_object_get(root, "result_format"),
			      &b->result_format))
		rc = source_bad(&src, "result_format", "expected an integer");
	if (!rc)
		rc = source_text(&src, root, "reference", true, b->reference,
				 sizeof(b->reference));
	if (!rc)
		rc = read_pairs(&src, root, "class", &b->class, &b->nr_class);
	if (!rc)
		rc = read_tapes(&src, root, b);
	if (!rc)
		rc = read_window(&src, root, b, &b->window);
	if (!rc)
		rc = read_anchor(&src, root, b);
	json_decref(root);
	if (rc)
		baseline_release(b);
	return rc;
}
