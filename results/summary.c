// SPDX-License-Identifier: MIT
/* From the verdicts of the cells to one word and one sentence per arm. */
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "results/comparison.h"
#include "results/summary.h"

/* What can be said of a metric on a tape, in the order of telling. */
enum saying { BETTER, WORSE, SAME, SLIGHTLY_BETTER, SLIGHTLY_WORSE, UNCLEAR };

#define NR_SAYINGS (UNCLEAR + 1)

/* The tapes of which that is said, and the changes there in percent. */
struct said {
	size_t nr;
	const char *tape; /* the last of them */
	double low, high;
	size_t needed; /* rounds, at most */
};

/* How one metric went over the tapes. */
struct tally {
	struct said of[NR_SAYINGS];
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

/* 0 and the saying, or -1 when nothing was compared. */
static int say(enum stats_verdict verdict, enum saying *saying)
{
	switch (verdict) {
	case STATS_MISSING:
		return -1;
	case STATS_BETTER:
		*saying = BETTER;
		return 0;
	case STATS_WORSE:
		*saying = WORSE;
		return 0;
	case STATS_SAME:
		*saying = SAME;
		return 0;
	case STATS_SLIGHTLY_BETTER:
		*saying = SLIGHTLY_BETTER;
		return 0;
	case STATS_SLIGHTLY_WORSE:
		*saying = SLIGHTLY_WORSE;
		return 0;
	case STATS_UNCLEAR:
		break;
	}
	*saying = UNCLEAR;
	return 0;
}

static struct tally count(const struct comparison *cmp, size_t metric,
			  size_t arm)
{
	struct tally tally = { 0 };
	size_t i;

	for (i = 0; i < cmp->nr_tapes; i++) {
		const struct comparison_tape *tape = &cmp->tapes[i];
		const struct stats_outcome *out =
			&comparison_cell(cmp, tape, metric, arm)->outcome;
		double change = 100 * (out->ratio - 1);
		enum saying saying;
		struct said *said;

		if (say(out->verdict, &saying))
			continue;
		said = &tally.of[saying];
		said->low = said->nr ? fmin(said->low, change) : change;
		said->high = said->nr ? fmax(said->high, change) : change;
		said->tape = tape->tape->name;
		if (out->rounds_needed > said->needed)
			said->needed = out->rounds_needed;
		said->nr++;
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
		better += tally.of[BETTER].nr;
		worse += tally.of[WORSE].nr;
		unclear += tally.of[UNCLEAR].nr + tally.of[SLIGHTLY_BETTER].nr +
			   tally.of[SLIGHTLY_WORSE].nr;
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

/* " (-22.4 %, on redis.tape)" */
static void append_detail(const struct comparison *cmp, char *buf, size_t len,
			  const struct said *said)
{
	const char *slash = strrchr(said->tape, '/');

	if (said->high - said->low < 0.5)
		append(buf, len, " (%+.1f %%", said->low);
	else
		append(buf, len, " (%+.1f to %+.1f %%", said->low, said->high);
	if (said->nr < cmp->nr_tapes && said->nr == 1)
		append(buf, len, " on %.60s", slash ? slash + 1 : said->tape);
	else if (said->nr < cmp->nr_tapes)
		append(buf, len, " on %zu of %zu tapes", said->nr,
		       cmp->nr_tapes);
	if (said->needed)
		append(buf, len, ", about %zu rounds would decide",
		       said->needed);
	append(buf, len, ")");
}

/* The metrics of which that is said, after its word. */
static void append_saying(const struct comparison *cmp, size_t arm,
			  enum saying saying, const char *word, char *buf,
			  size_t len)
{
	bool first = true;
	size_t i;

	for (i = 0; i < cmp->nr_metrics; i++) {
		struct tally tally = count(cmp, i, arm);

		if (!tally.of[saying].nr || !in_front(cmp, i))
			continue;
		append(buf, len, "%s%s %s", first ? *buf ? "; " : "" : ",",
		       first ? word : "", cmp->metrics[i].title);
		append_detail(cmp, buf, len, &tally.of[saying]);
		first = false;
	}
}

char *summary_sentence(const struct comparison *cmp, size_t arm, char *buf,
		       size_t len)
{
	static const char *const words[NR_SAYINGS] = {
		[BETTER] = "better in",
		[WORSE] = "worse in",
		[SAME] = "same in",
		[SLIGHTLY_BETTER] = "slightly better in",
		[SLIGHTLY_WORSE] = "slightly worse in",
		[UNCLEAR] = "not decided in",
	};
	int i;

	*buf = '\0';
	for (i = 0; i < NR_SAYINGS; i++)
		append_saying(cmp, arm, (enum saying)i, words[i], buf, len);
	append(buf, len, *buf ? "." : "nothing was measured.");
	return buf;
}
