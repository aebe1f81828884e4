// SPDX-License-Identifier: MIT
/*
 * The checks of a gate and what they come to: cells of a comparison, or what a
 * baseline has of them, one family of them all, budgets by order statistics,
 * and a second session that has to find the same.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/baseline.h"
#include "results/gate.h"
#include "results/gate_parts.h"
#include "traces/base/err.h"

static const char *const default_metrics[] = GATE_METRICS;

/* Metrics against the base, then those of budgets alone. */
static int collect_metrics(const struct gate_policy *policy,
			   const char ***names, size_t *nr, size_t *nr_judged,
			   struct err *err)
{
	size_t nr_default = sizeof(default_metrics) / sizeof(*default_metrics);
	size_t room = policy->nr_metrics + nr_default + policy->nr_budgets, i;
	const char **all = calloc(room, sizeof(*all));

	*names = all;
	*nr = 0;
	if (!all)
		return err_set(err, ERR_NOMEM, ENOMEM, "metrics of the gate");
	for (i = 0; i < policy->nr_metrics; i++)
		all[(*nr)++] = policy->metrics[i];
	for (i = 0; i < nr_default && !policy->nr_metrics; i++)
		all[(*nr)++] = default_metrics[i];
	*nr_judged = *nr;
	for (i = 0; i < policy->nr_budgets; i++)
		all[(*nr)++] = policy->budgets[i].metric->name;
	return 0;
}

/* "mine" stands for the arm "mine=/opt/lib/mymalloc.so", too. */
static bool names_arm(const char *given, const char *arm)
{
	size_t len = strlen(given);

	return !strncmp(given, arm, len) && (!arm[len] || arm[len] == '=');
}

/* The reference of a baseline is the base; who names one must name that. */
static int find_base(const struct gate_input *input,
		     const struct campaign *campaign,
		     const struct gate_policy *policy, const char **base,
		     struct err *err)
{
	const char *wanted = policy->against;
	size_t i;

	*base = NULL;
	if (input->baseline && wanted &&
	    !names_arm(wanted, input->baseline->reference))
		return err_set(err, ERR_ARG, 0,
			       "the baseline's reference is '%.80s', not "
			       "'%.80s'",
			       input->baseline->reference, wanted);
	if (input->baseline)
		wanted = input->baseline->reference;
	for (i = 0; wanted && i < campaign->nr_arms; i++)
		if (names_arm(wanted, campaign->arms[i])) {
			*base = campaign->arms[i];
			return 0;
		}
	return !wanted ? 0
		       : err_set(err, ERR_COMPARE, 0,
				 "arm '%.80s' was not measured, so that "
				 "nothing can be judged against it",
				 wanted);
}

static int build_comparison(struct comparison *cmp,
			    const struct gate_input *input,
			    const struct campaign *campaign,
			    const struct gate_policy *policy,
			    const char *const *names, size_t nr,
			    struct err *err)
{
	struct comparison_options options = {
		.metrics = names,
		.nr_metrics = nr,
		.thresholds = (const char *const *)policy->thresholds,
		.nr_thresholds = policy->nr_thresholds,
		.label_columns = COMPARISON_LABEL - 8,
	};
	int rc = find_base(input, campaign, policy, &options.base, err);

	return rc ? rc : comparison_build(cmp, campaign, &options, err);
}

static bool is_judged_arm(const struct gate_policy *policy, const char *arm)
{
	size_t i;

	for (i = 0; i < policy->nr_arms; i++)
		if (names_arm(policy->arms[i], arm))
			return true;
	return !policy->nr_arms;
}

static int check_arms(const struct gate_policy *policy,
		      const struct comparison *cmp, struct err *err)
{
	size_t i, k;

	for (i = 0; i < policy->nr_arms; i++) {
		for (k = 1; k < cmp->nr_arms; k++)
			if (names_arm(policy->arms[i], cmp->arms[k]))
				break;
		if (k == cmp->nr_arms)
			return err_set(err, ERR_COMPARE, 0,
				       "arm '%.80s' was not measured beside "
				       "'%.80s'",
				       policy->arms[i], cmp->arms[0]);
	}
	if (cmp->nr_arms < 2 && !policy->nr_budgets)
		return err_set(err, ERR_COMPARE, 0,
			       "there is only '%.80s': nothing to judge",
			       cmp->arms[0]);
	return 0;
}

/* A cell's checks: against an arm or the baseline, and against its anchor. */
enum { CHECKS_OF_CELL = 2 };

static struct gate_check *add_check(struct gate *gate, size_t tape, size_t m,
				    size_t arm)
{
	const struct comparison *cmp = &gate->cmp;
	const struct comparison_tape *t = &cmp->tapes[tape];
	struct gate_check *check = &gate->checks[gate->nr_checks++];

	*check = (struct gate_check){
		.tape = t->tape->name,
		.arm = cmp->arms[arm],
		.label = cmp->labels[arm],
		.metric = &cmp->metrics[m],
		.cell = comparison_cell(cmp, t, m, arm),
		.base = comparison_cell(cmp, t, m, 0),
		.of = t->tape,
		.rule = &t->rules[m],
		.rounds = t->tape->nr_rounds,
		.bound = NAN,
	};
	return check;
}

/* Whether a metric is judged on a tape: a default one only if it is there. */
static bool is_judged(const struct gate *gate, const struct gate_policy *policy,
		      size_t tape, size_t m, const char *const *names,
		      size_t nr_judged)
{
	const struct comparison *cmp = &gate->cmp;
	size_t i;

	for (i = 0; i < nr_judged; i++)
		if (!strcmp(names[i], cmp->metrics[m].name))
			break;
	return i < nr_judged &&
	       (policy->nr_metrics ||
		comparison_tape_has_metric(cmp, &cmp->tapes[tape], m));
}

/* A cell against stored sessions, as far as these have it or should. */
static void add_stored(struct gate *gate, const struct gate_policy *policy,
		       size_t tape, size_t m, size_t arm)
{
	const struct baseline *b = gate->baseline;
	const struct comparison *cmp = &gate->cmp;
	const struct campaign_tape *of = cmp->tapes[tape].tape;
	const char *name = cmp->metrics[m].name;
	bool named = policy->nr_metrics || policy->nr_arms;

	if (!baseline_tape(b, of->rounds[0]) ||
	    (!named && !baseline_arm(&b->window, cmp->arms[arm])))
		return;
	if (policy->nr_metrics ||
	    gate_baseline_has(b, &b->window, of, cmp->arms[arm], name))
		add_check(gate, tape, m, arm)->window = &b->window;
	if (gate_baseline_has(b, &b->anchor, of, cmp->arms[arm], name)) {
		struct gate_check *check = add_check(gate, tape, m, arm);

		check->window = &b->anchor;
		check->is_anchor = true;
	}
}

static void add_checks(struct gate *gate, const struct gate_policy *policy,
		       const char *const *names, size_t nr_judged)
{
	const struct comparison *cmp = &gate->cmp;
	size_t t, m, a, b;

	for (t = 0; t < cmp->nr_tapes; t++)
		for (a = 0; a < cmp->nr_arms; a++) {
			if (!is_judged_arm(policy, cmp->arms[a]))
				continue;
			for (m = 0; a && m < cmp->nr_metrics; m++) {
				if (!is_judged(gate, policy, t, m, names,
					       nr_judged))
					continue;
				if (gate->baseline)
					add_stored(gate, policy, t, m, a);
				else
					add_check(gate, t, m, a);
			}
			/* The base has to keep its budget when it is alone. */
			for (b = 0;
			     (a || cmp->nr_arms == 1) && b < policy->nr_budgets;
			     b++)
				add_check(gate, t,
					  comparison_find_metric(
						  cmp, policy->budgets[b]
							       .metric->name),
					  a)
					->budget = &policy->budgets[b];
		}
}

/* All checks against the base are one family. */
static int decide(struct gate *gate, struct err *err)
{
	struct stats_outcome **family =
		calloc(gate->nr_checks + 1, sizeof(*family));
	size_t i;
	int rc;

	if (!family)
		return err_set(err, ERR_NOMEM, ENOMEM, "checks");
	for (i = 0; i < gate->nr_checks; i++)
		if (gate->checks[i].state == GATE_STATES &&
		    !gate->checks[i].budget)
			family[gate->nr_family++] = &gate->checks[i].outcome;
	rc = stats_decide(family, gate->nr_family, gate->cmp.alpha, err);
	free(family);
	return rc;
}

static void sum_up(struct gate *gate)
{
	size_t i;

	for (i = 0; i < gate->nr_checks; i++)
		gate->nr[gate->checks[i].state]++;
	if (gate->nr[GATE_FAIL])
		gate->exit_code = EXIT_REGRESSION;
	else if (gate->nr[GATE_CRASHED])
		gate->exit_code = EXIT_MEASURE;
	else if (gate->nr[GATE_MISSING] ||
		 (gate->nr[GATE_UNCLEAR] + gate->nr[GATE_INCOMPARABLE] &&
		  !gate->unclear_passes))
		gate->exit_code = EXIT_NOT_JUDGED;
	else
		gate->exit_code = EXIT_OK;
}

static int judge_all(struct gate *gate, const struct comparison *second,
		     struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < gate->nr_checks && !rc; i++) {
		struct gate_check *check = &gate->checks[i];

		gate_check_measure(check);
		if (check->window && check->state == GATE_STATES)
			rc = gate_baseline_measure(gate, check,
						   gate->min_sessions, err);
	}
	if (!rc)
		rc = decide(gate, err);
	if (rc)
		return rc;
	for (i = 0; i < gate->nr_checks; i++) {
		struct gate_check *check = &gate->checks[i];

		gate_check_judge(check, gate->nr_family);
		if (second && check->state == GATE_FAIL && !rc)
			rc = gate_check_confirm(gate, check, second, err);
	}
	sum_up(gate);
	return rc;
}

/* The checks, and those of another session that have to fail, too. */
static int judge(struct gate *gate, const struct gate_policy *policy,
		 const struct comparison *second, const char *const *names,
		 size_t nr, size_t nr_judged, struct err *err)
{
	size_t most = gate->cmp.nr_tapes * gate->cmp.nr_arms *
		      (CHECKS_OF_CELL * gate->cmp.nr_metrics + nr);

	gate->checks = calloc(most + 1, sizeof(*gate->checks));
	if (!gate->checks)
		return err_set(err, ERR_NOMEM, ENOMEM, "checks");
	add_checks(gate, policy, names, nr_judged);
	if (!gate->nr_checks)
		return err_set(err, ERR_COMPARE, 0,
			       "no metric of the gate was measured%s",
			       gate->baseline ? " here and in the baseline"
					      : "");
	return judge_all(gate, second, err);
}

int gate_judge(struct gate *gate, const struct gate_input *input,
	       const struct gate_policy *policy, struct err *err)
{
	struct comparison other = { 0 };
	const char **names = NULL;
	size_t nr = 0, nr_judged = 0;
	int rc;

	memset(gate, 0, sizeof(*gate));
	gate->exit_code = EXIT_NOT_JUDGED;
	gate->unclear_passes = policy->unclear_passes;
	gate->second_session = input->second != NULL;
	gate->baseline = input->baseline;
	gate->min_sessions =
		policy->sessions ? policy->sessions : BASELINE_MIN_SESSIONS;
	rc = collect_metrics(policy, &names, &nr, &nr_judged, err);
	if (!rc)
		rc = build_comparison(&gate->cmp, input, input->campaign,
				      policy, names, nr, err);
	if (!rc && gate->baseline)
		rc = gate_baseline_open(gate, policy, err);
	if (!rc)
		rc = check_arms(policy, &gate->cmp, err);
	if (!rc && input->second)
		rc = build_comparison(&other, input, input->second, policy,
				      names, nr, err);
	if (!rc)
		rc = judge(gate, policy, input->second ? &other : NULL, names,
			   nr, nr_judged, err);
	comparison_release(&other);
	free(names);
	return rc;
}

void gate_release(struct gate *gate)
{
	comparison_release(&gate->cmp);
	free(gate->checks);
	memset(gate, 0, sizeof(*gate));
}
