// SPDX-License-Identifier: MIT
/* What a round's document begins with: the tape, the machine, the settings. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "replayer/plan.h"
#include "replayer/replay_campaign.h"
#include "replayer/replay_environment.h"
#include "results/result_rounds.h"
#include "traces/base/err.h"
#include "traces/base/version.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The arms, whatever the order in which they were given. */
static int add_arms(const struct replay_state *s, struct result_doc *doc,
		    struct err *err)
{
	const char **labels = calloc(s->nr_arms, sizeof(*labels));
	char text[4096] = "";
	size_t i, used = 0;

	if (!labels)
		return err_set(err, ERR_NOMEM, ENOMEM, "list of arms");
	for (i = 0; i < s->nr_arms; i++)
		labels[i] = s->arms[i].label;
	qsort(labels, s->nr_arms, sizeof(*labels), by_text);
	for (i = 0; i < s->nr_arms && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s%s", i ? " " : "", labels[i]);
	free(labels);
	return result_add_config(doc, "arms", text, err);
}

char *replay_pass_list(const struct replay_config *config, char buf[64])
{
	int pass;

	buf[0] = '\0';
	for (pass = 0; pass < WORKER_PASSES; pass++) {
		if (!config->passes[pass])
			continue;
		if (buf[0])
			strcat(buf, ",");
		strcat(buf, replay_pass_name((enum worker_pass)pass));
	}
	return buf;
}

int replay_config_entries(const struct replay_state *s, struct result_doc *doc,
			  struct err *err)
{
	const struct replay_config *c = s->config;
	char passes[64], idle[32], pace[32];
	int rc;

	replay_pass_list(c, passes);
	snprintf(idle, sizeof(idle), "%llu",
		 (unsigned long long)c->order.idle_ns);
	replay_pace_name(&c->order, pace);
	rc = result_add_config(doc, "pace", pace, err);
	if (!rc)
		rc = result_add_config(doc, "touch",
				       replay_touch_name(c->order.touch), err);
	if (!rc)
		rc = result_add_config(doc, "passes", passes, err);
	if (!rc)
		rc = result_add_config(doc, "idle_ns", idle, err);
	if (!rc)
		rc = add_arms(s, doc, err);
	return rc;
}

static int fill_config(const struct replay_state *s,
		       const struct replay_work *work, struct result_doc *doc,
		       struct err *err)
{
	char window[32], threads[32], copies[32], looks[32];
	int rc = replay_config_entries(s, doc, err);

	snprintf(window, sizeof(window), "%d", PLAN_WINDOW);
	snprintf(threads, sizeof(threads), "%u", work->tape.threads);
	snprintf(copies, sizeof(copies), "%u", work->tape.copies);
	if (!rc)
		rc = result_add_config(doc, "window", window, err);
	if (!rc)
		rc = result_add_config(doc, "threads", threads, err);
	if (!rc)
		rc = result_add_config(doc, "copies", copies, err);
	/* The tests of a comparison share their error over the looks. */
	snprintf(looks, sizeof(looks), "%d", RESULT_LOOKS);
	if (!rc && !s->config->rounds)
		rc = result_add_config(doc, "looks", looks, err);
	if (!rc)
		rc = result_add_config(
			doc, "command",
			s->config->command ? s->config->command : "", err);
	if (!rc)
		rc = result_add_config(doc, "version", HEAPTAPE_VERSION, err);
	if (!rc && work->tape.asks_usable)
		rc = result_add_config(doc, "asks_usable", "yes", err);
	if (!rc && work->tape.allocator[0])
		rc = result_add_config(doc, "recorded_under",
				       work->tape.allocator, err);
	if (!rc)
		rc = result_add_config(doc, "prediction",
				       work->no_prediction[0]
					       ? work->no_prediction
					       : work->reference.label,
				       err);
	return rc;
}

int replay_document_begin(const struct replay_state *s,
			  const struct replay_work *work, uint32_t round,
			  struct result_doc *doc, struct err *err)
{
	time_t now = time(NULL);
	struct tm tm;
	int rc;

	memset(doc, 0, sizeof(*doc));
	snprintf(doc->tape, sizeof(doc->tape), "%s", work->tape.name);
	memcpy(doc->tape_hash, work->tape.hash, sizeof(doc->tape_hash));
	doc->round = round;
	doc->seed = s->config->seed;
	gmtime_r(&now, &tm);
	strftime(doc->started, sizeof(doc->started), "%Y-%m-%dT%H:%M:%SZ", &tm);
	rc = replay_environment(doc, err);
	if (!rc)
		rc = fill_config(s, work, doc, err);
	if (!rc)
		rc = replay_barred_entries(s, work, doc, err);
	/* The program's own memory says nothing of other threads than its. */
	if (!rc && replay_tape_is_whole(&work->tape))
		rc = replay_measure_recorded(doc, &work->tape, err);
	return rc;
}
