// SPDX-License-Identifier: MIT
/*
 * Checked access to the members of a document, and the two kinds of columns
 * that it holds: curves and histograms.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/result.h"
#include "results/result_json_source.h"
#include "traces/base/err.h"

int source_bad(const struct source *src, const char *key, const char *expected)
{
	return err_set(src->err, ERR_FORMAT, 0, "%s: key %s%s: %s", src->path,
		       src->where, key, expected);
}

int source_no_memory(const struct source *src)
{
	return err_set(src->err, ERR_NOMEM, 0, "out of memory for %s",
		       src->path);
}

json_t *source_member(const struct source *src, json_t *object, const char *key,
		      json_type type, bool needed, int *rc)
{
	static const char *const expected[] = {
		[JSON_OBJECT] = "expected an object",
		[JSON_ARRAY] = "expected an array",
		[JSON_STRING] = "expected a text",
		[JSON_INTEGER] = "expected an integer",
	};
	json_t *value = json_object_get(object, key);

	*rc = 0;
	if (!value && needed)
		*rc = source_bad(src, key, "missing");
	else if (value && json_typeof(value) != type)
		*rc = source_bad(src, key, expected[type]);
	return *rc ? NULL : value;
}

int source_text(const struct source *src, json_t *object, const char *key,
		bool needed, char *to, size_t len)
{
	int rc;
	json_t *value =
		source_member(src, object, key, JSON_STRING, needed, &rc);

	if (!value)
		return rc;
	if (json_string_length(value) >= len)
		return source_bad(src, key, "the text is too long");
	strcpy(to, json_string_value(value));
	return 0;
}

int source_u64(const json_t *value, uint64_t *to)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return -1;
	*to = (uint64_t)json_integer_value(value);
	return 0;
}

/* One key of an object of equally long columns, as the field of structs. */
struct column {
	const char *key;
	size_t offset;
};

static int read_column(const struct source *src, const json_t *array,
		       const struct column *column, char *items, size_t nr,
		       size_t size)
{
	size_t i;

	if (json_array_size(array) != nr)
		return source_bad(src, column->key,
				  "not as long as the column before it");
	for (i = 0; i < nr; i++) {
		uint64_t value;

		if (source_u64(json_array_get(array, i), &value))
			return source_bad(src, column->key,
					  "expected integers of 0 or more");
		memcpy(items + i * size + column->offset, &value,
		       sizeof(value));
	}
	return 0;
}

/* Columns to a new array of structs; the first column tells how many. */
static int read_columns(const struct source *src, json_t *object,
			const struct column *columns, size_t nr_columns,
			size_t size, void **items, size_t *nr)
{
	int rc;
	json_t *array =
		source_member(src, object, columns->key, JSON_ARRAY, true, &rc);
	size_t i;

	if (rc)
		return rc;
	*nr = json_array_size(array);
	*items = calloc(*nr ? *nr : 1, size);
	if (!*items)
		return source_no_memory(src);
	for (i = 0; i < nr_columns; i++) {
		array = source_member(src, object, columns[i].key, JSON_ARRAY,
				      true, &rc);
		if (!rc)
			rc = read_column(src, array, &columns[i], *items, *nr,
					 size);
		if (rc)
			return rc;
	}
	return 0;
}

int source_curve(const struct source *src, json_t *object, const char *key,
		 struct result_point **curve, size_t *nr)
{
	static const struct column columns[] = {
		{ "time_ns", offsetof(struct result_point, time_ns) },
		{ "op", offsetof(struct result_point, op) },
		{ "live_bytes", offsetof(struct result_point, live_bytes) },
		{ "rss_bytes", offsetof(struct result_point, rss_bytes) },
	};
	struct source inner = *src;
	void *items = NULL;
	int rc;
	json_t *value =
		source_member(src, object, key, JSON_OBJECT, false, &rc);

	if (!value)
		return rc;
	snprintf(inner.where, sizeof(inner.where), "%.40s%s.", src->where, key);
	rc = read_columns(&inner, value, columns, 4, sizeof(**curve), &items,
			  nr);
	*curve = items;
	return rc;
}

static int read_histogram(const struct source *src, json_t *object,
			  struct result_histogram *h)
{
	static const struct column columns[] = {
		{ "upper_ns", offsetof(struct result_bucket, upper_ns) },
		{ "count", offsetof(struct result_bucket, count) },
	};
	void *items = NULL;
	size_t i;
	int rc = source_text(src, object, "op", true, h->op, sizeof(h->op));

	if (!rc)
		rc = source_text(src, object, "size_group", true, h->size_group,
				 sizeof(h->size_group));
	if (!rc)
		rc = read_columns(src, object, columns, 2, sizeof(*h->buckets),
				  &items, &h->nr);
	h->buckets = items;
	for (i = 1; !rc && i < h->nr; i++)
		if (h->buckets[i].upper_ns <= h->buckets[i - 1].upper_ns)
			rc = source_bad(src, "upper_ns",
					"expected rising values");
	return rc;
}

int source_histograms(const struct source *src, json_t *object,
		      struct result_run *run)
{
	struct source inner = *src;
	int rc;
	json_t *array = source_member(src, object, "histograms", JSON_ARRAY,
				      false, &rc);
	size_t i, nr = json_array_size(array);

	if (!nr)
		return rc;
	run->histograms = calloc(nr, sizeof(*run->histograms));
	if (!run->histograms)
		return source_no_memory(src);
	run->nr_histograms = nr;
	for (i = 0; !rc && i < nr; i++) {
		snprintf(inner.where, sizeof(inner.where),
			 "%.24shistograms[%zu].", src->where, i);
		rc = read_histogram(&inner, json_array_get(array, i),
				    &run->histograms[i]);
	}
	return rc;
}
