// SPDX-License-Identifier: MIT
/*
 * From the words of the cells to sentences: which arm to take, what alone
 * speaks for another, which ones need no further thought. The figures under
 * each sentence are the pairs of arms that it speaks of.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/comparison_parts.h"
#include "results/text.h"
#include "results/verdict_parts.h"
#include "traces/base/err.h"

struct verdict_sentence *verdict_say(struct verdict *verdict,
				     enum verdict_kind kind, size_t arm,
				     const char *fmt, ...)
{
	struct verdict_sentence *grown = reallocarray(
		verdict->sentences, verdict->nr + 1, sizeof(*grown));
	struct verdict_sentence *s;
	va_list ap;
	int rc;

	if (!grown)
		return NULL;
	verdict->sentences = grown;
	s = &grown[verdict->nr];
	*s = (struct verdict_sentence){ .kind = kind, .arm = arm };
	va_start(ap, fmt);
	rc = vasprintf(&s->text, fmt, ap);
	va_end(ap);
	if (rc < 0)
		return NULL;
	verdict->nr++;
	return s;
}

int verdict_figure(struct verdict_sentence *s, const char *fmt, ...)
{
	char **grown;
	va_list ap;
	int rc;

	if (!s)
		return -ERR_NOMEM;
	grown = reallocarray(s->figures, s->nr_figures + 1, sizeof(*grown));
	if (!grown)
		return -ERR_NOMEM;
	s->figures = grown;
	va_start(ap, fmt);
	rc = vasprintf(&grown[s->nr_figures], fmt, ap);
	va_end(ap);
	if (rc < 0)
		return -ERR_NOMEM;
	s->nr_figures++;
	return 0;
}

void verdict_release(struct verdict *verdict)
{
	size_t i, k;

	for (i = 0; i < verdict->nr; i++) {
		for (k = 0; k < verdict->sentences[i].nr_figures; k++)
			free(verdict->sentences[i].figures[k]);
		free(verdict->sentences[i].figures);
		free(verdict->sentences[i].text);
	}
	free(verdict->sentences);
	memset(verdict, 0, sizeof(*verdict));
}

const char *verdict_kind_name(enum verdict_kind kind)
{
	static const char *const names[] = {
		[VERDICT_CHOICE] = "choice",
		[VERDICT_ONLY] = "only-if",
		[VERDICT_AGAINST] = "against",
		[VERDICT_SAME] = "same",
		[VERDICT_FAILED] = "failed",
		[VERDICT_UNDECIDED] = "undecided",
		[VERDICT_READING] = "reading",
	};

	return names[kind];
}

/* "RSS peak: 1.69 GiB against 1.98 GiB of glibc: -14.9 % [..., ...] BETTER" */
static int add_pair(struct verdict_sentence *s,
		    const struct verdict_pairs *pairs, size_t a, size_t b,
		    size_t k)
{
	const struct comparison *cmp = pairs->cmp;
	size_t m = pairs->tape->front[k];
	const struct metric *metric = &cmp->metrics[m];
	const struct comparison_cell cell = {
		.outcome = *comparison_pair(cmp, pairs->tape, a, b, k),
		.status = ""
	};
	char own[32], other[32], change[24], interval[48], word[32];

	metric_format(metric, comparison_cell(cmp, pairs->tape, m, a)->median,
		      own, sizeof(own));
	metric_format(metric, comparison_cell(cmp, pairs->tape, m, b)->median,
		      other, sizeof(other));
	return verdict_figure(s, "%s: %s against %s of %s, %s %s, %s",
			      metric->title, own, other, cmp->labels[b],
			      text_change(&cell, change, sizeof(change)),
			      text_interval(&cell, interval, sizeof(interval)),
			      text_verdict(metric, &cell, word, sizeof(word)));
}

/* The names of the front's metrics in that set, "wall time and RSS peak". */
static char *name_metrics(const struct verdict_pairs *pairs, unsigned set,
			  char *buf, size_t len)
{
	size_t k, used = 0;
	unsigned left = set;

	*buf = '\0';
	for (k = 0; k < pairs->tape->nr_front; k++) {
		if (!(set & 1U << k))
			continue;
		left &= ~(1U << k);
		used += (size_t)snprintf(
			buf + used, len - used, "%s%s",
			!used  ? ""
			: left ? ", "
			       : " and ",
			pairs->cmp->metrics[pairs->tape->front[k]].title);
	}
	return buf;
}

/* The metrics in which a against b has that word. */
static unsigned set_of(const struct verdict_pairs *pairs, size_t a, size_t b,
		       enum stats_verdict word)
{
	unsigned set = 0;
	size_t k;

	for (k = 0; k < pairs->tape->nr_front; k++)
		if (comparison_pair(pairs->cmp, pairs->tape, a, b, k)
			    ->verdict == word)
			set |= 1U << k;
	return set;
}

/* The metrics in which the arm has that rank. */
static unsigned rank_set(const struct verdict_pairs *pairs, size_t a,
			 enum verdict_rank rank)
{
	unsigned set = 0;
	size_t k;

	for (k = 0; k < pairs->tape->nr_front; k++)
		if (verdict_rank(pairs, a, k) == rank)
			set |= 1U << k;
	return set;
}

/*
 * The arm of the front that is unbeaten in most metrics, then the one that is
 * BETTER than the base in most; the base where that is equal.
 */
static size_t choose(const struct verdict_pairs *pairs)
{
	int best_score = -1;
	size_t best = 0, a;

	for (a = 0; a < pairs->nr; a++) {
		int score;

		if (!pairs->tape->arms[a].in_front)
			continue;
		score = 9 * __builtin_popcount(
				    rank_set(pairs, a, VERDICT_LEAST)) +
			8 * __builtin_popcount(
				    rank_set(pairs, a, VERDICT_UNBEATEN));
		if (a)
			score += __builtin_popcount(
				set_of(pairs, a, 0, STATS_BETTER));
		if (score > best_score) {
			best = a;
			best_score = score;
		}
	}
	return best;
}

static int add_all(struct verdict_sentence *s,
		   const struct verdict_pairs *pairs, size_t a, size_t b)
{
	size_t k;
	int rc = s ? 0 : -ERR_NOMEM;

	for (k = 0; k < pairs->tape->nr_front && !rc; k++)
		rc = add_pair(s, pairs, a, b, k);
	return rc;
}

/* "; none is better in malloc p99.9; at the price of more wall time" */
static void add_limits(const struct verdict_pairs *pairs, size_t a,
		       unsigned unbeaten, char *buf, size_t len)
{
	unsigned losing = a ? set_of(pairs, a, 0, STATS_WORSE) : 0;
	unsigned open = a ? set_of(pairs, a, 0, STATS_UNCLEAR) : 0;
	char names[160];
	int used = 0;

	*buf = '\0';
	name_metrics(pairs, unbeaten, names, sizeof(names));
	if (unbeaten)
		used = snprintf(buf, len, "; none is better in %s", names);
	name_metrics(pairs, losing, names, sizeof(names));
	if (losing)
		used += snprintf(buf + used, len - (size_t)used,
				 "; at the price of more %s than %s", names,
				 pairs->cmp->labels[0]);
	name_metrics(pairs, open, names, sizeof(names));
	if (open)
		snprintf(buf + used, len - (size_t)used,
			 "; %s not decided against %s", names,
			 pairs->cmp->labels[0]);
}

/* The choice stands against the base, or the base against all others. */
static int say_choice(const struct verdict_pairs *pairs, size_t a,
		      struct verdict *v)
{
	const char *name = pairs->cmp->labels[a];
	struct verdict_sentence *s;
	char best[160], limits[512];
	unsigned least = rank_set(pairs, a, VERDICT_LEAST);
	unsigned unbeaten = rank_set(pairs, a, VERDICT_UNBEATEN);
	unsigned winning = a ? set_of(pairs, a, 0, STATS_BETTER) : 0;
	size_t b;
	int rc = 0;

	name_metrics(pairs, least ? least : winning, best, sizeof(best));
	add_limits(pairs, a, unbeaten, limits, sizeof(limits));
	if (least)
		s = verdict_say(v, VERDICT_CHOICE, a, "%s: least %s%s.", name,
				best, limits);
	else if (winning)
		s = verdict_say(v, VERDICT_CHOICE, a, "%s: less %s than %s%s.",
				name, best, pairs->cmp->labels[0], limits);
	else
		s = verdict_say(v, VERDICT_CHOICE, a,
				"%s: no arm is shown to be better.", name);
	if (a)
		return add_all(s, pairs, a, 0);
	for (b = 1; b < pairs->nr && !rc; b++)
		if (verdict_complete(pairs, b))
			rc = add_all(s, pairs, a, b);
	return rc;
}

/* Another arm of the front: in what it is better than the choice. */
static int say_only(const struct verdict_pairs *pairs, size_t a, size_t choice,
		    struct verdict *v)
{
	unsigned better = set_of(pairs, a, choice, STATS_BETTER);
	unsigned worse = set_of(pairs, a, choice, STATS_WORSE);
	const char *name = pairs->cmp->labels[a];
	const char *other = pairs->cmp->labels[choice];
	char good[160], bad[160];

	name_metrics(pairs, better, good, sizeof(good));
	name_metrics(pairs, worse, bad, sizeof(bad));
	if (better && worse)
		return add_all(verdict_say(v, VERDICT_ONLY, a,
					   "%s only if less %s is worth more "
					   "%s than %s has.",
					   name, good, bad, other),
			       pairs, a, choice);
	if (better)
		return add_all(verdict_say(v, VERDICT_ONLY, a,
					   "%s only if %s counts most; the "
					   "rest is not worse than with %s, "
					   "as far as was measured.",
					   name, good, other),
			       pairs, a, choice);
	if (worse)
		return add_all(verdict_say(v, VERDICT_AGAINST, a,
					   "%s has more %s than %s, and is "
					   "better in nothing that is sure.",
					   name, bad, other),
			       pairs, a, choice);
	if (set_of(pairs, a, choice, STATS_SAME) ==
	    (1U << pairs->tape->nr_front) - 1)
		return add_all(verdict_say(v, VERDICT_SAME, a,
					   "%s makes no difference to %s.",
					   name, other),
			       pairs, a, choice);
	return add_all(verdict_say(v, VERDICT_UNDECIDED, a,
				   "%s against %s is not decided: more rounds "
				   "would tell.",
				   name, other),
		       pairs, a, choice);
}

static int say_dominated(const struct verdict_pairs *pairs, size_t a,
			 struct verdict *v)
{
	size_t by = pairs->tape->arms[a].dominated_by;
	char text[160];

	name_metrics(pairs, set_of(pairs, by, a, STATS_BETTER), text,
		     sizeof(text));
	return add_all(verdict_say(v, VERDICT_AGAINST, a,
				   "Nothing speaks for %s: %s has less %s, and "
				   "is not worse in the rest.",
				   pairs->cmp->labels[a],
				   pairs->cmp->labels[by], text),
		       pairs, a, by);
}

static int say_failed(const struct verdict_pairs *pairs, size_t a,
		      struct verdict *v)
{
	char text[512];

	text_failure(&pairs->tape->arms[a], text, sizeof(text));
	return verdict_say(v, VERDICT_FAILED, a,
			   "%s is out: it %s; its numbers are left out.",
			   pairs->cmp->labels[a], text)
		       ? 0
		       : -ERR_NOMEM;
}

static int say_mixed(const struct verdict_pairs *pairs, size_t a,
		     struct verdict *v)
{
	char text[256];

	text_builds(&pairs->tape->arms[a], text, sizeof(text));
	return verdict_say(v, VERDICT_FAILED, a,
			   "%s is out: its rounds are %s.",
			   pairs->cmp->labels[a], text)
		       ? 0
		       : -ERR_NOMEM;
}

static int say_others(const struct verdict_pairs *pairs, size_t choice,
		      struct verdict *v)
{
	const struct comparison_tape *tape = pairs->tape;
	size_t a;
	int rc = 0;

	for (a = 0; a < pairs->nr && !rc; a++)
		if (a != choice && tape->arms[a].in_front)
			rc = say_only(pairs, a, choice, v);
	for (a = 0; a < pairs->nr && !rc; a++)
		if (a != choice && tape->arms[a].dominated_by != a)
			rc = say_dominated(pairs, a, v);
	return rc;
}

/* Too few rounds, or too few arms with all values. */
static int say_unknown(const struct verdict_pairs *pairs, struct verdict *v)
{
	const struct comparison_tape *tape = pairs->tape;
	size_t have = tape->tape->nr_rounds, nr = 0, a;
	const struct verdict_sentence *s;

	for (a = 0; a < pairs->nr; a++)
		nr += verdict_complete(pairs, a);
	if (nr < 2)
		s = verdict_say(v, VERDICT_UNDECIDED, pairs->nr,
				"No choice: fewer than two arms have a figure "
				"for time, memory and tail.");
	else
		s = verdict_say(v, VERDICT_UNDECIDED, pairs->nr,
				"No choice yet: %zu round%s cannot tell; "
				"replay with -n %zu or more.",
				have, have == 1 ? "" : "s", tape->min_rounds);
	return s ? 0 : -ERR_NOMEM;
}

int verdict_of_tape(const struct comparison *cmp,
		    const struct comparison_tape *tape, struct verdict *v,
		    struct err *err)
{
	const struct verdict_pairs pairs = { cmp, tape, cmp->nr_arms };
	size_t choice = 0, a;
	int rc;

	memset(v, 0, sizeof(*v));
	if (tape->front_known) {
		choice = choose(&pairs);
		rc = say_choice(&pairs, choice, v);
		if (!rc)
			rc = say_others(&pairs, choice, v);
	} else {
		rc = say_unknown(&pairs, v);
	}
	for (a = 0; a < cmp->nr_arms && !rc; a++)
		if (tape->arms[a].failed)
			rc = say_failed(&pairs, a, v);
	for (a = 0; a < cmp->nr_arms && !rc; a++)
		if (tape->arms[a].other)
			rc = say_mixed(&pairs, a, v);
	if (!rc)
		rc = verdict_read(cmp, tape, choice, v, err);
	return rc ? comparison_no_memory(err) : 0;
}
