// SPDX-License-Identifier: MIT
/*
 * The short table at the end of a campaign: medians over the rounds of a
 * folder. Comparisons with intervals are the work of heaptape compare.
 */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replayer/replay_campaign.h"
#include "results/result.h"
#include "traces/base/err.h"
#include "traces/base/json_text.h"
#include "traces/base/units.h"

/* The columns, and who formats them. */
static const struct {
	const char *metric;
	const char *title;
	char *(*format)(char *buf, size_t len, double value);
} columns[] = {
	{ "wall_ns", "wall", units_format_ns },
	{ "rss_peak_bytes", "RSS peak", units_format_bytes },
	{ "malloc_p99_ns", "malloc p99", units_format_ns },
	{ "calloc_p99_ns", "calloc p99", units_format_ns },
	{ "realloc_p99_ns", "realloc p99", units_format_ns },
	{ "free_p99_ns", "free p99", units_format_ns },
	{ "instructions", "instructions", units_format_count },
	{ "verified_ops", "verified", units_format_count },
};

#define NR_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* All documents of the folder. */
struct docs {
	struct result_doc *all;
	size_t nr;
};

static void docs_release(struct docs *docs)
{
	size_t i;

	for (i = 0; i < docs->nr; i++)
		result_release(&docs->all[i]);
	free(docs->all);
}

static int docs_load(struct docs *docs, const char *path, struct err *err)
{
	struct dirent **names;
	int nr = scandir(path, &names, NULL, alphasort);
	char file[8192];
	int rc = 0, i;

	if (nr < 0)
		return err_set(err, ERR_IO, errno, "cannot read %s", path);
	docs->all = calloc((size_t)nr + 1, sizeof(*docs->all));
	for (i = 0; i < nr; i++) {
		if (docs->all && !rc && replay_is_document(names[i]->d_name)) {
			snprintf(file, sizeof(file), "%s/%s", path,
				 names[i]->d_name);
			rc = result_read(&docs->all[docs->nr], file, err);
			docs->nr += !rc;
		}
		free(names[i]);
	}
	free(names);
	return docs->all ? rc : err_set(err, ERR_NOMEM, ENOMEM, "documents");
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The metric's median over the rounds of a tape, or NAN. */
static double median(const struct docs *docs, const char *tape, const char *arm,
		     const char *metric)
{
	double *values = calloc(docs->nr + 1, sizeof(*values));
	double result = NAN;
	size_t nr = 0, i, k;

	for (i = 0; values && i < docs->nr; i++) {
		const struct result_doc *doc = &docs->all[i];

		if (strcmp(doc->tape, tape) != 0)
			continue;
		for (k = 0; k < doc->nr_runs; k++) {
			double v = result_metric(&doc->runs[k], metric);

			if (!strcmp(doc->runs[k].arm, arm) && isfinite(v)) {
				values[nr++] = v;
				break;
			}
		}
	}
	if (nr) {
		qsort(values, nr, sizeof(*values), by_value);
		result = (values[(nr - 1) / 2] + values[nr / 2]) / 2;
	}
	free(values);
	return result;
}

/* Whether any arm has the metric: some programs never call malloc itself. */
static bool has_metric(const struct docs *docs, const struct result_doc *first,
		       const char *metric)
{
	size_t i;

	for (i = 0; i < first->nr_runs; i++)
		if (isfinite(median(docs, first->tape, first->runs[i].arm,
				    metric)))
			return true;
	return false;
}

/* The first column takes the tape's path and all arms. */
static int name_width(const struct result_doc *first)
{
	size_t width = strlen(first->tape), i;

	for (i = 0; i < first->nr_runs; i++)
		if (strlen(first->runs[i].arm) + 2 > width)
			width = strlen(first->runs[i].arm) + 2;
	return (int)width;
}

static void print_tape(const struct docs *docs, const struct result_doc *first,
		       FILE *out)
{
	int width = name_width(first);
	bool shown[NR_COLUMNS];
	char text[64];
	size_t i, c;

	fprintf(out, "%-*s", width, first->tape);
	for (c = 0; c < NR_COLUMNS; c++) {
		shown[c] = has_metric(docs, first, columns[c].metric);
		if (shown[c])
			fprintf(out, " %11s", columns[c].title);
	}
	fputc('\n', out);
	for (i = 0; i < first->nr_runs; i++) {
		const char *arm = first->runs[i].arm;

		if (i && !strcmp(arm, first->runs[i - 1].arm))
			continue;
		fprintf(out, "  %-*s", width - 2, arm);
		for (c = 0; c < NR_COLUMNS; c++) {
			double v = median(docs, first->tape, arm,
					  columns[c].metric);

			if (shown[c])
				fprintf(out, " %11s",
					isfinite(v)
						? columns[c].format(
							  text, sizeof(text), v)
						: "-");
		}
		fputc('\n', out);
	}
}

int replay_summary(const char *dir, FILE *out, struct err *err)
{
	struct docs docs = { 0 };
	int rc = docs_load(&docs, dir, err);
	size_t i;

	for (i = 0; i < docs.nr && !rc; i++)
		if (!i || strcmp(docs.all[i].tape, docs.all[i - 1].tape) != 0)
			print_tape(&docs, &docs.all[i], out);
	docs_release(&docs);
	return rc;
}

int replay_summary_json(const struct replay_outcome *outcome, FILE *out)
{
	fprintf(out, "{\"schema\": \"heaptape-replay/1\", \"dir\": ");
	json_text_print(outcome->dir, out);
	fprintf(out, ", \"documents\": %zu, \"failed\": %zu, \"failure\": ",
		outcome->documents, outcome->failed);
	json_text_print(outcome->failure, out);
	fputs("}\n", out);
	return ferror(out) ? -ERR_IO : 0;
}
