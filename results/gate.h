// SPDX-License-Identifier: MIT
/*
 * Whether a build may pass: every arm of a campaign against one of them, and
 * against budgets. A check fails by tests that hold for all checks together
 * (Holm), never by an estimate; what was not measured never passes. Renderers
 * read the model and decide nothing.
 */
#ifndef RESULTS_GATE_H
#define RESULTS_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "results/comparison.h"

struct err;

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
};

/* Judged where nobody says otherwise, as far as they were measured. */
#define GATE_METRICS                                               \
 {                                                                 \
  "wall_ns", "rss_peak_bytes", "rss_mean_bytes", "malloc_p999_ns", \
	  "free_p999_ns"                                           \
 }

enum gate_state {
	GATE_PASS,
	GATE_WARN,    /* a change, but none that fails; see the message */
	GATE_FAIL,    /* worse, or beyond the budget */
	GATE_UNCLEAR, /* too few rounds to tell */
	GATE_MISSING, /* not measured */
	GATE_CRASHED, /* the allocator, or its replay */
	GATE_STATES
};

/* One metric of one arm on one tape, against the base or a budget. */
struct gate_check {
	const char *tape;
	const char *arm;
	const char *label; /* the arm, short */
	const struct metric *metric;
	const struct gate_budget *budget; /* NULL: against the base */
	const struct comparison_cell *cell;
	const struct comparison_cell *base;
	size_t rounds; /* values of cell, NAN among them */
	/* The cell's, decided among all checks of the gate. */
	struct stats_outcome outcome;
	double bound; /* budget: the median is at least this; or NAN */
	enum gate_state state;
	bool confirmed;    /* failed in a second session, too */
	char message[320]; /* one line */
};

struct gate {
	struct comparison cmp;
	struct gate_check *checks;
	size_t nr_checks;
	size_t nr_family; /* checks against the base */
	size_t nr[GATE_STATES];
	bool second_session; /* there is one that failures had to be in */
	bool unclear_passes;
	int exit_code; /* enum exit_code */
};

/*
 * Judge a campaign; second is another session of the same, or NULL: then what
 * is worse there is not asked for. Both must outlive the gate. -ERR_ARG: a
 * metric is unknown; -ERR_COMPARE: there is nothing that could be judged. gate
 * goes to gate_release in any case.
 */
int gate_judge(struct gate *gate, const struct campaign *campaign,
	       const struct campaign *second, const struct gate_policy *policy,
	       struct err *err);
void gate_release(struct gate *gate);

/* "pass", "warn", "fail", "unclear", "missing", "crashed"; static text. */
const char *gate_state_name(enum gate_state state);
/* "PASS", "FAIL", "NOT JUDGED" or "ERROR", by the exit code. */
const char *gate_verdict(const struct gate *gate);
/* "trace / arm / title", or with the budget's text; returns buf. */
char *gate_check_title(const struct gate_check *check, char *buf, size_t len);
/* "24 checks: 22 pass, 1 warn, 1 fail"; returns buf. */
char *gate_summary(const struct gate *gate, char *buf, size_t len);

/*
 * gate_policy.c: add what a JSON file says; a key that it may not have is told
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
void gate_policy_release(struct gate_policy *policy);

#endif
