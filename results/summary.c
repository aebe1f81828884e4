// SPDX-License-Identifier: MIT
/* From the verdicts of the cells to one word and one sentence per arm. */
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "results/comparison.h"
#include "results/summary.h"

/* How one metric went over the tapes. */
struct tally {
	size_t better, worse, same, slightly_better, slightly_worse, unclear;
	size_t needed;    /* rounds, at most over the unclear ones */
	double low, high; /* change in percent over all tapes */
};

static bool in_front(const struct comparison *cmp, size_t metric)
{
	size_t i, k;

	for (i = 0; i < cmp->nr_tapes; i++)
		for (k = 0; k < cmp->tapes[i].nr_front; k++)
			if (cmp->tapes[i].front[k] == metric)
				return true;
	return false;
}

static struct tally count(const struct comparison *cmp, size_t metric,
			  size_t arm)
{
	struct tally tally = { .low = INFINITY, .high = -INFINITY };
	size_t i;

	for (i = 0; i < cmp->nr_tapes; i++) {
		const struct stats_outcome *out =
			&comparison_cell(cmp, &cmp->tapes[i], metric, arm)
				 ->outcome;
		double change = 100 * (out->ratio - 1);

		if (!out->n)
			continue;
		tally.low = fmin(tally.low, change);
		tally.high = fmax(tally.high, change);
		if (out->rounds_needed > tally.needed)
			tally.needed = out->rounds_needed;
		tally.better += out->verdict == STATS_BETTER;
		tally.worse += out->verdict == STATS_WORSE;
		tally.same += out->verdict == STATS_SAME;
		tally.slightly_better += out->verdict == STATS_SLIGHTLY_BETTER;
		tally.slightly_worse += out->verdict == STATS_SLIGHTLY_WORSE;
		tally.unclear += out->verdict == STATS_UNCLEAR;
	}
	return tally;
}

enum summary_kind summary_kind(const struct comparison *cmp, size_t arm)
{
	size_t better = 0, worse = 0, unclear = 0, i;

	for (i = 0; i < cmp->nr_tapes; i++)
		if (cmp->tapes[i].arms[arm].failed)
			return SUMMARY_FAILED;
	for (i = 0; i < cmp->nr_metrics; i++) {
		struct tally tally = count(cmp, i, arm);

		if (!in_front(cmp, i))
			continue;
		better += tally.better;
		worse += tally.worse;
		unclear += tally.unclear + tally.slightly_better +
			   tally.slightly_worse;
	}
	if (better)
		return worse ? SUMMARY_TRADE : SUMMARY_BETTER;
	if (worse)
		return SUMMARY_WORSE;
	return unclear ? SUMMARY_UNCLEAR : SUMMARY_SAME;
}

const char *summary_word(enum summary_kind kind)
{
	static const char *const words[] = {
		[SUMMARY_FAILED] = "FAILED",   [SUMMARY_BETTER] = "BETTER",
		[SUMMARY_TRADE] = "TRADE-OFF", [SUMMARY_WORSE] = "WORSE",
		[SUMMARY_SAME] = "SAME",       [SUMMARY_UNCLEAR] = "UNCLEAR",
	};

	return words[kind];
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

static void append_change(char *buf, size_t len, const struct tally *tally)
{
	if (tally->high - tally->low < 0.5)
		append(buf, len, " (%+.1f %%", tally->low);
	else
		append(buf, len, " (%+.1f to %+.1f %%", tally->low,
		       tally->high);
}

/* The metrics where `part` of the tally is not 0, after that word. */
static void append_part(const struct comparison *cmp, size_t arm,
			const char *word, size_t offset, char *buf, size_t len)
{
	bool first = true;
	size_t i;

	for (i = 0; i < cmp->nr_metrics; i++) {
		struct tally tally = count(cmp, i, arm);
		size_t number;

		memcpy(&number, (const char *)&tally + offset, sizeof(number));
		if (!number || !in_front(cmp, i))
			continue;
		append(buf, len, "%s%s %s", first ? *buf ? "; " : "" : ",",
		       first ? word : "", cmp->metrics[i].title);
		append_change(buf, len, &tally);
		if (number < cmp->nr_tapes)
			append(buf, len, ", on %zu of %zu tapes", number,
			       cmp->nr_tapes);
		if (offset == offsetof(struct tally, unclear))
			append(buf, len, ", about %zu rounds would decide",
			       tally.needed);
		append(buf, len, ")");
		first = false;
	}
}

char *summary_sentence(const struct comparison *cmp, size_t arm, char *buf,
		       size_t len)
{
	static const struct {
		const char *word;
		size_t offset;
	} parts[] = {
		{ "better in", offsetof(struct tally, better) },
		{ "worse in", offsetof(struct tally, worse) },
		{ "same in", offsetof(struct tally, same) },
		{ "slightly better in",
		  offsetof(struct tally, slightly_better) },
		{ "slightly worse in", offsetof(struct tally, slightly_worse) },
		{ "not decided in", offsetof(struct tally, unclear) },
	};
	size_t i;

	*buf = '\0';
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		append_part(cmp, arm, parts[i].word, parts[i].offset, buf, len);
	append(buf, len, *buf ? "." : "nothing was measured.");
	return buf;
}
