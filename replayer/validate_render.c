// SPDX-License-Identifier: MIT
/* What validate has found, as tables and as JSON. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "replayer/validate.h"
#include "traces/base/err.h"
#include "traces/base/json_text.h"
#include "traces/base/units.h"

static const char *const titles[VALIDATE_MEASURES] = {
	"RSS peak",
	"RSS mean over time",
	"RSS at the end",
};

static const char *config_value(const struct validate_outcome *o,
				const char *key)
{
	size_t i;

	for (i = 0; i < o->about.nr_config; i++)
		if (!strcmp(o->about.config[i].key, key))
			return o->about.config[i].value;
	return "";
}

static const char *bytes(char *buf, size_t len, double value)
{
	return isfinite(value) ? units_format_bytes(buf, len, value) : "-";
}

/* Half of the distance from the lowest to the highest, in percent. */
static double spread(const struct validate_values *v)
{
	return 50 * (v->real_high - v->real_low) / v->real_median;
}

static void print_values(const char *arm, int width,
			 const struct validate_values *v, FILE *out)
{
	char real[32], predicted[32];

	fprintf(out, "  %-*s %12s", width, arm,
		bytes(real, sizeof(real), v->real_median));
	if (isfinite(v->real_median))
		fprintf(out, " +-%4.1f %%", spread(v));
	else
		fprintf(out, " %8s", "");
	fprintf(out, " %12s",
		bytes(predicted, sizeof(predicted), v->predicted_median));
	if (isfinite(v->error))
		fprintf(out, " %+7.2f %%%s", 100 * v->error,
			v->within ? "  within" : "");
	fputc('\n', out);
}

static void print_ranking(const struct validate_figures *f, FILE *out)
{
	size_t i;

	if (!f->nr_pairs) {
		fprintf(out, "Ranking by peak: no two arms differ by more than "
			     "3 %%.\n");
		return;
	}
	fprintf(out,
		"Ranking by peak: agrees in %zu of the %zu pairs that differ by "
		"more than 3 %%.\n",
		f->nr_pairs - f->nr_wrong, f->nr_pairs);
	for (i = 0; i < f->nr_wrong; i++)
		fprintf(out,
			"  not in that of %s and %s: the real peak of %s is "
			"lower, the predicted one is not\n",
			f->arms[f->wrong[i].less].label,
			f->arms[f->wrong[i].more].label,
			f->arms[f->wrong[i].less].label);
}

void validate_render(const struct validate_outcome *o, FILE *out)
{
	const struct validate_figures *f = &o->figures;
	bool within = false;
	int width = 0;
	size_t i, m;

	/* The first column also takes the titles. */
	for (m = 0; m < VALIDATE_MEASURES; m++)
		if ((int)strlen(titles[m]) - 2 > width)
			width = (int)strlen(titles[m]) - 2;
	for (i = 0; i < f->nr_arms; i++)
		if ((int)strlen(f->arms[i].label) > width)
			width = (int)strlen(f->arms[i].label);
	fprintf(out, "%s | %zu rounds | pace %s\n", o->process,
		f->nr_arms ? f->arms[0].values[0].nr : 0,
		config_value(o, "pace"));
	for (m = 0; m < VALIDATE_MEASURES; m++) {
		fprintf(out, "%-*s %12s %8s %12s %9s\n", width + 2, titles[m],
			"real", "", "predicted", "error");
		for (i = 0; i < f->nr_arms; i++) {
			print_values(f->arms[i].label, width,
				     &f->arms[i].values[m], out);
			within |= f->arms[i].values[m].within;
		}
	}
	for (m = 0; m < VALIDATE_MEASURES; m++)
		if (isfinite(f->summary[m].worst_error))
			fprintf(out,
				"%s: error %.2f %% in the median, %.2f %% at "
				"worst (%s).\n",
				titles[m], 100 * f->summary[m].median_error,
				100 * f->summary[m].worst_error,
				f->arms[f->summary[m].worst_arm].label);
	print_ranking(f, out);
	if (within)
		fputs("within: no further from the median than real runs are "
		      "from each other.\n",
		      out);
}

static void put_key(const char *key, const char *value, FILE *out)
{
	json_text_print(key, out);
	fputs(": ", out);
	json_text_print(value, out);
}

/* What was not measured is null. */
static void put_number(const char *key, double value, FILE *out)
{
	fprintf(out, ", \"%s\": ", key);
	if (isfinite(value))
		fprintf(out, "%.10g", value);
	else
		fputs("null", out);
}

static void put_list(const char *key, const double *values, size_t nr,
		     FILE *out)
{
	size_t i;

	fprintf(out, "\"%s\": [", key);
	for (i = 0; i < nr; i++) {
		fputs(i ? ", " : "", out);
		if (isfinite(values[i]))
			fprintf(out, "%.10g", values[i]);
		else
			fputs("null", out);
	}
	fputc(']', out);
}

static void put_values(const struct validate_values *v, FILE *out)
{
	put_list("real_bytes", v->real, v->nr, out);
	fputs(", ", out);
	put_list("predicted_bytes", v->predicted, v->nr, out);
	put_number("real_median_bytes", v->real_median, out);
	put_number("real_spread_percent", spread(v), out);
	put_number("predicted_median_bytes", v->predicted_median, out);
	put_number("error_percent", 100 * v->error, out);
	fprintf(out, ", \"within_real_runs\": %s",
		v->within ? "true" : "false");
}

static void put_arms(const struct validate_figures *f, FILE *out)
{
	size_t i, m;

	fputs(",\n\"arms\": [", out);
	for (i = 0; i < f->nr_arms; i++) {
		const struct validate_arm *arm = &f->arms[i];

		fputs(i ? ",\n{" : "\n{", out);
		put_key("arm", arm->label, out);
		fputs(", ", out);
		put_key("path", arm->path, out);
		fputs(", ", out);
		put_key("version", arm->version, out);
		for (m = 0; m < VALIDATE_MEASURES; m++) {
			fprintf(out, ",\n \"%s\": {",
				validate_measure_name(
					(enum validate_measure)m));
			put_values(&arm->values[m], out);
			fputc('}', out);
		}
		fputc('}', out);
	}
	fputc(']', out);
}

static void put_pairs(const char *key, const struct result_pair *pairs,
		      size_t nr, FILE *out)
{
	size_t i;

	fprintf(out, ",\n\"%s\": {", key);
	for (i = 0; i < nr; i++) {
		fputs(i ? ", " : "", out);
		put_key(pairs[i].key, pairs[i].value, out);
	}
	fputc('}', out);
}

static void put_summary(const struct validate_figures *f, FILE *out)
{
	size_t i, m;

	for (m = 0; m < VALIDATE_MEASURES; m++) {
		const struct validate_summary *s = &f->summary[m];

		fprintf(out, ",\n\"%s\": {",
			validate_measure_name((enum validate_measure)m));
		put_key("worst_arm",
			isfinite(s->worst_error) ? f->arms[s->worst_arm].label
						 : "",
			out);
		put_number("median_error_percent", 100 * s->median_error, out);
		put_number("worst_error_percent", 100 * s->worst_error, out);
		fputc('}', out);
	}
	fprintf(out,
		",\n\"ranking\": {\"pairs\": %zu, \"agrees\": %s, "
		"\"wrong\": [",
		f->nr_pairs, f->nr_wrong ? "false" : "true");
	for (i = 0; i < f->nr_wrong; i++) {
		fputs(i ? ", {" : "{", out);
		put_key("less", f->arms[f->wrong[i].less].label, out);
		fputs(", ", out);
		put_key("more", f->arms[f->wrong[i].more].label, out);
		fputc('}', out);
	}
	fputs("]}", out);
}

int validate_render_json(const struct validate_outcome *o, FILE *out)
{
	size_t i;

	fputs("{\"schema\": \"heaptape-validate/1\",\n", out);
	put_key("dir", o->dir, out);
	fputs(", ", out);
	fputs("\"tapes\": [", out);
	for (i = 0; i < o->nr_tapes; i++) {
		fputs(i ? ", " : "", out);
		json_text_print(o->tapes[i], out);
	}
	fputs("], ", out);
	put_key("process", o->process, out);
	fputs(", ", out);
	put_key("recorded_under", o->recorded_under, out);
	fprintf(out,
		", \"rounds\": %zu, \"exit_status\": %d, \"failed\": %zu, ",
		o->figures.nr_arms ? o->figures.arms[0].values[0].nr : 0,
		o->status, o->failed);
	put_key("failure", o->failure, out);
	put_pairs("config", o->about.config, o->about.nr_config, out);
	put_pairs("environment", o->about.environment, o->about.nr_environment,
		  out);
	put_summary(&o->figures, out);
	put_arms(&o->figures, out);
	fputs("}\n", out);
	return ferror(out) ? -ERR_IO : 0;
}
