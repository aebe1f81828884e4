// SPDX-License-Identifier: MIT
/* The lines above and below the tables of a terminal. */
#include <math.h>
#include <string.h>

#include "results/comparison.h"
#include "results/result.h"
#include "results/term_notes.h"
#include "results/term_text.h"
#include "results/text.h"
#include "traces/base/units.h"

static void print_line(const struct terminal *t, const char *line)
{
	char clean[2048];

	fprintf(t->out, "%s\n",
		term_clean(line, sizeof(clean), clean, sizeof(clean)));
}

void term_print_wrapped(const struct terminal *t, const char *lead,
			const char *text)
{
	size_t indent = strlen(lead), used = indent;
	bool first = true;

	fputs(lead, t->out);
	while (*text) {
		size_t word = strcspn(text, " ");

		if (!first && used + 1 + word > t->columns) {
			fprintf(t->out, "\n%*s", (int)indent, "");
			used = indent;
			first = true;
		}
		used += (size_t)fprintf(t->out, "%s%.*s", first ? "" : " ",
					(int)word, text);
		first = false;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', t->out);
}

void term_print_head(const struct terminal *t,
		     const struct comparison_tape *tape)
{
	static const char *const keys[] = { "host", "cpu", "kernel" };
	const struct result_doc *doc = tape->tape->rounds[0];
	const struct result_run *run = tape->arms[0].any;
	double ops = run ? result_metric(run, "ops") : NAN;
	char line[2048], number[32];
	size_t i;
	int used = snprintf(line, sizeof(line), "tape %s", doc->tape);

	if (isfinite(ops))
		used += snprintf(
			line + used, sizeof(line) - (size_t)used, " | %s ops",
			units_format_count(number, sizeof(number), ops));
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = campaign_environment(doc, keys[i]);

		if (value)
			used += snprintf(line + used,
					 sizeof(line) - (size_t)used,
					 "%s%.100s", i ? ", " : " | ", value);
	}
	used += snprintf(line + used, sizeof(line) - (size_t)used,
			 " | %zu round%s x %zu arms", tape->tape->nr_rounds,
			 tape->tape->nr_rounds == 1 ? "" : "s",
			 t->cmp->nr_arms);
	if (tape->discarded || tape->disturbed)
		snprintf(line + used, sizeof(line) - (size_t)used,
			 ", %zu discarded, %zu disturbed", tape->discarded,
			 tape->disturbed);
	print_line(t, line);
}

static void print_arm(const struct terminal *t,
		      const struct comparison_tape *tape, size_t arm)
{
	const char *name = t->cmp->arms[arm], *label = t->cmp->labels[arm];
	char text[512], line[1024];

	if (strcmp(name, label) != 0) {
		snprintf(line, sizeof(line), "%.150s is %.800s", label, name);
		print_line(t, line);
	}
	if (tape->arms[arm].other) {
		text_builds(&tape->arms[arm], text, sizeof(text));
		snprintf(line, sizeof(line),
			 "not comparable: the rounds of %s are %s", label,
			 text);
		print_line(t, line);
	}
	if (tape->arms[arm].failed) {
		text_failure(&tape->arms[arm], text, sizeof(text));
		snprintf(line, sizeof(line), "failed: %s %s", label, text);
		print_line(t, line);
	}
}

void term_print_notes(const struct terminal *t,
		      const struct comparison_tape *tape)
{
	char text[1024], metrics[160], line[1400];
	size_t i;

	for (i = 0; i < t->cmp->nr_arms; i++)
		print_arm(t, tape, i);
	if (!tape->front_known)
		return;
	text_front(t->cmp, tape, text, sizeof(text));
	text_front_metrics(t->cmp, tape, metrics, sizeof(metrics));
	snprintf(line, sizeof(line), "Pareto front (%s): %s.", metrics, text);
	term_print_wrapped(t, "", line);
}

static bool judged(const struct comparison *cmp, size_t metric)
{
	return comparison_has_metric(cmp, metric) &&
	       cmp->metrics[metric].role != METRIC_INFO;
}

/* Whether a metric before this one has the same limit. */
static bool told(const struct comparison *cmp, size_t metric)
{
	size_t i;

	for (i = 0; i < metric; i++)
		if (judged(cmp, i) &&
		    cmp->metrics[i].rule.threshold ==
			    cmp->metrics[metric].rule.threshold)
			return true;
	return false;
}

/* "5 % wall time, CPU time; 3 % RSS peak": metrics by their limit. */
static void format_limits(const struct comparison *cmp, char *buf, size_t len)
{
	FILE *out = fmemopen(buf, len, "w");
	size_t m, k;
	bool first = true;

	if (!out)
		return;
	for (m = 0; m < cmp->nr_metrics; m++) {
		double limit = cmp->metrics[m].rule.threshold;

		if (!judged(cmp, m) || told(cmp, m))
			continue;
		fprintf(out, "%s%.3g %% %s", first ? "" : "; ", 100 * limit,
			cmp->metrics[m].title);
		first = false;
		for (k = m + 1; k < cmp->nr_metrics; k++)
			if (judged(cmp, k) &&
			    cmp->metrics[k].rule.threshold == limit)
				fprintf(out, ", %s", cmp->metrics[k].title);
	}
	fclose(out);
	buf[len - 1] = '\0';
}

/* Where rounds are too few for words. */
static void print_few(const struct terminal *t)
{
	size_t least = 0, rounds = SIZE_MAX, i;
	char text[256];

	for (i = 0; i < t->cmp->nr_tapes; i++) {
		const struct comparison_tape *tape = &t->cmp->tapes[i];

		if (tape->tape->nr_rounds >= tape->min_rounds)
			continue;
		if (tape->min_rounds > least)
			least = tape->min_rounds;
		if (tape->tape->nr_rounds < rounds)
			rounds = tape->tape->nr_rounds;
	}
	if (!least)
		return;
	snprintf(text, sizeof(text),
		 "%sThe metrics of an arm are tested together: with fewer than "
		 "%zu rounds changes of times stay unclear; replay with -n %zu "
		 "or more.",
		 rounds < STATS_MIN_ROUNDS
			 ? "With fewer than 6 rounds the whole range stands "
			   "for the interval. "
			 : "",
		 least, least);
	term_print_wrapped(t, "", text);
}

void term_print_legend(const struct terminal *t)
{
	char limits[1024] = "", text[1400];

	if (t->cmp->nr_arms < 2)
		return;
	format_limits(t->cmp, limits, sizeof(limits));
	snprintf(
		text, sizeof(text),
		"%s the 95 %% interval. BETTER and WORSE are beyond the limit, "
		"same is within it; unclear(N): about N rounds would decide. "
		"Limits: %s.",
		t->bounds ? "In brackets:" : "+- is half of", limits);
	fputc('\n', t->out);
	term_print_wrapped(t, "", text);
	print_few(t);
}
