// SPDX-License-Identifier: MIT
/*
 * From what was measured to words: the checks of a family together, by Holm's
 * step-down procedure, and how many rounds such words need.
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "results/stats.h"
#include "traces/base/err.h"

#define MIN_NEAR_EXACT 3
#define MAX_NEEDED     9999
#define Z_POWER        0.842 /* an effect is found in 4 of 5 campaigns */
#define Z_SINGLE       1.645 /* one check at 5 % */

struct ranked {
	double p;
	size_t place;
};

static int by_p(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->p != y->p)
		return x->p > y->p ? 1 : -1;
	return (x->place > y->place) - (x->place < y->place);
}

int stats_holm(const double *p, size_t nr, double *adjusted, struct err *err)
{
	struct ranked *ranked = calloc(nr ? nr : 1, sizeof(*ranked));
	double highest = 0;
	size_t i;

	if (!ranked)
		return err_set(err, ERR_NOMEM, 0,
			       "out of memory for a family of checks");
	for (i = 0; i < nr; i++)
		ranked[i] = (struct ranked){ p[i], i };
	qsort(ranked, nr, sizeof(*ranked), by_p);
	for (i = 0; i < nr; i++) {
		highest = fmax(highest, (double)(nr - i) * ranked[i].p);
		adjusted[ranked[i].place] = fmin(1, highest);
	}
	free(ranked);
	return 0;
}

size_t stats_min_rounds(size_t checks, double alpha)
{
	double n = ceil(log2((double)(checks ? checks : 1) / alpha) - 1e-9);

	return n < STATS_MIN_ROUNDS ? STATS_MIN_ROUNDS : (size_t)n;
}

double stats_smallest_effect(double spread, size_t n, double alpha)
{
	return (stats_normal_quantile(alpha) + Z_POWER) * spread *
	       sqrt(acos(-1) / (3 * (double)n));
}

static size_t whole_rounds(double needed)
{
	return needed < MAX_NEEDED ? (size_t)ceil(needed) : MAX_NEEDED;
}

size_t stats_rounds_for(double spread, double effect, double alpha)
{
	double k = (stats_normal_quantile(alpha) + Z_POWER) * spread;

	if (!(effect > 0))
		return MAX_NEEDED;
	return whole_rounds(acos(-1) / 3 * (k / effect) * (k / effect));
}

/* Rounds that decide, as far as can be told; more than there are. */
static size_t rounds_needed(const struct stats_outcome *out, size_t least)
{
	double room =
		fmax(fabs(out->delta - fabs(out->estimate)), out->delta / 2);
	double k = (Z_SINGLE + Z_POWER) * out->spread;
	size_t needed = MAX_NEEDED;

	if (room > 0)
		needed = whole_rounds(acos(-1) / 3 * (k / room) * (k / room));
	if (least < out->n + 1)
		least = out->n + 1;
	return needed < least ? least : needed;
}

/* Where every pair agrees, no statistics are needed. */
static enum stats_verdict judge_unanimous(const struct stats_outcome *out)
{
	if (out->beyond_worse == out->n)
		return STATS_WORSE;
	if (out->beyond_better == out->n)
		return STATS_BETTER;
	return out->beyond_worse || out->beyond_better ? STATS_UNCLEAR
						       : STATS_SAME;
}

static enum stats_verdict judge(const struct stats_outcome *out, double alpha)
{
	if (out->adjusted_worse < alpha)
		return STATS_WORSE;
	if (out->adjusted_better < alpha)
		return STATS_BETTER;
	if (out->i90.low > -out->delta && out->i90.high < out->delta)
		return STATS_SAME;
	/* Not proven, but no slight change either: more rounds would tell. */
	if (fabs(out->estimate) > out->delta)
		return STATS_UNCLEAR;
	if (out->i95.low > 0)
		return STATS_SLIGHTLY_WORSE;
	if (out->i95.high < 0)
		return STATS_SLIGHTLY_BETTER;
	return STATS_UNCLEAR;
}

static void decide_one(struct stats_outcome *out, double alpha, size_t least)
{
	bool few = out->n < least;

	out->verdict = STATS_MISSING;
	out->rounds_needed = 0;
	if (!out->n)
		return;
	out->verdict = STATS_UNCLEAR;
	if (out->class == STATS_EXACT ||
	    (out->class == STATS_NEAR_EXACT && few && out->n >= MIN_NEAR_EXACT))
		out->verdict = judge_unanimous(out);
	if (out->verdict == STATS_UNCLEAR && out->class != STATS_EXACT &&
	    out->n >= STATS_MIN_ROUNDS)
		out->verdict = judge(out, alpha);
	if (out->verdict == STATS_UNCLEAR)
		out->rounds_needed = rounds_needed(out, least);
}

/* Whether it is tested by ranks: exact metrics are not. */
static bool is_tested(const struct stats_outcome *out)
{
	return out->n && out->class != STATS_EXACT;
}

/* Holm's p of one direction over those that are tested. */
static int adjust(struct stats_outcome *const *outcomes, size_t nr, bool worse,
		  double *p, double *adjusted, struct err *err)
{
	size_t m = 0, i;
	int rc;

	for (i = 0; i < nr; i++)
		if (is_tested(outcomes[i]))
			p[m++] = worse ? outcomes[i]->p_worse
				       : outcomes[i]->p_better;
	rc = stats_holm(p, m, adjusted, err);
	for (m = 0, i = 0; i < nr && !rc; i++) {
		struct stats_outcome *out = outcomes[i];
		double own = worse ? out->p_worse : out->p_better;

		if (is_tested(out))
			own = adjusted[m++];
		if (worse)
			out->adjusted_worse = own;
		else
			out->adjusted_better = own;
	}
	return rc;
}

int stats_decide(struct stats_outcome *const *outcomes, size_t nr, double alpha,
		 struct err *err)
{
	double *p = calloc(nr + 1, sizeof(*p));
	double *adjusted = calloc(nr + 1, sizeof(*adjusted));
	size_t m = 0, i;
	int rc = 0;

	if (!p || !adjusted)
		rc = err_set(err, ERR_NOMEM, 0,
			     "out of memory for a family of checks");
	for (i = 0; i < nr; i++)
		m += is_tested(outcomes[i]);
	if (!rc)
		rc = adjust(outcomes, nr, true, p, adjusted, err);
	if (!rc)
		rc = adjust(outcomes, nr, false, p, adjusted, err);
	for (i = 0; i < nr && !rc; i++)
		decide_one(outcomes[i], alpha, stats_min_rounds(m, alpha));
	free(p);
	free(adjusted);
	return rc;
}

const char *stats_verdict_name(enum stats_verdict verdict)
{
	static const char *const names[] = {
		[STATS_MISSING] = "missing",
		[STATS_WORSE] = "WORSE",
		[STATS_BETTER] = "BETTER",
		[STATS_SAME] = "same",
		[STATS_SLIGHTLY_WORSE] = "slightly worse",
		[STATS_SLIGHTLY_BETTER] = "slightly better",
		[STATS_UNCLEAR] = "unclear",
	};

	return names[verdict];
}
