// SPDX-License-Identifier: MIT
/*
 * When is one arm worse than another? Paired by round, robust, exact: the
 * Hodges-Lehmann estimate of the log-ratios, the interval and the tests of
 * Wilcoxon's signed ranks. Labels come from tests, never from estimates.
 *
 * Two steps: stats_compare measures one check, stats_decide gives the checks
 * that are judged together (a family) their words. All functions: any thread.
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

/* An interval of the log-ratio, positive where the arm is worse. */
struct stats_interval {
	double low, high;
};

/* What a comparison found; ratios are arm / base. */
struct stats_outcome {
	enum stats_verdict verdict;
	size_t n;                 /* pairs, or values now */
	size_t nr_base;           /* values of before; 0: paired */
	double ratio;             /* Hodges-Lehmann */
	double ratio_low;         /* 95 % interval; below 6 pairs */
	double ratio_high;        /* the range of all pairs */
	double p_worse, p_better; /* one-sided, beyond the threshold */
	/* The same as tests of a family: Holm's. What the words go by. */
	double adjusted_worse, adjusted_better;
	size_t rounds_needed; /* when unclear: about so many decide */
	/* What the words are made from. */
	enum stats_class class;
	double delta;    /* ln(1 + threshold) */
	double estimate; /* Hodges-Lehmann of the log-ratio, > 0 is worse */
	double spread;   /* robust standard deviation of the log-ratios */
	struct stats_interval i95, i90;
	size_t beyond_worse, beyond_better; /* pairs beyond the threshold */
};

/*
 * Compare the pairs base[i], arm[i] where both are finite, and decide them as
 * a family of their own. Below 6 pairs a noisy metric is always unclear; a
 * near-exact one (from 3 pairs on) and an exact one are judged when every pair
 * lies on the same side of, or within, the threshold. 0 or -ERR_NOMEM.
 */
int stats_compare(const double *base, const double *arm, size_t n,
		  const struct stats_rule *rule, struct stats_outcome *out,
		  struct err *err);

/*
 * The same of two samples that were not measured together: log-ratios to a
 * reference, of before and of now. Hodges-Lehmann-Sen shift, interval and tests
 * of Mann and Whitney, exact where both have at most 20 values; NAN is passed
 * over. Pairs beyond the threshold are values of now that are beyond all of
 * before. 0 or -ERR_NOMEM.
 */
int stats_compare_shift(const double *base, size_t m, const double *now,
			size_t n, const struct stats_rule *rule,
			struct stats_outcome *out, struct err *err);

/*
 * Decide the outcomes of one family together: Holm's step-down over their
 * tests, then the words, first match wins. WORSE and BETTER: the adjusted p is
 * below alpha; same: the 90 % interval is within the threshold (TOST); slightly
 * worse or better: the 95 % interval leaves out 0, and the estimate is within
 * the threshold; else unclear. alpha is the family's (STATS_ALPHA; divided by
 * the number of looks where rounds were added after looking). Where the family
 * is too large for so few rounds (stats_min_rounds), near-exact checks are
 * judged when all pairs agree. Outcomes may be decided anew, in another family.
 * 0 or -ERR_NOMEM.
 */
int stats_decide(struct stats_outcome *const *outcomes, size_t nr, double alpha,
		 struct err *err);

/* Holm's adjusted p-values, in the order of p; 0 or -ERR_NOMEM. */
int stats_holm(const double *p, size_t nr, double *adjusted, struct err *err);

/* The fewest rounds with which one of so many checks can be WORSE at alpha. */
size_t stats_min_rounds(size_t checks, double alpha);
/*
 * The smallest log-ratio beyond a threshold that n rounds find in 4 of 5
 * campaigns; alpha as of a single check: family's / checks.
 */
double stats_smallest_effect(double spread, size_t n, double alpha);
/* And the rounds that find an effect of that size; 9999 at most. */
size_t stats_rounds_for(double spread, double effect, double alpha);
/* Upper quantile of the standard normal distribution. */
double stats_normal_quantile(double alpha);

/* "WORSE", "slightly better", ...; static text. */
const char *stats_verdict_name(enum stats_verdict verdict);

/* Median of the finite values, NAN when there is none or no memory. */
double stats_median(const double *values, size_t n);
/* Median absolute deviation from the median, not scaled. */
double stats_mad(const double *values, size_t n);
/* Robust spread: 1.4826 MAD, or the sample's when half of them agree. */
double stats_spread(const double *values, size_t n);

/*
 * Exact null distribution of W+ for n <= 50 without ties, normal above: the
 * largest c with P(W+ <= c) <= alpha, or -1.
 */
long stats_signed_rank_critical(size_t n, double alpha);
/* P(W+ >= w) of the values' signed ranks; zeros dropped, ties exact. */
double stats_signed_rank_p(const double *values, size_t n);
/*
 * P that the first sample's ranks are so high or higher, when it is the same as
 * the second plus shift: Mann-Whitney, one-sided. 1 when one is empty.
 */
double stats_mann_whitney_p(const double *first, size_t n, const double *second,
			    size_t m, double shift);

#endif
