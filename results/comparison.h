// SPDX-License-Identifier: MIT
/*
 * The model that every renderer reads: all arms of a campaign against one of
 * them, tape by tape and metric by metric. Renderers decide nothing.
 */
#ifndef RESULTS_COMPARISON_H
#define RESULTS_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>

#include "results/campaign.h"
#include "results/metrics.h"
#include "results/result_split.h"
#include "results/stats.h"

struct calibration;
struct err;

#define COMPARISON_LABEL 128

/* Metrics of the Pareto front: the time, the memory, the tail. */
#define COMPARISON_FRONT 3

/* What the user asked for; zeroed means the defaults. Texts are borrowed. */
struct comparison_options {
	const char *base; /* NULL: glibc, else the first arm */
	/* Names or globs, or "all"; none: the main ones. */
	const char *const *metrics;
	size_t nr_metrics;
	const char *const *thresholds; /* "rss_peak_bytes=2" in percent */
	size_t nr_thresholds;
	const char *tape;     /* glob on the path or its last part, or NULL */
	const char *arm;      /* glob on the arms besides the base, or NULL */
	size_t label_columns; /* of the arms; 0: as tables have room for */
};

/* One metric of one arm on one tape. */
struct comparison_cell {
	double *values;     /* by round of the tape, NAN where there is none */
	double median, mad; /* of values */
	struct stats_outcome outcome;
	/* Status of the pass that should have measured it: "ok", "crashed",
	   "timeout", "missing"; "not comparable": the rounds are of two
	   builds; "" when nobody measures the metric. */
	const char *status;
};

/* How an arm fared on a tape. */
struct comparison_arm {
	size_t runs, failed; /* how many, and how many ended badly */
	const struct result_run *failure; /* the first of them */
	size_t failure_round;
	const struct result_run *any;   /* a run, for the identity */
	const struct result_run *other; /* one of another build, or NULL */
	bool in_front;       /* of the Pareto front; needs all its metrics */
	size_t dominated_by; /* an arm, or its own number */
};

struct comparison_tape {
	const struct campaign_tape *tape;
	struct comparison_cell *cells; /* nr_metrics x nr_arms */
	struct stats_rule *rules;      /* by metric, the grain filled in */
	struct comparison_arm *arms;
	size_t front[COMPARISON_FRONT]; /* metrics of the Pareto front */
	size_t nr_front;
	struct stats_outcome *pairs; /* see comparison_pair */
	size_t discarded; /* rounds, and run again: the machine was not quiet */
	size_t disturbed; /* rounds that are in here in spite of that */
	size_t min_rounds; /* with fewer, no noisy metric is BETTER or WORSE */
	bool front_known;  /* enough rounds, and two arms have all of them */
};

struct comparison {
	const struct campaign *campaign;
	const char **arms;                /* the base is the first */
	char (*labels)[COMPARISON_LABEL]; /* short, unique, fit to print */
	size_t nr_arms;
	struct metric *metrics; /* those asked for, with their thresholds */
	size_t nr_metrics;
	struct comparison_tape *tapes;
	size_t nr_tapes;
	const struct calibration *calibration; /* borrowed, or NULL */
	unsigned looks; /* at the results, before rounds were added */
	double alpha;   /* STATS_ALPHA, shared by the looks */
};

/*
 * Compare; the campaign must outlive the comparison. -ERR_ARG when an arm,
 * tape or metric that was asked for is not there.
 */
int comparison_build(struct comparison *cmp, const struct campaign *campaign,
		     const struct comparison_options *options, struct err *err);
void comparison_release(struct comparison *cmp);

const struct comparison_cell *
comparison_cell(const struct comparison *cmp,
		const struct comparison_tape *tape, size_t metric, size_t arm);
/*
 * Arm a against b as its base, in the k-th metric of the tape's front; n is 0
 * where one has no value. Judged with all main metrics of the pair, so that
 * the base's pairs have the words of the table.
 */
const struct stats_outcome *comparison_pair(const struct comparison *cmp,
					    const struct comparison_tape *tape,
					    size_t a, size_t b, size_t k);
/* Whether any arm on any tape has a value of that metric. */
bool comparison_has_metric(const struct comparison *cmp, size_t metric);
/*
 * The same for one tape; also where every arm failed, as that is to be told.
 * A percentile has no value where a run has too few calls of its kind.
 */
bool comparison_tape_has_metric(const struct comparison *cmp,
				const struct comparison_tape *tape,
				size_t metric);
/*
 * Where an arm's bytes are at the peak of live bytes, medians over the rounds;
 * false when it has no split, or a round failed.
 */
bool comparison_split(const struct comparison_tape *tape, const char *arm,
		      double parts[SPLIT_PARTS]);
/*
 * The arm over all tapes on which the base has the metric: the geometric mean
 * of the ratios, n is 0 where there are fewer than two, or the arm lacks one.
 * Its verdict is that of the mean alone, and belongs to no tape.
 */
int comparison_mean(const struct comparison *cmp, size_t metric, size_t arm,
		    struct stats_outcome *out, struct err *err);
/* Whether the metric is judged, and there on two tapes. */
bool comparison_has_mean(const struct comparison *cmp, size_t metric);
/* Number of a metric by name, or nr_metrics. */
size_t comparison_find_metric(const struct comparison *cmp, const char *name);

#endif
