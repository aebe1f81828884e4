// SPDX-License-Identifier: MIT
/* What a gate judges: options, and the same from a file. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/baseline.h"
#include "results/gate_policy.h"
#include "results/metrics.h"
#include "traces/base/err.h"
#include "traces/base/units.h"

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, ENOMEM, "policy of the gate");
}

static int add_text(char ***list, size_t *nr, const char *text, struct err *err)
{
	char **grown = reallocarray(*list, *nr + 1, sizeof(*grown));

	if (!grown)
		return no_memory(err);
	*list = grown;
	grown[*nr] = strdup(text);
	if (!grown[*nr])
		return no_memory(err);
	*nr += 1;
	return 0;
}

/* A metric by its name, with or without the unit at the end. */
static const struct metric *find_metric(const char *name, size_t len,
					struct err *err)
{
	static const char *const units[] = { "", "_bytes", "_ns" };
	const struct metric *found = NULL;
	char full[64];
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(*units) && !found; i++) {
		snprintf(full, sizeof(full), "%.*s%s", (int)len, name,
			 units[i]);
		found = metrics_find(full);
	}
	if (!found)
		err_set(err, ERR_ARG, 0,
			"unknown metric '%.*s'; heaptape-compare(1) lists them",
			len < 60 ? (int)len : 60, name);
	return found;
}

int gate_policy_add_arm(struct gate_policy *policy, const char *label,
			struct err *err)
{
	return add_text(&policy->arms, &policy->nr_arms, label, err);
}

int gate_policy_add_metric(struct gate_policy *policy, const char *name,
			   struct err *err)
{
	const struct metric *metric = find_metric(name, strlen(name), err);

	if (!metric)
		return -ERR_ARG;
	return add_text(&policy->metrics, &policy->nr_metrics, metric->name,
			err);
}

int gate_policy_add_threshold(struct gate_policy *policy, const char *text,
			      struct err *err)
{
	size_t len = strcspn(text, "=");
	const struct metric *metric = find_metric(text, len, err);
	char full[160];

	if (!metric)
		return -ERR_ARG;
	snprintf(full, sizeof(full), "%s%.80s", metric->name, text + len);
	return add_text(&policy->thresholds, &policy->nr_thresholds, full, err);
}

/* A limit in the metric's unit; negative where the text is none. */
static double parse_limit(const struct metric *metric, const char *text)
{
	uint64_t whole;
	double value;
	char *end;

	if (metric->unit == METRIC_BYTES)
		return units_parse_bytes(text, &whole) ? -1 : (double)whole;
	if (metric->unit == METRIC_NS)
		return units_parse_ns(text, &whole) ? -1 : (double)whole;
	value = strtod(text, &end);
	if (end == text || !isfinite(value))
		return -1;
	if (metric->unit == METRIC_FACTOR && !strcmp(end, "x"))
		end++;
	if (metric->unit == METRIC_FRACTION && *end == '%') {
		value /= 100;
		end++;
	}
	return *end ? -1 : value;
}

int gate_policy_add_budget(struct gate_policy *policy, const char *text,
			   struct err *err)
{
	const char *sign = strstr(text, "<=");
	struct gate_budget *budgets, *b;
	const struct metric *metric;
	size_t len;

	if (!sign || strlen(text) >= sizeof(b->text))
		return err_set(err, ERR_ARG, 0,
			       "budget '%.60s' is not METRIC<=VALUE, such as "
			       "'rss_peak<=1.5GiB'",
			       text);
	for (len = (size_t)(sign - text); len && text[len - 1] == ' '; len--)
		;
	metric = find_metric(text, len, err);
	if (!metric)
		return -ERR_ARG;
	budgets = reallocarray(policy->budgets, policy->nr_budgets + 1,
			       sizeof(*budgets));
	if (!budgets)
		return no_memory(err);
	policy->budgets = budgets;
	b = &budgets[policy->nr_budgets];
	*b = (struct gate_budget){ .metric = metric };
	snprintf(b->text, sizeof(b->text), "%s", text);
	sign += 2 + strspn(sign + 2, " ");
	b->limit = parse_limit(metric, sign);
	if (b->limit < 0)
		return err_set(err, ERR_ARG, 0,
			       "budget '%.60s': '%.40s' is no value of %s",
			       text, sign, metric->title);
	policy->nr_budgets++;
	return 0;
}

int gate_policy_set_against(struct gate_policy *policy, const char *label,
			    struct err *err)
{
	free(policy->against);
	policy->against = strdup(label);
	return policy->against ? 0 : no_memory(err);
}

int gate_policy_set_unclear(struct gate_policy *policy, const char *word,
			    struct err *err)
{
	policy->unclear_passes = !strcmp(word, "pass");
	if (policy->unclear_passes || !strcmp(word, "fail"))
		return 0;
	return err_set(err, ERR_ARG, 0,
		       "inconclusive must be 'fail' or 'pass', not '%.40s'",
		       word);
}

int gate_policy_set_sessions(struct gate_policy *policy, uint64_t sessions,
			     struct err *err)
{
	if (!sessions || sessions > BASELINE_SESSIONS)
		return err_set(err, ERR_ARG, 0,
			       "sessions must be 1 to %d, not %llu",
			       BASELINE_SESSIONS, (unsigned long long)sessions);
	policy->sessions = sessions;
	return 0;
}

static void release_list(char **list, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		free(list[i]);
	free(list);
}

void gate_policy_release(struct gate_policy *policy)
{
	free(policy->against);
	release_list(policy->arms, policy->nr_arms);
	release_list(policy->metrics, policy->nr_metrics);
	release_list(policy->thresholds, policy->nr_thresholds);
	free(policy->budgets);
	memset(policy, 0, sizeof(*policy));
}

/* The line of the file where that key stands first. */
static unsigned line_of(const char *path, const char *key)
{
	char quoted[128], line[1024];
	FILE *f = fopen(path, "re");
	unsigned nr = 0;

	snprintf(quoted, sizeof(quoted), "\"%.100s\"", key);
	while (f && fgets(line, sizeof(line), f)) {
		nr++;
		if (strstr(line, quoted))
			break;
	}
	if (f)
		fclose(f);
	return nr;
}

typedef int add_fn(struct gate_policy *policy, const char *text,
		   struct err *err);

/* Each text of a list. */
static int add_each(struct gate_policy *policy, const json_t *list, add_fn *add,
		    struct err *err)
{
	const json_t *item;
	size_t i;
	int rc = 0;

	if (!json_is_array(list))
		return err_set(err, ERR_ARG, 0, "must be a list of texts");
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item))
			return err_set(err, ERR_ARG, 0,
				       "must be a list of texts");
		rc = add(policy, json_string_value(item), err);
		if (rc)
			break;
	}
	return rc;
}

static int add_one(struct gate_policy *policy, const json_t *value, add_fn *add,
		   struct err *err)
{
	if (!json_is_string(value))
		return err_set(err, ERR_ARG, 0, "must be a text");
	return add(policy, json_string_value(value), err);
}

/* Names with their thresholds in percent; null: the usual one. */
static int add_metrics(struct gate_policy *policy, json_t *object,
		       struct err *err)
{
	const char *name;
	json_t *value;
	char text[128];
	int rc = 0;

	if (!json_is_object(object))
		return err_set(err, ERR_ARG, 0,
			       "must have names of metrics, each with its "
			       "threshold in percent or null");
	json_object_foreach(object, name, value)
	{
		if (!json_is_number(value) && !json_is_null(value))
			return err_set(err, ERR_ARG, 0,
				       "'%.60s' needs a threshold in percent "
				       "or null",
				       name);
		rc = gate_policy_add_metric(policy, name, err);
		if (rc)
			break;
		if (json_is_null(value))
			continue;
		snprintf(text, sizeof(text), "%.60s=%.9g", name,
			 json_number_value(value));
		rc = gate_policy_add_threshold(policy, text, err);
		if (rc)
			break;
	}
	return rc;
}

static int add_key(struct gate_policy *policy, const char *key, json_t *value,
		   struct err *err)
{
	if (!strcmp(key, "against"))
		return add_one(policy, value, gate_policy_set_against, err);
	if (!strcmp(key, "arms"))
		return add_each(policy, value, gate_policy_add_arm, err);
	if (!strcmp(key, "metrics"))
		return add_metrics(policy, value, err);
	if (!strcmp(key, "budgets"))
		return add_each(policy, value, gate_policy_add_budget, err);
	if (!strcmp(key, "inconclusive"))
		return add_one(policy, value, gate_policy_set_unclear, err);
	if (!strcmp(key, "sessions"))
		return json_is_integer(value) && json_integer_value(value) > 0
			       ? gate_policy_set_sessions(
					 policy,
					 (uint64_t)json_integer_value(value),
					 err)
			       : err_set(err, ERR_ARG, 0, "must be a number");
	return err_set(err, ERR_ARG, 0,
		       "unknown; there are against, arms, metrics, budgets, "
		       "inconclusive, sessions");
}

int gate_policy_read(struct gate_policy *policy, const char *path,
		     struct err *err)
{
	json_error_t at;
	json_t *root, *value;
	const char *key;
	int rc = 0;

	if (access(path, R_OK))
		return err_set(err, ERR_ARG, errno, "cannot read policy %s",
			       path);
	root = json_load_file(path, JSON_REJECT_DUPLICATES, &at);
	if (!json_is_object(root))
		rc = err_set(err, ERR_ARG, 0, "policy %.100s: line %d: %.100s",
			     path, root ? 1 : at.line,
			     root ? "no object" : at.text);
	if (!rc)
		json_object_foreach(root, key, value)
		{
			struct err why = { 0 };

			rc = add_key(policy, key, value, &why);
			if (rc) {
				rc = err_set(err, ERR_ARG, 0,
					     "policy %.80s: line %u: "
					     "\"%.40s\": %.100s",
					     path, line_of(path, key), key,
					     why.text);
				break;
			}
		}
	json_decref(root);
	return rc;
}
