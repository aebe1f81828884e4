// SPDX-License-Identifier: MIT
/* One check of a gate: an arm against the base, or against a budget. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/gate_parts.h"
#include "results/text.h"

void gate_check_say(struct gate_check *check, enum gate_state state,
		    const char *fmt, ...)
{
	va_list ap;

	check->state = state;
	va_start(ap, fmt);
	vsnprintf(check->message, sizeof(check->message), fmt, ap);
	va_end(ap);
}

static int by_value(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

/* The finite values of a cell's rounds in order; owned. */
static double *sorted_values(const struct gate_check *check, size_t *nr)
{
	double *sorted = calloc(check->rounds + 1, sizeof(*sorted));
	size_t i;

	*nr = 0;
	for (i = 0; sorted && i < check->rounds; i++)
		if (isfinite(check->cell->values[i]))
			sorted[(*nr)++] = check->cell->values[i];
	if (sorted)
		qsort(sorted, *nr, sizeof(*sorted), by_value);
	return sorted;
}

/*
 * How many of the lowest values may lie below the median's lower bound, at
 * 95 %, one-sided: the largest k with P(Binomial(n, 1/2) < k) <= 0.05. 0: n is
 * too small for any.
 */
static size_t bound_rank(size_t n)
{
	double each = pow(0.5, (double)n), sum = each;
	size_t k = 0;

	while (k < n && sum <= STATS_ALPHA) {
		k++;
		each *= (double)(n - k + 1) / (double)k;
		sum += each;
	}
	return k;
}

/* What is wrong with the cell, if it cannot be judged. */
static bool is_measured(struct gate_check *check,
			const struct comparison_cell *cell, const char *who)
{
	const char *status = cell->status;
	bool failed = *status && strcmp(status, "ok") != 0 &&
		      strcmp(status, "missing") != 0;

	if (failed) {
		gate_check_say(check,
			       strcmp(status, "not comparable") != 0
				       ? GATE_CRASHED
				       : GATE_INCOMPARABLE,
			       "%s: %s", who, status);
		return false;
	}
	if (isfinite(cell->median))
		return true;
	gate_check_say(check, GATE_MISSING, "%s: %s was not measured", who,
		       check->metric->title);
	return false;
}

void gate_check_measure(struct gate_check *check)
{
	check->state = GATE_STATES; /* not yet known */
	check->outcome = check->cell->outcome;
	if (is_measured(check, check->cell, check->label) && !check->budget)
		is_measured(check, check->base, "the base");
}

static void judge_budget(struct gate_check *check)
{
	size_t nr, rank;
	double *sorted = sorted_values(check, &nr);
	char median[32], limit[32];

	metric_format(check->metric, check->cell->median, median,
		      sizeof(median));
	metric_format(check->metric, check->budget->limit, limit,
		      sizeof(limit));
	rank = sorted ? bound_rank(nr) : 0;
	if (rank)
		check->bound = sorted[rank - 1];
	if (check->cell->median <= check->budget->limit)
		gate_check_say(check, GATE_PASS, "%s, within %s", median,
			       limit);
	else if (check->bound > check->budget->limit)
		gate_check_say(check, GATE_FAIL, "%s, beyond %s in %zu rounds",
			       median, limit, nr);
	else
		gate_check_say(check, GATE_UNCLEAR,
			       "%s, above %s, but %zu rounds do not prove it",
			       median, limit, nr);
	free(sorted);
}

/* "+6.1 % [+5.2, +7.0], threshold 3 %, Holm(24) p .023" */
static void describe(const struct gate_check *check, size_t nr_family,
		     char *buf, size_t len)
{
	struct comparison_cell judged = *check->cell;
	char change[32], interval[64], p[48] = "";

	judged.outcome = check->outcome;
	text_change(&judged, change, sizeof(change));
	text_interval(&judged, interval, sizeof(interval));
	if (check->outcome.n >= STATS_MIN_ROUNDS)
		snprintf(p, sizeof(p), ", Holm(%zu) p %.3g", nr_family,
			 check->outcome.adjusted_worse);
	snprintf(buf, len, "%s %s%s, threshold %.3g %%%s", change, interval,
		 check->window && !check->is_anchor ? " since the baseline"
						    : "",
		 100 * check->metric->rule.threshold, p);
}

static void judge_change(struct gate_check *check, size_t nr_family)
{
	const struct stats_outcome *out = &check->outcome;
	char text[200];

	describe(check, nr_family, text, sizeof(text));
	switch (out->verdict) {
	case STATS_WORSE:
		gate_check_say(check, GATE_FAIL, "%s", text);
		break;
	case STATS_BETTER:
	case STATS_SAME:
	case STATS_SLIGHTLY_BETTER:
		gate_check_say(check, GATE_PASS, "%s: %s", text,
			       stats_verdict_name(out->verdict));
		break;
	case STATS_SLIGHTLY_WORSE:
		gate_check_say(check, GATE_WARN, "%s: slightly worse", text);
		break;
	default:
		gate_check_say(check, GATE_UNCLEAR,
			       "%s: about %zu rounds decide", text,
			       out->rounds_needed);
	}
}

void gate_check_judge(struct gate_check *check, size_t nr_family)
{
	if (check->state != GATE_STATES)
		return;
	if (check->budget)
		judge_budget(check);
	else
		judge_change(check, nr_family);
}

/* The same cell of another session, into the check; false: it has none. */
static bool find_cell(const struct comparison *cmp, struct gate_check *check)
{
	size_t m = comparison_find_metric(cmp, check->metric->name), t, a;

	for (t = 0; t < cmp->nr_tapes && m < cmp->nr_metrics; t++)
		for (a = 0; a < cmp->nr_arms; a++)
			if (!strcmp(cmp->tapes[t].tape->name, check->tape) &&
			    !strcmp(cmp->arms[a], check->arm)) {
				check->cell = comparison_cell(
					cmp, &cmp->tapes[t], m, a);
				check->base = comparison_cell(
					cmp, &cmp->tapes[t], m, 0);
				check->of = cmp->tapes[t].tape;
				check->rounds = check->of->nr_rounds;
				return isfinite(check->cell->median);
			}
	return false;
}

/* What the other session says of it, by itself. */
static int judge_again(const struct gate *gate, struct gate_check *again,
		       struct err *err)
{
	struct stats_outcome *alone = &again->outcome;
	int rc = 0;

	again->state = GATE_STATES;
	again->outcome = again->cell->outcome;
	again->bound = NAN;
	if (again->window)
		rc = gate_baseline_measure(gate, again, 1, err);
	if (!rc && again->state == GATE_STATES)
		rc = stats_decide(&alone, 1, STATS_ALPHA, err);
	if (!rc)
		gate_check_judge(again, 1);
	return rc;
}

int gate_check_confirm(const struct gate *gate, struct gate_check *check,
		       const struct comparison *second, struct err *err)
{
	struct gate_check again = *check;
	char first[160];
	int rc;

	snprintf(first, sizeof(first), "%.159s", check->message);
	if (!find_cell(second, &again)) {
		gate_check_say(check, GATE_MISSING,
			       "%s; the second session has not measured it",
			       first);
		return 0;
	}
	rc = judge_again(gate, &again, err);
	if (rc)
		return rc;
	check->confirmed = again.state == GATE_FAIL;
	gate_check_say(check, check->confirmed ? GATE_FAIL : GATE_WARN,
		       "%s; %s in a second session: %.140s", first,
		       check->confirmed ? "confirmed" : "not confirmed",
		       again.message);
	return 0;
}
