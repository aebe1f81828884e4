// SPDX-License-Identifier: MIT
/*
 * Checkpoints in a document, both ways: an object of columns as a curve has
 * them, null where a figure is not known. A column that a document lacks is
 * not known either.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "results/result.h"
#include "results/result_json_source.h"

static const struct {
	const char *key;
	size_t offset;
} columns[] = {
#define COLUMN(name)                              \
 {                                                \
#  name, offsetof(struct result_checkpoint, name) \
 }
	COLUMN(time_ns),         COLUMN(op),
	COLUMN(rss_bytes),       COLUMN(lazyfree_bytes),
	COLUMN(huge_bytes),      COLUMN(swap_bytes),
	COLUMN(requested_bytes), COLUMN(usable_bytes),
	COLUMN(cached_bytes),    COLUMN(free_bytes),
	COLUMN(metadata_bytes),  COLUMN(dirty_bytes),
	COLUMN(allocated_bytes), COLUMN(mapped_bytes),
	COLUMN(retained_bytes),
#undef COLUMN
};

#define NR_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static json_t *figure_new(uint64_t value)
{
	if (value == RESULT_UNKNOWN)
		return json_null();
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static json_t *column_new(const struct result_run *run, size_t offset)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < run->nr_checkpoints; i++) {
		const char *at = (const char *)&run->checkpoints[i] + offset;
		uint64_t value;

		memcpy(&value, at, sizeof(value));
		if (!json_array_append_new(array, figure_new(value)))
			continue;
		json_decref(array);
		return NULL;
	}
	return array;
}

json_t *checkpoints_new(const struct result_run *run)
{
	json_t *object = json_object(), *names = json_array();
	size_t i;
	int rc = 0;

	for (i = 0; i < run->nr_checkpoints && !rc; i++)
		rc = json_array_append_new(
			names, json_string(run->checkpoints[i].name));
	if (rc || json_object_set(object, "name", names))
		rc = -1;
	json_decref(names);
	for (i = 0; i < NR_COLUMNS && !rc; i++)
		rc = json_object_set_new(object, columns[i].key,
					 column_new(run, columns[i].offset));
	if (!rc)
		return object;
	json_decref(object);
	return NULL;
}

static int read_column(const struct source *src, json_t *object,
		       struct result_run *run, size_t column)
{
	const char *key = columns[column].key;
	int rc;
	json_t *array = source_member(src, object, key, JSON_ARRAY, false, &rc);
	size_t i;

	if (array && json_array_size(array) != run->nr_checkpoints)
		return source_bad(src, key, "not as long as the names");
	for (i = 0; i < run->nr_checkpoints && !rc; i++) {
		const json_t *json = json_array_get(array, i);
		uint64_t value = RESULT_UNKNOWN;

		if (json && !json_is_null(json) && source_u64(json, &value))
			rc = source_bad(src, key,
					"expected integers of 0 or more");
		memcpy((char *)&run->checkpoints[i] + columns[column].offset,
		       &value, sizeof(value));
	}
	return rc;
}

static int read_names(const struct source *src, json_t *object,
		      struct result_run *run)
{
	int rc;
	json_t *names =
		source_member(src, object, "name", JSON_ARRAY, true, &rc);
	size_t nr = json_array_size(names), i;

	if (rc)
		return rc;
	run->checkpoints = calloc(nr ? nr : 1, sizeof(*run->checkpoints));
	if (!run->checkpoints)
		return source_no_memory(src);
	run->nr_checkpoints = nr;
	for (i = 0; i < nr; i++) {
		const json_t *name = json_array_get(names, i);
		char *to = run->checkpoints[i].name;

		if (!json_is_string(name) ||
		    json_string_length(name) >= sizeof(run->checkpoints->name))
			return source_bad(src, "name", "expected short texts");
		strcpy(to, json_string_value(name));
	}
	return 0;
}

int source_checkpoints(const struct source *src, json_t *object,
		       struct result_run *run)
{
	struct source inner = *src;
	size_t i;
	int rc;
	json_t *value = source_member(src, object, "checkpoints", JSON_OBJECT,
				      false, &rc);

	if (!value)
		return rc;
	snprintf(inner.where, sizeof(inner.where), "%.40scheckpoints.",
		 src->where);
	rc = read_names(&inner, value, run);
	for (i = 0; i < NR_COLUMNS && !rc; i++)
		rc = read_column(&inner, value, run, i);
	return rc;
}
