// SPDX-License-Identifier: MIT
/*
 * Checks against stored rounds: the log-ratios of an arm to the reference, now
 * and in the sessions of a baseline or of its anchor. What is not comparable,
 * or of too few sessions, is not judged.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/baseline.h"
#include "results/gate_parts.h"
#include "traces/base/err.h"

struct sample {
	double *d;
	size_t nr;       /* NAN among them */
	size_t known;    /* that are finite */
	size_t sessions; /* that these are of */
};

static double log_ratio(double value, double reference, double grain)
{
	double ratio = (value + grain) / (reference + grain);

	if (value == reference)
		return 0;
	return isfinite(ratio) && ratio > 0 ? log(ratio) : NAN;
}

/* Whether a round before that one is of its session, and has a value. */
static bool is_counted(const struct gate_check *check, const struct sample *s,
		       size_t at)
{
	const struct result_doc *const *rounds = check->of->rounds;
	size_t i;

	for (i = 0; i < at; i++)
		if (isfinite(s->d[i]) &&
		    campaign_same_session(rounds[i], rounds[at]))
			return true;
	return false;
}

static int sample_now(const struct gate_check *check, struct sample *s,
		      struct err *err)
{
	size_t i;

	s->d = calloc(check->rounds + 1, sizeof(*s->d));
	if (!s->d)
		return err_set(err, ERR_NOMEM, ENOMEM, "rounds of the gate");
	s->nr = check->rounds;
	for (i = 0; i < s->nr; i++) {
		s->d[i] = log_ratio(check->cell->values[i],
				    check->base->values[i], check->rule->grain);
		if (!isfinite(s->d[i]))
			continue;
		s->known++;
		s->sessions += !is_counted(check, s, i);
	}
	return 0;
}

static int sample_before(const struct gate *gate,
			 const struct gate_check *check, struct sample *s,
			 struct err *err)
{
	const struct baseline *b = gate->baseline;
	const struct baseline_tape *tape =
		baseline_tape(b, check->of->rounds[0]);
	size_t i, k;

	for (i = 0; tape && i < check->window->nr; i++) {
		const struct baseline_session *session =
			&check->window->sessions[i];
		const char *metric = check->metric->name;
		const struct baseline_row *row =
			baseline_row(b, session, tape, check->arm, metric);
		const struct baseline_row *reference =
			baseline_row(b, session, tape, b->reference, metric);
		size_t before = s->known;
		double *grown;

		if (!row || !reference)
			continue;
		grown = reallocarray(s->d, s->nr + row->nr + 1, sizeof(*s->d));
		if (!grown)
			return err_set(err, ERR_NOMEM, ENOMEM,
				       "rounds of the baseline");
		s->d = grown;
		for (k = 0; k < row->nr && k < reference->nr; k++) {
			s->d[s->nr] =
				log_ratio(row->values[k], reference->values[k],
					  check->rule->grain);
			s->known += isfinite(s->d[s->nr++]);
		}
		s->sessions += s->known > before;
	}
	return 0;
}

/* Why the machine, the tape, its replay, or the reference is another; or "". */
static void find_difference(const struct gate *gate,
			    const struct gate_check *check, char *why,
			    size_t len)
{
	const struct baseline *b = gate->baseline;
	bool noisy = check->metric->rule.class == STATS_NOISY;
	const struct baseline_arm *before =
		baseline_arm(check->window, b->reference);
	const struct result_run *now = NULL;
	size_t i;

	*why = '\0';
	for (i = 0; i < check->of->nr_rounds && !*why; i++)
		baseline_difference(b, check->of->rounds[i], noisy, why, len);
	for (i = 0; i < check->of->rounds[0]->nr_runs && !now; i++)
		if (!strcmp(check->of->rounds[0]->runs[i].arm, b->reference))
			now = &check->of->rounds[0]->runs[i];
	if (*why || !before || !now)
		return;
	if (strcmp(now->version, before->version) != 0)
		snprintf(why, len,
			 "the reference %.40s is version '%.40s' now, '%.40s' "
			 "in the baseline",
			 b->reference, now->version, before->version);
	else if (*now->build_id && *before->build_id &&
		 strcmp(now->build_id, before->build_id) != 0)
		snprintf(why, len,
			 "the reference %.40s is build '%.40s' now, '%.40s' "
			 "in the baseline",
			 b->reference, now->build_id, before->build_id);
}

/* Whether both sides have enough to be judged. */
static bool is_enough(struct gate_check *check, const struct sample *before,
		      const struct sample *now, size_t min_sessions)
{
	check->sessions_before = before->sessions;
	check->sessions_now = now->sessions;
	if (!before->known)
		gate_check_say(check, GATE_MISSING,
			       "the baseline has no %s of %s: accept a "
			       "campaign that has",
			       check->metric->title, check->label);
	else if (before->sessions < min_sessions)
		gate_check_say(check, GATE_UNCLEAR,
			       "the baseline has %zu of %zu sessions that are "
			       "needed: heaptape baseline accept adds them",
			       before->sessions, min_sessions);
	else if (now->sessions < min_sessions)
		gate_check_say(check, GATE_UNCLEAR,
			       "measured in %zu of %zu sessions that are "
			       "needed: give folders of more of them, or "
			       "--sessions",
			       now->sessions, min_sessions);
	else if (before->known < STATS_MIN_ROUNDS ||
		 now->known < STATS_MIN_ROUNDS)
		gate_check_say(check, GATE_UNCLEAR,
			       "%zu rounds now and %zu in the baseline; %d of "
			       "each are needed",
			       now->known, before->known, STATS_MIN_ROUNDS);
	else
		return true;
	return false;
}

int gate_baseline_measure(const struct gate *gate, struct gate_check *check,
			  size_t min_sessions, struct err *err)
{
	struct sample now = { 0 }, before = { 0 };
	char why[260];
	int rc = 0;

	find_difference(gate, check, why, sizeof(why));
	if (*why) {
		gate_check_say(check, GATE_INCOMPARABLE, "not comparable: %s",
			       why);
		return 0;
	}
	rc = sample_now(check, &now, err);
	if (!rc)
		rc = sample_before(gate, check, &before, err);
	if (!rc && is_enough(check, &before, &now, min_sessions))
		rc = stats_compare_shift(before.d, before.nr, now.d, now.nr,
					 check->rule, &check->outcome, err);
	free(now.d);
	free(before.d);
	return rc;
}

bool gate_baseline_has(const struct baseline *b,
		       const struct baseline_window *window,
		       const struct campaign_tape *tape, const char *arm,
		       const char *metric)
{
	const struct baseline_tape *known = baseline_tape(b, tape->rounds[0]);
	size_t i;

	for (i = 0; known && i < window->nr; i++)
		if (baseline_row(b, &window->sessions[i], known, arm, metric))
			return true;
	return false;
}

bool gate_baseline_has_arm(const struct baseline *b, const char *arm)
{
	return baseline_arm(&b->window, arm) != NULL;
}

/* Each arm of the newest session has to be there, unless arms were named. */
static int check_arms(const struct gate *gate, const struct gate_policy *policy,
		      struct err *err)
{
	const struct baseline_window *w = &gate->baseline->window;
	const struct baseline_session *newest =
		w->nr ? &w->sessions[w->nr - 1] : NULL;
	size_t i, k;

	for (i = 0; newest && !policy->nr_arms && i < newest->nr_arms; i++) {
		for (k = 0; k < gate->cmp.nr_arms; k++)
			if (!strcmp(gate->cmp.arms[k], newest->arms[i].arm))
				break;
		if (k == gate->cmp.nr_arms)
			return err_set(err, ERR_COMPARE, 0,
				       "arm '%.80s' of the baseline was not "
				       "measured; name those to judge with "
				       "--arm",
				       newest->arms[i].arm);
	}
	return 0;
}

static void note_unknown(struct gate *gate, const struct gate_policy *policy)
{
	const struct baseline *b = gate->baseline;
	size_t i;

	for (i = 1; i < gate->cmp.nr_arms && !policy->nr_arms; i++)
		if (!gate_baseline_has_arm(b, gate->cmp.arms[i]))
			gate_note(gate,
				  "%s is not in the baseline and not judged: "
				  "heaptape baseline accept adds it",
				  gate->cmp.labels[i]);
	for (i = 0; i < gate->cmp.nr_tapes; i++)
		if (!baseline_tape(b, gate->cmp.tapes[i].tape->rounds[0]))
			gate_note(gate,
				  "tape %.100s is not in the baseline and not "
				  "judged: heaptape baseline accept adds it",
				  gate->cmp.tapes[i].tape->name);
}

int gate_baseline_open(struct gate *gate, const struct gate_policy *policy,
		       struct err *err)
{
	const struct campaign *campaign = gate->cmp.campaign;
	long days = baseline_age_days(gate->baseline, &campaign->docs[0]);

	if (!gate->baseline->window.nr)
		return err_set(err, ERR_COMPARE, 0,
			       "the baseline %.150s has no sessions",
			       gate->baseline->path);
	if (days > BASELINE_MAX_DAYS)
		gate_note(gate,
			  "the newest session of the baseline is %ld days "
			  "older than this: accept a newer one",
			  days);
	note_unknown(gate, policy);
	return check_arms(gate, policy, err);
}
