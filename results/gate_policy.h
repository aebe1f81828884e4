// SPDX-License-Identifier: MIT
/* What a gate judges and how, from options and from a file. */
#ifndef RESULTS_GATE_POLICY_H
#define RESULTS_GATE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct metric;

/* "rss_peak_bytes<=1.5GiB": what no arm may exceed, whatever the base has. */
struct gate_budget {
	char text[96]; /* as given */
	const struct metric *metric;
	double limit;
};

/* What to judge, from options and a policy file. Zeroed means defaults. */
struct gate_policy {
	char *against; /* arm to compare with */
	char **arms;   /* to judge; none: all others */
	size_t nr_arms;
	char **metrics; /* names; none: GATE_METRICS */
	size_t nr_metrics;
	char **thresholds; /* "METRIC=PERCENT" */
	size_t nr_thresholds;
	struct gate_budget *budgets;
	size_t nr_budgets;
	bool unclear_passes;
	size_t sessions; /* least on either side of a baseline; 0: usual */
};

/*
 * Add what a JSON file says; a key that it may not have is told
 * with its line. -ERR_ARG or -ERR_IO.
 */
int gate_policy_read(struct gate_policy *policy, const char *path,
		     struct err *err);
int gate_policy_add_arm(struct gate_policy *policy, const char *label,
			struct err *err);
/* By the name of documents, or without its unit: "rss_peak". */
int gate_policy_add_metric(struct gate_policy *policy, const char *name,
			   struct err *err);
int gate_policy_add_threshold(struct gate_policy *policy, const char *text,
			      struct err *err);
int gate_policy_add_budget(struct gate_policy *policy, const char *text,
			   struct err *err);
int gate_policy_set_against(struct gate_policy *policy, const char *label,
			    struct err *err);
/* "fail" or "pass": what a gate does that cannot tell. */
int gate_policy_set_unclear(struct gate_policy *policy, const char *word,
			    struct err *err);
/* "3": how many sessions both sides of a baseline need. */
int gate_policy_set_sessions(struct gate_policy *policy, uint64_t sessions,
			     struct err *err);
void gate_policy_release(struct gate_policy *policy);

#endif
