// SPDX-License-Identifier: MIT
/*
 * Sums per stack. The peak moves often: what a site held at it is only
 * looked at when the site changes afterwards, and at the end.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/tool/site_table.h"

static const char *const names[SITE_NR_METRICS] = { "allocs", "bytes", "peak",
						    "leaked" };

int site_metric_parse(const char *text)
{
	int i;

	for (i = 0; i < SITE_NR_METRICS; i++)
		if (!strcmp(text, names[i]))
			return i;
	return -1;
}

const char *site_metric_name(enum site_metric metric)
{
	return names[metric];
}

/* "all", "1/100", "bytes/524288". What is not known counts as all. */
static void parse_sampling(struct site_table *t, const char *text)
{
	const char *slash = text ? strchr(text, '/') : NULL;
	double period = slash ? strtod(slash + 1, NULL) : 0;

	t->sampling = SITE_ALL;
	t->period = 1;
	if (!(period > 1) || !isfinite(period))
		return;
	t->sampling = *text == 'b' ? SITE_PER_BYTES : SITE_CALLS;
	t->period = period;
}

int site_table_init(struct site_table *t, uint32_t nr_stacks,
		    const char *sampling, struct err *err)
{
	memset(t, 0, sizeof(*t));
	parse_sampling(t, sampling);
	if (!nr_stacks)
		return 0;
	t->of_stack = calloc((size_t)nr_stacks + 1, sizeof(*t->of_stack));
	if (!t->of_stack)
		return err_set(err, ERR_NOMEM, 0, "out of memory for %u stacks",
			       nr_stacks);
	t->nr_stacks = nr_stacks;
	return 0;
}

/* In a sample, a call without a stack is one that was not taken. */
static bool counts(const struct site_table *t, uint32_t stack)
{
	return t->nr_stacks && stack <= t->nr_stacks &&
	       (stack || t->sampling == SITE_ALL);
}

static struct site *get_site(struct site_table *t, uint32_t stack)
{
	struct site *site;

	if (t->of_stack[stack])
		return &t->sites[t->of_stack[stack] - 1];
	if (t->nr == t->room) {
		size_t room = t->room ? 2 * t->room : 256;

		site = realloc(t->sites, room * sizeof(*site));
		if (!site)
			return NULL;
		t->sites = site;
		t->room = room;
	}
	site = &t->sites[t->nr++];
	memset(site, 0, sizeof(*site));
	site->stack = stack;
	site->version = t->version;
	t->of_stack[stack] = (uint32_t)t->nr;
	return site;
}

/* How many calls of that size one sample stands for. */
static double weight(const struct site_table *t, uint64_t bytes)
{
	double p;

	if (t->sampling == SITE_ALL)
		return 1;
	if (t->sampling == SITE_CALLS)
		return t->period;
	p = -expm1(-(double)bytes / t->period);
	return p > 0 ? 1 / p : 0;
}

static void add(struct site_value *v, double w, double each, double sign)
{
	v->sum += sign * w * each;
	v->variance += sign * w * (w - 1) * each * each;
}

/* Before it changes: the peaks since it last did saw it as it is. */
static void catch_up(const struct site_table *t, struct site *site)
{
	if (site->version == t->version)
		return;
	site->version = t->version;
	site->values[SITE_PEAK] = site->values[SITE_LEAKED];
}

int site_table_take(struct site_table *t, uint32_t stack, uint64_t bytes)
{
	struct site *site;
	double w;

	if (!counts(t, stack))
		return 0;
	site = get_site(t, stack);
	if (!site)
		return -1;
	catch_up(t, site);
	w = weight(t, bytes);
	site->samples++;
	add(&site->values[SITE_ALLOCS], w, 1, 1);
	add(&site->values[SITE_BYTES], w, (double)bytes, 1);
	add(&site->values[SITE_LEAKED], w, (double)bytes, 1);
	return 0;
}

void site_table_give(struct site_table *t, uint32_t stack, uint64_t bytes)
{
	struct site *site;

	if (!counts(t, stack) || !t->of_stack[stack])
		return;
	site = &t->sites[t->of_stack[stack] - 1];
	catch_up(t, site);
	add(&site->values[SITE_LEAKED], weight(t, bytes), (double)bytes, -1);
}

void site_table_finish(struct site_table *t)
{
	size_t i, j;

	for (i = 0; i < t->nr; i++) {
		catch_up(t, &t->sites[i]);
		/* What rounding left of sums that came to nothing. */
		for (j = 0; j < SITE_NR_METRICS; j++) {
			struct site_value *v = &t->sites[i].values[j];

			v->sum = v->sum < 0.5 ? 0 : v->sum;
			v->variance =
				v->sum > 0 && v->variance > 0 ? v->variance : 0;
		}
	}
}

void site_table_release(struct site_table *t)
{
	free(t->sites);
	free(t->of_stack);
	memset(t, 0, sizeof(*t));
}
