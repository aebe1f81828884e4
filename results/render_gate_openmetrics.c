// SPDX-License-Identifier: MIT
/*
 * The judged medians as OpenMetrics. GitLab compares such reports as text:
 * with three digits a metric that is the same looks the same.
 */
#include <math.h>
#include <string.h>

#include "results/gate.h"
#include "results/render_gate.h"

static void put_label(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\\' || *text == '"')
			fprintf(out, "\\%c", *text);
		else if (*text == '\n')
			fputs("\\n", out);
		else
			fputc(*text, out);
}

static bool is_first(const struct gate *gate, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (gate->checks[i].metric == gate->checks[at].metric)
			return false;
	return true;
}

/* The same value is told once, though a budget may look at it again. */
static bool is_told(const struct gate *gate, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (gate->checks[i].cell == gate->checks[at].cell)
			return true;
	return false;
}

static void put_family(const struct gate *gate, const struct metric *metric,
		       FILE *out)
{
	size_t i;

	fprintf(out,
		"# TYPE heaptape_%s gauge\n# HELP heaptape_%s %s, median\n",
		metric->name, metric->name, metric->title);
	for (i = 0; i < gate->nr_checks; i++) {
		const struct gate_check *check = &gate->checks[i];

		if (check->metric != metric || is_told(gate, i) ||
		    !isfinite(check->cell->median))
			continue;
		fprintf(out, "heaptape_%s{tape=\"", metric->name);
		put_label(out, check->tape);
		fputs("\",arm=\"", out);
		put_label(out, check->arm);
		fprintf(out, "\"} %.3g\n", check->cell->median);
	}
}

void render_gate_openmetrics(const struct gate *gate, FILE *out)
{
	size_t i;

	for (i = 0; i < gate->nr_checks; i++)
		if (is_first(gate, i))
			put_family(gate, gate->checks[i].metric, out);
	fputs("# EOF\n", out);
}
