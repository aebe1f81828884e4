// SPDX-License-Identifier: MIT
/*
 * A result document as JSON: one line per key and per run, so that a diff is
 * readable, and arrays of plain columns. Bytes that are not UTF-8 become
 * U+FFFD; numbers that are not finite are left out, as not measured.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/result.h"
#include "results/result_json_source.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/version.h"

#define EXACT_INT 9007199254740992.0 /* 2^53: doubles count exactly to here */

/* Length of the UTF-8 character at p, or 0 when there is none. */
static size_t utf8_len(const unsigned char *p)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = *p < 0x80             ? 1
		     : (*p & 0xe0) == 0xc0 ? 2
		     : (*p & 0xf0) == 0xe0 ? 3
		     : (*p & 0xf8) == 0xf0 ? 4
					   : 0;
	unsigned int code = *p & (0x7fu >> (len > 1 ? len : 0));
	size_t i;

	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3fu);
	}
	if (len > 1 && (code < least[len] || code > 0x10ffff ||
			(code >= 0xd800 && code <= 0xdfff)))
		return 0;
	return len;
}

static json_t *text_new(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	char *clean = malloc(3 * strlen(text) + 1), *to = clean;
	json_t *json;

	if (!clean)
		return NULL;
	while (*p) {
		size_t len = utf8_len(p);

		memcpy(to, len ? (const char *)p : "\xef\xbf\xbd",
		       len ? len : 3);
		to += len ? len : 3;
		p += len ? len : 1;
	}
	*to = '\0';
	json = json_string(clean);
	free(clean);
	return json;
}

static json_t *u64_new(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static json_t *number_new(double value)
{
	if (value == floor(value) && fabs(value) < EXACT_INT)
		return json_integer((json_int_t)value);
	return json_real(value);
}

static int set_text(json_t *object, const char *key, const char *text)
{
	return json_object_set_new(object, key, text_new(text));
}

static json_t *pairs_new(const struct result_pair *pairs, size_t nr)
{
	json_t *object = json_object();
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!set_text(object, pairs[i].key, pairs[i].value))
			continue;
		json_decref(object);
		return NULL;
	}
	return object;
}

/* One column of an array of structs: the uint64_t at that offset of each. */
static json_t *column_new(const void *items, size_t nr, size_t size,
			  size_t offset)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < nr; i++) {
		uint64_t value;

		memcpy(&value, (const char *)items + i * size + offset,
		       sizeof(value));
		if (!json_array_append_new(array, u64_new(value)))
			continue;
		json_decref(array);
		return NULL;
	}
	return array;
}

#define COLUMN(items, nr, type, field) \
 column_new(items, nr, sizeof(type), offsetof(type, field))

static json_t *curve_new(const struct result_point *curve, size_t nr)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o}", "time_ns",
		COLUMN(curve, nr, struct result_point, time_ns), "op",
		COLUMN(curve, nr, struct result_point, op), "live_bytes",
		COLUMN(curve, nr, struct result_point, live_bytes), "rss_bytes",
		COLUMN(curve, nr, struct result_point, rss_bytes));
}

static json_t *metrics_new(const struct result_run *run)
{
	json_t *object = json_object();
	size_t i;

	for (i = 0; i < run->nr_metrics; i++) {
		const struct result_metric *metric = &run->metrics[i];

		if (!isfinite(metric->value))
			continue;
		if (!json_object_set_new(object, metric->name,
					 number_new(metric->value)))
			continue;
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *knobs_new(const struct result_run *run)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < run->nr_knobs; i++) {
		if (!json_array_append_new(array, text_new(run->knobs[i])))
			continue;
		json_decref(array);
		return NULL;
	}
	return array;
}

static json_t *histogram_new(const struct result_histogram *h)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o}", "op", text_new(h->op), "size_group",
		text_new(h->size_group), "upper_ns",
		COLUMN(h->buckets, h->nr, struct result_bucket, upper_ns),
		"count",
		COLUMN(h->buckets, h->nr, struct result_bucket, count));
}

static json_t *histograms_new(const struct result_run *run)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < run->nr_histograms; i++) {
		if (!json_array_append_new(array,
					   histogram_new(&run->histograms[i])))
			continue;
		json_decref(array);
		return NULL;
	}
	return array;
}

static json_t *run_new(const struct result_run *run)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
		"s:o, s:o}",
		"arm", text_new(run->arm), "pass", text_new(run->pass),
		"status", text_new(run->status), "message",
		text_new(run->message), "path", text_new(run->path), "version",
		text_new(run->version), "build_id", text_new(run->build_id),
		"knobs", knobs_new(run), "metrics", metrics_new(run), "curve",
		curve_new(run->curve, run->nr_curve), "checkpoints",
		checkpoints_new(run), "histograms", histograms_new(run));
}

/* Write one value and drop it; -1 when it is NULL or cannot be written. */
static int dump(FILE *out, const char *before, json_t *json)
{
	int rc = -1;

	if (json)
		rc = fputs(before, out) < 0 ||
				     json_dumpf(json, out,
						JSON_COMPACT | JSON_ENCODE_ANY)
			     ? -1
			     : 0;
	json_decref(json);
	return rc;
}

static int dump_head(FILE *out, const struct result_doc *doc)
{
	char seed[24];

	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)doc->seed);
	fprintf(out,
		"{\n\"format\": \"heaptape-result\",\n\"format_version\": %d,\n"
		"\"tool\": {\"name\": \"heaptape\", \"version\": \"%s\"}",
		HEAPTAPE_RESULT_FORMAT, HEAPTAPE_VERSION);
	return dump(out, ",\n\"tape\": ", text_new(doc->tape)) ||
	       dump(out, ",\n\"tape_hash\": ", text_new(doc->tape_hash)) ||
	       dump(out, ",\n\"round\": ", u64_new(doc->round)) ||
	       dump(out, ",\n\"seed\": ", json_string(seed)) ||
	       dump(out, ",\n\"started\": ", text_new(doc->started)) ||
	       dump(out, ",\n\"environment\": ",
		    pairs_new(doc->environment, doc->nr_environment)) ||
	       dump(out, ",\n\"config\": ",
		    pairs_new(doc->config, doc->nr_config)) ||
	       dump(out, ",\n\"recorded\": ",
		    curve_new(doc->recorded, doc->nr_recorded));
}

static int dump_runs(FILE *out, const struct result_doc *doc)
{
	size_t i;

	fputs(",\n\"runs\": [", out);
	for (i = 0; i < doc->nr_runs; i++)
		if (dump(out, i ? ",\n" : "\n", run_new(&doc->runs[i])))
			return -1;
	return fputs("\n]\n}\n", out) < 0 ? -1 : 0;
}

int result_write(const struct result_doc *doc, const char *path, bool force,
		 struct err *err)
{
	struct outfile out;
	int rc = outfile_open(&out, path, force, err);

	if (rc)
		return rc;
	if (dump_head(out.stream, doc) || dump_runs(out.stream, doc)) {
		int sys = ferror(out.stream) ? errno : ENOMEM;

		outfile_abort(&out);
		return err_set(err, sys == ENOMEM ? ERR_NOMEM : ERR_IO, sys,
			       "cannot write %s", path);
	}
	return outfile_commit(&out, err);
}
