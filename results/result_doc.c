// SPDX-License-Identifier: MIT
/*
 * The result document in memory: growing, looking up and freeing it. Reading
 * and writing it as JSON is the work of result_json_read.c and _write.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/result.h"
#include "traces/base/err.h"

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, 0, "out of memory for a result");
}

/* Room for one item more; arrays grow when nr is a power of two. */
static void *grow(void *items, size_t nr, size_t size)
{
	if (nr & (nr - 1))
		return items;
	return reallocarray(items, nr ? nr * 2 : 1, size);
}

static void copy_text(char *to, size_t len, const char *from)
{
	size_t n = strnlen(from, len - 1);

	memcpy(to, from, n);
	to[n] = '\0';
}

static int add_pair(struct result_pair **pairs, size_t *nr, const char *key,
		    const char *value, struct err *err)
{
	struct result_pair *grown = grow(*pairs, *nr, sizeof(**pairs));
	char *copy;

	if (!grown)
		return no_memory(err);
	*pairs = grown;
	copy = strdup(value);
	if (!copy)
		return no_memory(err);
	copy_text(grown[*nr].key, sizeof(grown->key), key);
	grown[(*nr)++].value = copy;
	return 0;
}

int result_add_environment(struct result_doc *doc, const char *key,
			   const char *value, struct err *err)
{
	return add_pair(&doc->environment, &doc->nr_environment, key, value,
			err);
}

int result_add_config(struct result_doc *doc, const char *key,
		      const char *value, struct err *err)
{
	return add_pair(&doc->config, &doc->nr_config, key, value, err);
}

int result_add_run(struct result_doc *doc, struct result_run **run,
		   struct err *err)
{
	struct result_run *grown =
		grow(doc->runs, doc->nr_runs, sizeof(*doc->runs));

	if (!grown)
		return no_memory(err);
	doc->runs = grown;
	*run = &grown[doc->nr_runs++];
	memset(*run, 0, sizeof(**run));
	return 0;
}

int result_add_metric(struct result_run *run, const char *name, double value,
		      struct err *err)
{
	struct result_metric *grown =
		grow(run->metrics, run->nr_metrics, sizeof(*run->metrics));

	if (!grown)
		return no_memory(err);
	run->metrics = grown;
	copy_text(grown[run->nr_metrics].name, sizeof(grown->name), name);
	grown[run->nr_metrics++].value = value;
	return 0;
}

int result_add_knob(struct result_run *run, const char *knob, struct err *err)
{
	char **grown = grow(run->knobs, run->nr_knobs, sizeof(*run->knobs));

	if (!grown)
		return no_memory(err);
	run->knobs = grown;
	grown[run->nr_knobs] = strdup(knob);
	if (!grown[run->nr_knobs])
		return no_memory(err);
	run->nr_knobs++;
	return 0;
}

double result_metric(const struct result_run *run, const char *name)
{
	size_t i;

	for (i = 0; i < run->nr_metrics; i++)
		if (!strcmp(run->metrics[i].name, name))
			return run->metrics[i].value;
	return NAN;
}

static void release_run(struct result_run *run)
{
	size_t i;

	for (i = 0; i < run->nr_knobs; i++)
		free(run->knobs[i]);
	for (i = 0; i < run->nr_histograms; i++)
		free(run->histograms[i].buckets);
	free(run->knobs);
	free(run->metrics);
	free(run->curve);
	free(run->checkpoints);
	free(run->histograms);
}

static void release_pairs(struct result_pair *pairs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		free(pairs[i].value);
	free(pairs);
}

void result_release(struct result_doc *doc)
{
	size_t i;

	for (i = 0; i < doc->nr_runs; i++)
		release_run(&doc->runs[i]);
	free(doc->runs);
	free(doc->recorded);
	release_pairs(doc->environment, doc->nr_environment);
	release_pairs(doc->config, doc->nr_config);
	memset(doc, 0, sizeof(*doc));
}
