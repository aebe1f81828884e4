// SPDX-License-Identifier: MIT
/*
 * The road of a campaign: arms and tapes are resolved before anything runs,
 * then tape by tape its rounds, which are the business of replay_rounds.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replayer/replay_campaign.h"
#include "replayer/replay_launch.h"
#include "traces/base/err.h"
#include "traces/base/files.h"

static int add_arm(struct replay_state *s, const char *spec, struct err *err)
{
	struct alloc_arm *arms =
		reallocarray(s->arms, s->nr_arms + 1, sizeof(*arms));
	size_t i;
	int rc;

	if (!arms)
		return err_set(err, ERR_NOMEM, ENOMEM, "list of arms");
	s->arms = arms;
	memset(&arms[s->nr_arms], 0, sizeof(*arms));
	rc = alloc_arm_parse(&arms[s->nr_arms], spec, err);
	if (rc)
		return rc;
	s->nr_arms++;
	for (i = 0; i + 1 < s->nr_arms; i++)
		if (!strcmp(arms[i].label, arms[s->nr_arms - 1].label))
			return err_set(err, ERR_ARG, 0,
				       "arm '%.100s' is given twice", spec);
	return 0;
}

/* All allocators that are installed, but not the one that does nothing. */
static int add_found_arms(struct replay_state *s, struct err *err)
{
	size_t nr, i;
	const struct alloc_entry *entries = alloc_entries(&nr);
	int rc = 0;

	for (i = 0; i < nr && !rc; i++) {
		char path[PATH_MAX];

		if (!strcmp(entries[i].name, "null") ||
		    alloc_entry_find(&entries[i], path, sizeof(path), NULL))
			continue;
		rc = add_arm(s, entries[i].name, err);
	}
	return rc;
}

/* The same arms once more, under other names: A/A. */
static int add_again(struct replay_state *s, struct err *err)
{
	size_t nr = s->nr_arms, i, len;
	int rc = 0;

	for (i = 0; i < nr && !rc; i++) {
		char spec[sizeof(s->arms[i].label)];

		memcpy(spec, s->arms[i].label, sizeof(spec));
		len = strlen(spec);
		if (len + sizeof(REPLAY_AGAIN) > sizeof(spec))
			return err_set(err, ERR_ARG, 0,
				       "the arm's name is too long: %.100s",
				       spec);
		/* Two of one name are refused: the first steps aside. */
		strcat(s->arms[i].label, REPLAY_AGAIN);
		rc = add_arm(s, spec, err);
		s->arms[i].label[len] = '\0';
		if (!rc)
			strcat(s->arms[s->nr_arms - 1].label, REPLAY_AGAIN);
	}
	return rc;
}

static int resolve_arms(struct replay_state *s, struct err *err)
{
	size_t i;
	int rc = 0;

	if (!s->config->nr_arms)
		return add_found_arms(s, err);
	for (i = 0; i < s->config->nr_arms && !rc; i++)
		rc = add_arm(s, s->config->arms[i], err);
	if (!rc && s->config->again)
		rc = add_again(s, err);
	return rc;
}

/* The thread counts of one tape in turn: most of them share a plan. */
static int run_tape(struct replay_state *s, struct replay_work *works,
		    size_t nr, struct err *err)
{
	char folder[PATH_MAX + 16];
	size_t i;
	int rc = 0;

	for (i = 0; i < nr && !rc; i++)
		rc = replay_rounds(s, &works[i], err);
	for (i = 0; i < nr && !s->config->keep_plan; i++)
		if (works[i].tape.plan[0])
			unlink(works[i].tape.plan);
	snprintf(folder, sizeof(folder), "%s/.plans", s->dir);
	if (!s->config->keep_plan)
		rmdir(folder); /* stays while other plans are in it */
	return rc;
}

/* Open all tapes, so that a bad one is told before the first run. */
static int open_tapes(struct replay_state *s, struct replay_work *works,
		      struct err *err)
{
	const struct replay_config *config = s->config;
	size_t each = s->nr_works / config->nr_tapes, i, k;
	int rc = 0;

	for (i = 0; i < s->nr_works && !rc; i++) {
		rc = replay_tape_open(
			&works[i].tape, config->tapes[i / each],
			config->nr_threads ? config->threads[i % each] : 0,
			err);
		for (k = 0; k < i && !rc; k++)
			if (!strcmp(works[i].tape.stem, works[k].tape.stem))
				rc = err_set(err, ERR_ARG, 0,
					     "two tapes are named %.100s; "
					     "rename one, its results would "
					     "mix",
					     works[i].tape.stem);
	}
	return rc;
}

static int set_folder(struct replay_state *s, struct replay_work *works,
		      struct err *err)
{
	int len;

	if (s->config->dir)
		len = snprintf(s->dir, sizeof(s->dir), "%s", s->config->dir);
	else
		len = snprintf(s->dir, sizeof(s->dir), "%s-replay",
			       works[0].tape.stem);
	while (len > 1 && len < PATH_MAX && s->dir[len - 1] == '/')
		s->dir[--len] = '\0';
	if (len >= PATH_MAX - 300)
		return err_set(err, ERR_ARG, ENAMETOOLONG, "%.80s...", s->dir);
	snprintf(s->outcome->dir, sizeof(s->outcome->dir), "%s", s->dir);
	return replay_folder_open(s, works, err);
}

int replay_campaign(const struct replay_config *config,
		    struct replay_outcome *outcome, struct err *err)
{
	size_t each = config->nr_threads ? config->nr_threads : 1, i;
	struct replay_state s = { .config = config,
				  .nr_works = each * config->nr_tapes,
				  .outcome = outcome,
				  .folder_fd = -1 };
	struct replay_work *works = calloc(s.nr_works, sizeof(*works));
	int rc;

	memset(outcome, 0, sizeof(*outcome));
	if (!works)
		return err_set(err, ERR_NOMEM, ENOMEM, "list of tapes");
	replay_block_signals();
	s.rng = config->seed;
	rc = files_find_part("heaptape-worker", s.worker, sizeof(s.worker),
			     err);
	if (!rc)
		rc = resolve_arms(&s, err);
	if (!rc)
		rc = open_tapes(&s, works, err);
	if (!rc)
		rc = set_folder(&s, works, err);
	for (i = 0; i < s.nr_works && !rc; i += each)
		rc = run_tape(&s, &works[i], each, err);
	for (i = 0; i < s.nr_works; i++) {
		replay_tape_release(&works[i].tape);
		alloc_arm_release(&works[i].null);
		alloc_arm_release(&works[i].reference);
	}
	for (i = 0; i < s.nr_arms; i++)
		alloc_arm_release(&s.arms[i]);
	if (s.folder_fd >= 0)
		close(s.folder_fd);
	free(s.arms);
	free(works);
	return rc;
}
