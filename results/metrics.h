// SPDX-License-Identifier: MIT
/*
 * The table of metrics: what each is called, how it is read from a result,
 * and how its comparisons are judged. Comparison, reports and the manual all
 * take it from here.
 */
#ifndef RESULTS_METRICS_H
#define RESULTS_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "results/stats.h"

struct result_run;

enum metric_unit {
	METRIC_NS,
	METRIC_BYTES,
	METRIC_COUNT,
	METRIC_FACTOR,   /* "1.39x" */
	METRIC_FRACTION, /* "22 %" */
};

/* What the rule's grain counts. */
enum metric_grain {
	METRIC_GRAIN_VALUE,       /* the metric's own unit */
	METRIC_GRAIN_PER_MOPS,    /* per million operations of the run */
	METRIC_GRAIN_TIMER_FLOOR, /* times the cost of reading the clock */
};

/* Where it is seen. */
enum metric_role {
	METRIC_MAIN, /* in every table */
	METRIC_MORE, /* judged, but shown on demand */
	METRIC_INFO, /* a number without a verdict */
};

struct metric {
	const char *name;  /* as in documents, --metric and JSON */
	const char *title; /* for people */
	enum metric_unit unit;
	enum metric_grain grain;
	const char *passes; /* that measure it, the best one first */
	enum metric_role role;
	struct stats_rule rule;
	/* Computed from others where not NULL. */
	double (*derive)(const struct result_run *run);
};

/* All of them, in the order of display. */
const struct metric *metrics_all(size_t *nr);
/* By name, or NULL. */
const struct metric *metrics_find(const char *name);

/* The value in that run, NAN when it was not measured there. */
double metric_value(const struct metric *metric, const struct result_run *run);
/* Whether that pass is the n-th choice for the metric. */
bool metric_from_pass(const struct metric *metric, const char *pass, size_t n);
/* "ns", "bytes", "count", "ratio", "fraction"; static text. */
const char *metric_unit_name(enum metric_unit unit);
/* "9.81 s", "1.98 GiB", "n/a"; returns buf. */
char *metric_format(const struct metric *metric, double value, char *buf,
		    size_t len);

#endif
