// SPDX-License-Identifier: MIT
/* A calibration as a table, and what it says of a comparison. */
#include <math.h>
#include <string.h>

#include "results/comparison.h"
#include "results/metrics.h"
#include "results/result_calibration.h"
#include "results/term_notes.h"
#include "results/term_text.h"

static void print_entry(const struct calibration_entry *e, FILE *out)
{
	const struct metric *metric = metrics_find(e->metric);
	char interval[64], needed[32];

	snprintf(interval, sizeof(interval), "%+.2f %% [%+.2f, %+.2f]",
		 100 * e->change, 100 * e->change_low, 100 * e->change_high);
	snprintf(needed, sizeof(needed), "%zu%s", e->rounds_needed,
		 e->rounds_needed >= 9999 ? "+" : "");
	fprintf(out, "%-26s %7.2f %%  %-26s %8.2f %% %5.3g %% %7s%s\n",
		metric ? metric->title : e->metric, 100 * e->noise, interval,
		100 * e->smallest, 100 * e->threshold, needed,
		e->false_label ? "  told apart: that is chance" : "");
}

static void print_head(const struct calibration_entry *e,
		       const struct calibration *c, FILE *out)
{
	char tape[600], arm[64];

	fprintf(out, "tape %s | %s against itself, %zu rounds\n",
		term_clean(e->tape, 60, tape, sizeof(tape)),
		term_clean(c->arm, 24, arm, sizeof(arm)), e->n);
	fprintf(out, "%-26s %9s  %-26s %10s %7s %7s\n", "metric", "noise",
		"change, 95 % interval", "smallest", "limit", "rounds");
}

void calibration_print(const struct calibration *c, FILE *out)
{
	size_t wrong = 0, i;

	for (i = 0; i < c->nr_entries; i++) {
		const struct calibration_entry *e = &c->entries[i];
		const struct metric *metric = metrics_find(e->metric);

		if (!i || strcmp(e->tape, e[-1].tape) != 0) {
			fputs(i ? "\n" : "", out);
			print_head(e, c, out);
		}
		wrong += e->false_label;
		if (!metric || metric->role == METRIC_MAIN)
			print_entry(e, out);
	}
	fprintf(out,
		"\nnoise: standard deviation of the change from round to "
		"round.\nsmallest: the change that so many rounds find in 4 of "
		"5 campaigns, %zu metrics judged\ntogether; rounds: how many "
		"find a change of the limit. %zu of %zu checks were told\n"
		"apart from themselves.\n",
		c->checks, wrong, c->nr_entries);
}

/* Of the machine that was calibrated; "" when it is the same. */
static const char *other_machine(const struct terminal *t)
{
	static const char *const keys[] = { "cpu", "cpus", "kernel" };
	const struct result_doc *doc = t->cmp->tapes[0].tape->rounds[0];
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *a = campaign_environment(doc, keys[i]);
		const char *b =
			calibration_environment(t->cmp->calibration, keys[i]);

		if (a && b && strcmp(a, b) != 0)
			return keys[i];
	}
	return "";
}

/* Whether these rounds can find a change of the metric's limit. */
static void print_power(const struct terminal *t,
			const struct comparison_tape *tape, size_t m)
{
	const struct metric *metric = &t->cmp->metrics[m];
	const struct calibration *c = t->cmp->calibration;
	const struct calibration_entry *e =
		calibration_find(c, tape->tape->name, metric->name);
	double alpha = t->cmp->alpha / (double)(c->checks ? c->checks : 1);
	double smallest;
	char text[300];

	if (!e || metric->role == METRIC_INFO ||
	    !comparison_tape_has_metric(t->cmp, tape, m))
		return;
	smallest = expm1(
		stats_smallest_effect(e->noise, tape->tape->nr_rounds, alpha));
	if (smallest <= metric->rule.threshold)
		return;
	snprintf(text, sizeof(text),
		 "%s: underpowered: %.3g %% asked, %.2g %% detectable with %zu "
		 "rounds; use %zu rounds, or --threshold %s=%.0f",
		 metric->title, 100 * metric->rule.threshold, 100 * smallest,
		 tape->tape->nr_rounds,
		 stats_rounds_for(e->noise, log1p(metric->rule.threshold),
				  alpha),
		 metric->name, ceil(100 * smallest));
	term_print_wrapped(t, "  ", text);
}

void term_print_calibration(const struct terminal *t)
{
	const struct calibration *c = t->cmp->calibration;
	const char *other;
	char text[400], arm[64];
	size_t i, m;

	if (!c)
		return;
	other = other_machine(t);
	snprintf(text, sizeof(text),
		 "\nNoise floor by calibration, %s against itself%s%s%s:",
		 term_clean(c->arm, 24, arm, sizeof(arm)),
		 *other ? "; of another machine, its " : "", other,
		 *other ? " differs" : "");
	term_print_wrapped(t, "", text);
	for (i = 0; i < t->cmp->nr_tapes; i++) {
		const char *name = t->cmp->tapes[i].tape->name;

		for (m = 0; m < t->cmp->tapes[i].nr_front; m++) {
			const struct metric *metric =
				&t->cmp->metrics[t->cmp->tapes[i].front[m]];
			const struct calibration_entry *e =
				calibration_find(c, name, metric->name);

			if (e)
				fprintf(t->out, "  %s %.2g %%\n", metric->title,
					100 * e->noise);
		}
		for (m = 0; m < t->cmp->nr_metrics; m++)
			print_power(t, &t->cmp->tapes[i], m);
	}
}
