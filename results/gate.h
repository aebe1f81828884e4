// SPDX-License-Identifier: MIT
/*
 * Whether a build may pass: every arm of a campaign against one of them or
 * against what was stored of it, and against budgets. A check fails by tests that hold for all checks together
 * (Holm), never by an estimate; what was not measured never passes. Renderers
 * read the model and decide nothing.
 */
#ifndef RESULTS_GATE_H
#define RESULTS_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "results/comparison.h"
#include "results/gate_policy.h"

struct baseline;
struct baseline_window;
struct err;

/* Judged where nobody says otherwise, as far as they were measured. */
#define GATE_METRICS                                               \
 {                                                                 \
  "wall_ns", "rss_peak_bytes", "rss_mean_bytes", "malloc_p999_ns", \
	  "free_p999_ns"                                           \
 }

enum gate_state {
	GATE_PASS,
	GATE_WARN,         /* a change, but none that fails; see the message */
	GATE_FAIL,         /* worse, or beyond the budget */
	GATE_UNCLEAR,      /* too few rounds to tell */
	GATE_MISSING,      /* not measured */
	GATE_INCOMPARABLE, /* the baseline is of another machine or tape */
	GATE_CRASHED,      /* the allocator, or its replay */
	GATE_STATES
};

/* One metric of one arm on one tape, against the base or a budget. */
struct gate_check {
	const char *tape;
	const char *arm;
	const char *label; /* the arm, short */
	const struct metric *metric;
	const struct gate_budget *budget; /* NULL: against the base */
	/* Stored sessions to judge by, of baseline or anchor; NULL: none. */
	const struct baseline_window *window;
	bool is_anchor;
	const struct campaign_tape *of;
	const struct stats_rule *rule;
	const struct comparison_cell *cell;
	const struct comparison_cell *base;
	size_t rounds; /* values of cell, NAN among them */
	size_t sessions_before, sessions_now; /* of a window */
	/* The cell's, decided among all checks of the gate. */
	struct stats_outcome outcome;
	double bound; /* budget: the median is at least this; or NAN */
	enum gate_state state;
	bool confirmed;    /* failed in a second session, too */
	char message[320]; /* one line */
};

enum { GATE_NOTES = 8 };

struct gate {
	struct comparison cmp;
	const struct baseline *baseline; /* borrowed, or NULL */
	size_t min_sessions;
	struct gate_check *checks;
	size_t nr_checks;
	size_t nr_family; /* checks against the base */
	size_t nr[GATE_STATES];
	bool second_session; /* there is one that failures had to be in */
	bool unclear_passes;
	char notes[GATE_NOTES][256]; /* what the reader should know */
	size_t nr_notes;
	int exit_code; /* enum exit_code */
};

/* What there is to judge, and to judge by. All must outlive the gate. */
struct gate_input {
	const struct campaign *campaign;
	/* Another session of the same, that has to find the same; or NULL. */
	const struct campaign *second;
	const struct baseline *baseline; /* NULL: against an arm */
};

/*
 * Judge. -ERR_ARG: a metric is unknown; -ERR_COMPARE: there is nothing that
 * could be judged. gate goes to gate_release in any case.
 */
int gate_judge(struct gate *gate, const struct gate_input *input,
	       const struct gate_policy *policy, struct err *err);
void gate_release(struct gate *gate);

/* "pass", "not comparable", ...; static text. */
const char *gate_state_name(enum gate_state state);
/* "PASS", "FAIL", "NOT JUDGED" or "ERROR", by the exit code. */
const char *gate_verdict(const struct gate *gate);
/* "trace / arm / title", or with the budget's text; returns buf. */
char *gate_check_title(const struct gate_check *check, char *buf, size_t len);
/* "rss_peak_bytes", the budget's text, "... since v1.2"; returns buf. */
char *gate_check_name(const struct gate_check *check, char *buf, size_t len);
/* "against", "baseline", "anchor" or "budget". */
const char *gate_check_kind(const struct gate_check *check);
/* What is judged by: "glibc", "main.json (5 sessions, by glibc)". */
char *gate_against(const struct gate *gate, char *buf, size_t len);
/* "24 checks: 22 pass, 1 warn, 1 fail"; returns buf. */
char *gate_summary(const struct gate *gate, char *buf, size_t len);

#endif
