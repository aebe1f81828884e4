// SPDX-License-Identifier: MIT
/*
 * When is one arm worse than another? Paired by round, robust, exact: the
 * Hodges-Lehmann estimate of the log-ratios, the interval and the tests of
 * Wilcoxon's signed ranks. Labels come from tests, never from estimates.
 */
#ifndef RESULTS_STATS_H
#define RESULTS_STATS_H

#include <stdbool.h>
#include <stddef.h>

struct err;

#define STATS_ALPHA      0.05
#define STATS_MIN_ROUNDS 6 /* fewer give no finite 95 % interval */

/* How much a metric varies when nothing has changed. */
enum stats_class {
	STATS_NOISY,      /* times, switches */
	STATS_NEAR_EXACT, /* RSS, faults */
	STATS_EXACT,      /* equal in every repetition */
};

enum stats_verdict {
	STATS_MISSING, /* no pair of values */
	STATS_WORSE,
	STATS_BETTER,
	STATS_SAME,
	STATS_SLIGHTLY_WORSE,
	STATS_SLIGHTLY_BETTER,
	STATS_UNCLEAR,
};

struct stats_rule {
	enum stats_class class;
	bool high_is_better;
	double grain;     /* added to both values, so that 0 has a ratio */
	double threshold; /* 0.05: a change below 5 % does not matter */
};

/* What a comparison found; ratios are arm / base. */
struct stats_outcome {
	enum stats_verdict verdict;
	size_t n;                 /* pairs */
	double ratio;             /* Hodges-Lehmann */
	double ratio_low;         /* 95 % interval; below 6 pairs */
	double ratio_high;        /* the range of all pairs */
	double p_worse, p_better; /* one-sided, beyond the threshold */
	size_t rounds_needed;     /* when unclear: about so many decide */
};

/*
 * Compare the pairs base[i], arm[i] where both are finite. Below 6 pairs a
 * noisy metric is always unclear; a near-exact one (from 3 pairs on) and an
 * exact one are judged when every pair lies on the same side of, or within,
 * the threshold. 0 or -ERR_NOMEM. Any thread.
 */
int stats_compare(const double *base, const double *arm, size_t n,
		  const struct stats_rule *rule, struct stats_outcome *out,
		  struct err *err);

/* "WORSE", "slightly better", ...; static text. */
const char *stats_verdict_name(enum stats_verdict verdict);

/* Median of the finite values, NAN when there is none or no memory. */
double stats_median(const double *values, size_t n);
/* Median absolute deviation from the median, not scaled. */
double stats_mad(const double *values, size_t n);

/*
 * Exact null distribution of W+ for n <= 50 without ties, normal above: the
 * largest c with P(W+ <= c) <= alpha, or -1.
 */
long stats_signed_rank_critical(size_t n, double alpha);
/* P(W+ >= w) of the values' signed ranks; zeros dropped, ties exact. */
double stats_signed_rank_p(const double *values, size_t n);

#endif
