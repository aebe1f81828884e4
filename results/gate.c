// SPDX-License-Identifier: MIT
/*
 * The checks of a gate and what they come to: cells of a comparison, one family
 * of them all, budgets by order statistics, and a second
 * session that has to find the same.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/gate.h"
#include "results/gate_parts.h"
#include "traces/base/err.h"

static const char *const default_metrics[] = GATE_METRICS;

const char *gate_state_name(enum gate_state state)
{
	static const char *const names[GATE_STATES] = {
		[GATE_PASS] = "pass",       [GATE_WARN] = "warn",
		[GATE_FAIL] = "fail",       [GATE_UNCLEAR] = "unclear",
		[GATE_MISSING] = "missing", [GATE_CRASHED] = "crashed",
	};

	return names[state];
}

const char *gate_verdict(const struct gate *gate)
{
	switch (gate->exit_code) {
	case EXIT_OK:
		return "PASS";
	case EXIT_REGRESSION:
		return "FAIL";
	case EXIT_MEASURE:
		return "ERROR";
	default:
		return "NOT JUDGED";
	}
}

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

static int build_comparison(struct comparison *cmp,
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
	size_t i;

	for (i = 0; policy->against && i < campaign->nr_arms; i++)
		if (names_arm(policy->against, campaign->arms[i])) {
			options.base = campaign->arms[i];
			break;
		}
	if (policy->against && i == campaign->nr_arms)
		return err_set(err, ERR_COMPARE, 0,
			       "arm '%.80s' was not measured, so that nothing "
			       "can be judged against it",
			       policy->against);
	return comparison_build(cmp, campaign, &options, err);
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

static void add_checks(struct gate *gate, const struct gate_policy *policy,
		       const char *const *names, size_t nr_judged)
{
	const struct comparison *cmp = &gate->cmp;
	size_t t, m, a, b;

	for (t = 0; t < cmp->nr_tapes; t++)
		for (a = 0; a < cmp->nr_arms; a++) {
			if (!is_judged_arm(policy, cmp->arms[a]))
				continue;
			for (m = 0; a && m < cmp->nr_metrics; m++)
				if (is_judged(gate, policy, t, m, names,
					      nr_judged))
					add_check(gate, t, m, a);
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
		 (gate->nr[GATE_UNCLEAR] && !gate->unclear_passes))
		gate->exit_code = EXIT_NOT_JUDGED;
	else
		gate->exit_code = EXIT_OK;
}

static int judge_all(struct gate *gate, const struct comparison *second,
		     struct err *err)
{
	size_t i;
	int rc;

	for (i = 0; i < gate->nr_checks; i++)
		gate_check_measure(&gate->checks[i]);
	rc = decide(gate, err);
	if (rc)
		return rc;
	for (i = 0; i < gate->nr_checks; i++) {
		struct gate_check *check = &gate->checks[i];

		gate_check_judge(check, gate->nr_family);
		if (second && check->state == GATE_FAIL && !rc)
			rc = gate_check_confirm(check, second, err);
	}
	sum_up(gate);
	return rc;
}

int gate_judge(struct gate *gate, const struct campaign *campaign,
	       const struct campaign *second, const struct gate_policy *policy,
	       struct err *err)
{
	struct comparison other = { 0 };
	const char **names = NULL;
	size_t nr = 0, nr_judged = 0, most;
	int rc;

	memset(gate, 0, sizeof(*gate));
	gate->exit_code = EXIT_NOT_JUDGED;
	gate->unclear_passes = policy->unclear_passes;
	gate->second_session = second != NULL;
	rc = collect_metrics(policy, &names, &nr, &nr_judged, err);
	if (!rc)
		rc = build_comparison(&gate->cmp, campaign, policy, names, nr,
				      err);
	if (!rc)
		rc = check_arms(policy, &gate->cmp, err);
	if (!rc && second)
		rc = build_comparison(&other, second, policy, names, nr, err);
	most = gate->cmp.nr_tapes * gate->cmp.nr_arms * (nr + 1);
	gate->checks = rc ? NULL : calloc(most + 1, sizeof(*gate->checks));
	if (!rc && !gate->checks)
		rc = err_set(err, ERR_NOMEM, ENOMEM, "checks");
	if (!rc) {
		add_checks(gate, policy, names, nr_judged);
		if (!gate->nr_checks)
			rc = err_set(err, ERR_COMPARE, 0,
				     "no metric of the gate was measured");
	}
	if (!rc)
		rc = judge_all(gate, second ? &other : NULL, err);
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

char *gate_check_title(const struct gate_check *check, char *buf, size_t len)
{
	snprintf(buf, len, "%s / %s / %s", check->tape, check->label,
		 check->budget ? check->budget->text : check->metric->title);
	return buf;
}

char *gate_summary(const struct gate *gate, char *buf, size_t len)
{
	size_t used, i;

	used = (size_t)snprintf(buf, len, "%zu checks", gate->nr_checks);
	for (i = 0; i < GATE_STATES && used < len; i++) {
		bool first = !strchr(buf, ':');

		if (gate->nr[i])
			used += (size_t)snprintf(
				buf + used, len - used, "%s %zu %s",
				first ? ":" : ",", gate->nr[i],
				gate_state_name((enum gate_state)i));
	}
	return buf;
}
