// SPDX-License-Identifier: MIT
/* Medians, errors and ranks of validate. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "replayer/validate_figures.h"
#include "traces/base/err.h"

const char *validate_measure_name(enum validate_measure measure)
{
	static const char *const names[] = { "peak", "mean", "end" };

	return names[measure];
}

static double *no_values(size_t nr)
{
	double *values = malloc((nr ? nr : 1) * sizeof(*values));
	size_t i;

	for (i = 0; values && i < nr; i++)
		values[i] = NAN;
	return values;
}

int validate_figures_init(struct validate_figures *f, size_t nr_arms,
			  size_t rounds, struct err *err)
{
	size_t i, m;

	memset(f, 0, sizeof(*f));
	f->arms = calloc(nr_arms, sizeof(*f->arms));
	f->wrong = calloc(nr_arms * nr_arms, sizeof(*f->wrong));
	if (!f->arms || !f->wrong)
		return err_set(err, ERR_NOMEM, ENOMEM, "table of arms");
	f->nr_arms = nr_arms;
	for (i = 0; i < nr_arms; i++)
		for (m = 0; m < VALIDATE_MEASURES; m++) {
			struct validate_values *v = &f->arms[i].values[m];

			v->nr = rounds;
			v->real = no_values(rounds);
			v->predicted = no_values(rounds);
			if (!v->real || !v->predicted)
				return err_set(err, ERR_NOMEM, ENOMEM,
					       "table of rounds");
		}
	return 0;
}

void validate_figures_release(struct validate_figures *f)
{
	size_t i, m;

	for (i = 0; i < f->nr_arms; i++)
		for (m = 0; m < VALIDATE_MEASURES; m++) {
			free(f->arms[i].values[m].real);
			free(f->arms[i].values[m].predicted);
		}
	free(f->arms);
	free(f->wrong);
	memset(f, 0, sizeof(*f));
}

static int compare_doubles(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

/* Of the finite values: median, lowest, highest; NAN without any. */
static void spread_of(const double *values, size_t nr, double *median,
		      double *low, double *high)
{
	double *sorted = calloc(nr + 1, sizeof(*sorted));
	size_t n = 0, i;

	*median = *low = *high = NAN;
	for (i = 0; sorted && i < nr; i++)
		if (isfinite(values[i]))
			sorted[n++] = values[i];
	if (n) {
		qsort(sorted, n, sizeof(*sorted), compare_doubles);
		*median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
		*low = sorted[0];
		*high = sorted[n - 1];
	}
	free(sorted);
}

static void judge_values(struct validate_values *v)
{
	double low, high;

	spread_of(v->real, v->nr, &v->real_median, &v->real_low, &v->real_high);
	spread_of(v->predicted, v->nr, &v->predicted_median, &low, &high);
	v->error = v->predicted_median / v->real_median - 1;
	v->within = v->predicted_median >= v->real_low &&
		    v->predicted_median <= v->real_high;
}

static void summarize(struct validate_figures *f, enum validate_measure m)
{
	struct validate_summary *s = &f->summary[m];
	double *errors = no_values(f->nr_arms);
	double low;
	size_t i;

	s->median_error = s->worst_error = NAN;
	for (i = 0; errors && i < f->nr_arms; i++) {
		errors[i] = fabs(f->arms[i].values[m].error);
		if (errors[i] > s->worst_error ||
		    (isfinite(errors[i]) && isnan(s->worst_error))) {
			s->worst_error = errors[i];
			s->worst_arm = i;
		}
	}
	if (errors)
		spread_of(errors, f->nr_arms, &s->median_error, &low,
			  &s->worst_error);
	free(errors);
}

/* Each pair whose real peaks differ, with the smaller one first. */
static void rank(struct validate_figures *f)
{
	size_t i, k;

	f->nr_pairs = f->nr_wrong = 0;
	for (i = 0; i < f->nr_arms; i++)
		for (k = 0; k < f->nr_arms; k++) {
			const struct validate_values *a, *b;

			a = &f->arms[i].values[VALIDATE_PEAK];
			b = &f->arms[k].values[VALIDATE_PEAK];
			if (!isfinite(a->error) || !isfinite(b->error) ||
			    !(b->real_median / a->real_median >
			      1 + VALIDATE_RANKED))
				continue;
			f->nr_pairs++;
			if (a->predicted_median >= b->predicted_median)
				f->wrong[f->nr_wrong++] =
					(struct validate_pair){ i, k };
		}
}

void validate_figures_judge(struct validate_figures *f)
{
	size_t i, m;

	for (i = 0; i < f->nr_arms; i++)
		for (m = 0; m < VALIDATE_MEASURES; m++)
			judge_values(&f->arms[i].values[m]);
	for (m = 0; m < VALIDATE_MEASURES; m++)
		summarize(f, (enum validate_measure)m);
	rank(f);
}
