// SPDX-License-Identifier: MIT
/* The documents are changed in place; arms keep being told apart. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/campaign.h"
#include "results/redact.h"
#include "traces/base/err.h"

#define ARM_LEN sizeof(((struct result_run *)0)->arm)

/* An arm's name before and after. */
struct renamed {
	char from[ARM_LEN], to[ARM_LEN];
};

static void keep_last_part(char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash)
		memmove(path, slash + 1, strlen(slash + 1) + 1);
}

/* "KEY=/some/path" becomes "KEY=...". */
static void hide_value(char *knob)
{
	char *equals = strchr(knob, '=');

	if (strchr(knob, '/') && equals && strlen(equals + 1) >= 3)
		strcpy(equals + 1, "...");
	else if (strchr(knob, '/'))
		keep_last_part(knob);
}

/* "mine=/opt/x.so,KEY=VALUE" becomes "mine,KEY=VALUE". */
static void rename_arm(const char *from, char *to)
{
	char copy[ARM_LEN], *save = NULL, *word;
	size_t used = 0;

	snprintf(copy, sizeof(copy), "%s", from);
	*to = '\0';
	for (word = strtok_r(copy, ",", &save); word && used < ARM_LEN;
	     word = strtok_r(NULL, ",", &save)) {
		char *equals = strchr(word, '=');

		if (used)
			hide_value(word);
		else if (equals && strchr(equals, '/'))
			*equals = '\0';
		else
			keep_last_part(word);
		used += (size_t)snprintf(to + used, ARM_LEN - used, "%s%s",
					 used ? "," : "", word);
	}
}

static bool taken(const struct renamed *names, size_t nr, const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(names[i].to, name))
			return true;
	return false;
}

/* Names that would be the same get a number. */
static void choose_names(const struct campaign *campaign, struct renamed *names)
{
	size_t i, number;

	for (i = 0; i < campaign->nr_arms; i++) {
		char name[ARM_LEN];

		snprintf(names[i].from, ARM_LEN, "%s", campaign->arms[i]);
		rename_arm(campaign->arms[i], name);
		snprintf(names[i].to, ARM_LEN, "%s", name);
		for (number = 2; taken(names, i, names[i].to); number++)
			snprintf(names[i].to, ARM_LEN, "%.240s #%zu", name,
				 number);
	}
}

static bool listed(const char *key, const char *const *keys)
{
	for (; *keys; keys++)
		if (!strcmp(key, *keys))
			return true;
	return false;
}

static void keep_pairs(struct result_pair *pairs, size_t *nr,
		       const char *const *keys)
{
	size_t kept = 0, i;

	for (i = 0; i < *nr; i++)
		if (listed(pairs[i].key, keys))
			pairs[kept++] = pairs[i];
		else
			free(pairs[i].value);
	*nr = kept;
}

static void redact_run(struct result_run *run, const struct renamed *names,
		       size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(run->arm, names[i].from))
			break;
	if (i < nr)
		memcpy(run->arm, names[i].to, ARM_LEN);
	keep_last_part(run->path);
	if (strchr(run->message, '/'))
		*run->message = '\0';
	for (i = 0; i < run->nr_knobs; i++)
		hide_value(run->knobs[i]);
}

/* Two tapes of one name in two folders keep being two. */
static void rename_tapes(struct campaign *campaign)
{
	size_t i, k;

	for (i = 0; i < campaign->nr_tapes; i++) {
		struct campaign_tape *tape = &campaign->tapes[i];
		char name[sizeof(tape->rounds[0]->tape)];

		snprintf(name, sizeof(name), "%s", tape->name);
		keep_last_part(name);
		for (k = 0; k < i; k++)
			if (!strcmp(campaign->tapes[k].name, name))
				break;
		if (k < i)
			snprintf(name + strlen(name),
				 sizeof(name) - strlen(name), " #%zu", i + 1);
		for (k = 0; k < tape->nr_rounds; k++) {
			struct result_doc *doc =
				&campaign->docs[tape->rounds[k] -
						campaign->docs];

			memcpy(doc->tape, name, sizeof(name));
		}
	}
}

int campaign_redact(struct campaign *campaign, struct err *err)
{
	static const char *const environment[] = { "kernel",
						   "machine",
						   "cpu",
						   "cpus",
						   "hypervisor",
						   "governor",
						   "page_size_bytes",
						   "memory_bytes",
						   "thp",
						   "libc",
						   NULL };
	static const char *const config[] = {
		"pace",       "touch",   "passes", "idle_ns",
		"window",     "threads", "copies", "version",
		"prediction", "events",  NULL
	};
	struct renamed *names = calloc(campaign->nr_arms, sizeof(*names));
	size_t i, k;

	if (!names)
		return err_set(err, ERR_NOMEM, 0, "out of memory for names");
	choose_names(campaign, names);
	for (i = 0; i < campaign->nr_docs; i++) {
		struct result_doc *doc = &campaign->docs[i];

		keep_pairs(doc->environment, &doc->nr_environment, environment);
		keep_pairs(doc->config, &doc->nr_config, config);
		for (k = 0; k < doc->nr_runs; k++)
			redact_run(&doc->runs[k], names, campaign->nr_arms);
	}
	rename_tapes(campaign);
	free(names);
	return 0;
}
