// SPDX-License-Identifier: MIT
/* Words and numbers of a comparison. Layout is the business of renderers. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "results/comparison.h"
#include "results/result.h"
#include "results/text.h"

static double percent(double ratio)
{
	return 100 * (ratio - 1);
}

static int decimals(double value)
{
	return fabs(value) < 99.95 ? 1 : 0;
}

char *text_change(const struct comparison_cell *cell, char *buf, size_t len)
{
	double change = percent(cell->outcome.ratio);

	*buf = '\0';
	if (cell->outcome.n)
		snprintf(buf, len, "%+.*f %%", decimals(change), change);
	return buf;
}

char *text_half_width(const struct comparison_cell *cell, char *buf, size_t len)
{
	double half = 50 * (cell->outcome.ratio_high - cell->outcome.ratio_low);

	*buf = '\0';
	if (cell->outcome.n)
		snprintf(buf, len, "+-%.*f", half < 9.95 ? 1 : 0, half);
	return buf;
}

char *text_interval(const struct comparison_cell *cell, char *buf, size_t len)
{
	double low = percent(cell->outcome.ratio_low);
	double high = percent(cell->outcome.ratio_high);

	*buf = '\0';
	if (cell->outcome.n)
		snprintf(buf, len, "[%+.*f, %+.*f]", decimals(low), low,
			 decimals(high), high);
	return buf;
}

char *text_verdict(const struct metric *metric,
		   const struct comparison_cell *cell, char *buf, size_t len)
{
	const struct stats_outcome *out = &cell->outcome;

	if (*cell->status && strcmp(cell->status, "ok") != 0)
		snprintf(buf, len, "%s", cell->status);
	else if (!out->n)
		snprintf(buf, len, "n/a");
	else if (metric->role == METRIC_INFO)
		*buf = '\0';
	else if (out->verdict == STATS_UNCLEAR)
		snprintf(buf, len, "unclear(%zu)", out->rounds_needed);
	else
		snprintf(buf, len, "%s", stats_verdict_name(out->verdict));
	return buf;
}

/* The status as a verb. */
static const char *failed_how(const char *status)
{
	if (!strcmp(status, "timeout"))
		return "timed out";
	if (!strcmp(status, "missing"))
		return "was missing";
	return !strcmp(status, "crashed") ? "crashed" : "failed";
}

char *text_failure(const struct comparison_arm *arm, char *buf, size_t len)
{
	*buf = '\0';
	if (arm->failed)
		snprintf(buf, len,
			 "%s in %zu of %zu runs, first in round %zu, %s "
			 "pass%s%s",
			 failed_how(arm->failure->status), arm->failed,
			 arm->runs, arm->failure_round, arm->failure->pass,
			 *arm->failure->message ? ": " : "",
			 arm->failure->message);
	return buf;
}

char *text_builds(const struct comparison_arm *arm, char *buf, size_t len)
{
	*buf = '\0';
	if (arm->other)
		snprintf(buf, len,
			 "of two builds, %s (%.40s) and %s (%.40s): measure "
			 "it again",
			 arm->any->version, arm->any->build_id,
			 arm->other->version, arm->other->build_id);
	return buf;
}

static void append(char *buf, size_t len, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *buf, size_t len, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + used, len - used, fmt, ap);
	va_end(ap);
}

char *text_front(const struct comparison *cmp,
		 const struct comparison_tape *tape, char *buf, size_t len)
{
	size_t i;

	*buf = '\0';
	if (!tape->front_known)
		return buf;
	for (i = 0; i < cmp->nr_arms; i++)
		if (tape->arms[i].in_front)
			append(buf, len, "%s%s", *buf ? ", " : "",
			       cmp->labels[i]);
	for (i = 0; i < cmp->nr_arms; i++)
		if (tape->arms[i].dominated_by != i)
			append(buf, len, "; %s is dominated by %s",
			       cmp->labels[i],
			       cmp->labels[tape->arms[i].dominated_by]);
	return buf;
}

char *text_front_metrics(const struct comparison *cmp,
			 const struct comparison_tape *tape, char *buf,
			 size_t len)
{
	size_t i;

	*buf = '\0';
	for (i = 0; i < tape->nr_front; i++)
		append(buf, len, "%s%s", *buf ? ", " : "",
		       cmp->metrics[tape->front[i]].title);
	return buf;
}
