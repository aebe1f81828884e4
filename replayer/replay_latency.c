// SPDX-License-Identifier: MIT
/* Percentiles and histograms of a latency pass. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replayer/replay_measure.h"
#include "traces/base/err.h"

static int add_percentiles(struct result_run *result, const char *op,
			   const struct hist *h, struct err *err)
{
	static const struct {
		const char *name;
		double q;
	} all[] = { { "p50", 0.5 },
		    { "p90", 0.9 },
		    { "p99", 0.99 },
		    { "p999", 0.999 },
		    { "p9999", 0.9999 } };
	char name[48];
	size_t i;
	int rc = 0;

	for (i = 0; i < sizeof(all) / sizeof(*all) && !rc; i++) {
		/* Too few ops stand behind it: half an op of tolerance. */
		if ((double)h->count + 0.5 < 100 / (1 - all[i].q))
			break;
		snprintf(name, sizeof(name), "%s_%s_ns", op, all[i].name);
		rc = result_add_metric(result, name,
				       (double)hist_percentile(h, all[i].q),
				       err);
	}
	snprintf(name, sizeof(name), "%s_max_ns", op);
	if (!rc && h->count)
		rc = result_add_metric(result, name, (double)h->max_ns, err);
	return rc;
}

static int add_histogram(struct result_run *result, const char *op,
			 const char *group, const struct hist *h,
			 struct err *err)
{
	size_t nr = result->nr_histograms, used = 0;
	struct result_histogram *grown, *to;
	unsigned i;

	if (!h->count)
		return 0;
	grown = reallocarray(result->histograms, nr + 1, sizeof(*grown));
	if (!grown)
		return err_set(err, ERR_NOMEM, ENOMEM, "histogram");
	result->histograms = grown;
	to = &grown[nr];
	memset(to, 0, sizeof(*to));
	for (i = 0; i < HIST_BUCKETS; i++)
		used += h->buckets[i] != 0;
	to->buckets = calloc(used, sizeof(*to->buckets));
	if (!to->buckets)
		return err_set(err, ERR_NOMEM, ENOMEM, "histogram");
	snprintf(to->op, sizeof(to->op), "%s", op);
	snprintf(to->size_group, sizeof(to->size_group), "%s", group);
	for (i = 0; i < HIST_BUCKETS; i++)
		if (h->buckets[i])
			to->buckets[to->nr++] = (struct result_bucket){
				.upper_ns = hist_upper_ns(i),
				.count = h->buckets[i]
			};
	result->nr_histograms++;
	return 0;
}

int replay_measure_latency(struct result_run *result,
			   const struct replay_run *run, struct err *err)
{
	static const char *const names[WORKER_HISTS] = {
		"malloc",     "calloc",     "realloc",     "free",    "touch",
		"malloc_lag", "calloc_lag", "realloc_lag", "free_lag"
	};
	static const char *const groups[WORKER_GROUPS] = WORKER_GROUP_NAMES;
	struct hist *all = calloc(1, sizeof(*all));
	unsigned op, g;
	int rc;

	if (!all)
		return err_set(err, ERR_NOMEM, ENOMEM, "histogram");
	rc = result_add_metric(result, "timer_floor_ns",
			       (double)run->report->timer_floor_ns, err);
	for (op = 0; op < WORKER_HISTS && !rc; op++) {
		memset(all, 0, sizeof(*all));
		for (g = 0; g < WORKER_GROUPS; g++)
			hist_merge(all, replay_run_hist(run, op, g));
		rc = add_percentiles(result, names[op], all, err);
		if (!rc)
			rc = add_histogram(result, names[op], "all", all, err);
		for (g = 0; g < WORKER_GROUPS && !rc; g++)
			rc = add_histogram(result, names[op], groups[g],
					   replay_run_hist(run, op, g), err);
		if (!rc && op == WORKER_TOUCHED && all->count)
			rc = result_add_metric(result, "touch_mean_ns",
					       hist_mean(all), err);
	}
	free(all);
	return rc;
}
