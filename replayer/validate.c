// SPDX-License-Identifier: MIT
/* The order of things: arms, folder, tape, real runs, replay, figures. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replayer/replay.h"
#include "replayer/replay_environment.h"
#include "replayer/replay_launch.h"
#include "replayer/validate_parts.h"
#include "traces/base/err.h"
#include "traces/base/progress.h"

void validate_fail(struct validate_outcome *o, const char *fmt, ...)
{
	va_list ap;

	if (o->failed++)
		return;
	va_start(ap, fmt);
	vsnprintf(o->failure, sizeof(o->failure), fmt, ap);
	va_end(ap);
}

static int add_arm(struct validate_state *s, const char *spec, struct err *err)
{
	struct alloc_arm *arm = &s->arms[s->nr_arms];
	size_t i;
	int rc = alloc_arm_parse(arm, spec, err);

	if (rc)
		return rc;
	s->labels[s->nr_arms++] = arm->label;
	if (arm->is_null)
		return err_set(err, ERR_ARG, 0, "no program runs on '%.40s'",
			       spec);
	for (i = 0; i + 1 < s->nr_arms; i++)
		if (!strcmp(s->labels[i], arm->label))
			return err_set(err, ERR_ARG, 0,
				       "arm '%.100s' is given twice", spec);
	return 0;
}

static int resolve_arms(struct validate_state *s, struct err *err)
{
	const struct validate_config *c = s->config;
	size_t nr, i, room;
	const struct alloc_entry *all = alloc_entries(&nr);
	char path[PATH_MAX];
	int rc = 0;

	room = c->nr_arms > nr ? c->nr_arms : nr;
	s->arms = calloc(room, sizeof(*s->arms));
	s->labels = calloc(room, sizeof(*s->labels));
	if (!s->arms || !s->labels)
		return err_set(err, ERR_NOMEM, ENOMEM, "list of arms");
	for (i = 0; i < c->nr_arms && !rc; i++)
		rc = add_arm(s, c->arms[i], err);
	for (i = 0; !c->nr_arms && i < nr && !rc; i++)
		if (strcmp(all[i].name, "null") != 0 &&
		    !alloc_entry_find(&all[i], path, sizeof(path), NULL))
			rc = add_arm(s, all[i].name, err);
	return rc;
}

/* Each run reads its stdin from the start: it must be a file. */
static int resolve_input(struct validate_state *s, struct err *err)
{
	const char *given = s->config->input;
	const char *path = given ? given : "/proc/self/fd/0";
	struct stat st;
	ssize_t n;

	snprintf(s->input, sizeof(s->input), "/dev/null");
	snprintf(s->input_name, sizeof(s->input_name), "/dev/null");
	if (stat(path, &st) && !given)
		return 0; /* closed: nothing to be read */
	if (given && access(given, R_OK))
		return err_set(err, ERR_ARG, errno, "--stdin: %s", given);
	if (S_ISCHR(st.st_mode))
		return 0; /* a terminal, or nothing */
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_ARG, 0,
			       "stdin must be a file, to be given anew to each "
			       "run; use --stdin=FILE or </dev/null");
	snprintf(s->input, sizeof(s->input), "%.4095s", path);
	if (given && realpath(given, s->input_name))
		return 0;
	n = readlink(path, s->input_name, sizeof(s->input_name) - 1);
	if (n >= 0)
		s->input_name[n] = '\0';
	return 0;
}

static int init_figures(struct validate_state *s, struct err *err)
{
	struct validate_figures *f = &s->outcome->figures;
	int rc = validate_figures_init(f, s->nr_arms, s->config->rounds, err);
	size_t i;

	for (i = 0; i < s->nr_arms && !rc; i++) {
		const struct alloc_arm *arm = &s->arms[i];

		snprintf(f->arms[i].label, sizeof(f->arms[i].label), "%s",
			 arm->label);
		snprintf(f->arms[i].path, sizeof(f->arms[i].path), "%.511s",
			 arm->path);
		snprintf(f->arms[i].version, sizeof(f->arms[i].version), "%s",
			 arm->version);
	}
	return rc;
}

/* The predictions of one document of the replay. */
static void take_predictions(struct validate_outcome *o,
			     const struct result_doc *doc, size_t round)
{
	static const char *const names[VALIDATE_MEASURES] = {
		"predicted_rss_peak_bytes",
		"predicted_rss_mean_bytes",
		"predicted_rss_end_bytes",
	};
	size_t i, k, m;

	for (i = 0; i < doc->nr_runs; i++)
		for (k = 0; k < o->figures.nr_arms; k++) {
			struct validate_arm *arm = &o->figures.arms[k];

			if (strcmp(arm->label, doc->runs[i].arm) != 0)
				continue;
			for (m = 0; m < VALIDATE_MEASURES; m++)
				arm->values[m].predicted[round] =
					result_metric(&doc->runs[i], names[m]);
		}
}

static int read_predictions(struct validate_state *s, const char *dir,
			    struct err *err)
{
	char path[PATH_MAX + 300];
	struct result_doc doc;
	size_t i, k;
	int rc = 0;

	for (i = 0; i < s->config->rounds && !rc; i++) {
		const char *name = strrchr(s->outcome->tapes[i], '/') + 1;
		int stem = (int)(strlen(name) - strlen(".tape"));

		memset(&doc, 0, sizeof(doc));
		snprintf(path, sizeof(path), "%s/%.*s-r001.json", dir, stem,
			 name);
		rc = result_read(&doc, path, err);
		if (!rc)
			take_predictions(s->outcome, &doc, i);
		for (k = 0; k < doc.nr_config && !rc; k++)
			if (!strcmp(doc.config[k].key, "prediction") &&
			    !strncmp(doc.config[k].value, "none", 4))
				rc = err_set(err, ERR_CRASH, 0,
					     "prediction: %.200s",
					     doc.config[k].value);
		result_release(&doc);
	}
	return rc;
}

/* The tapes under the same arms. */
static int replay(struct validate_state *s, struct err *err)
{
	const struct validate_config *c = s->config;
	char dir[PATH_MAX];
	struct replay_outcome outcome;
	struct replay_config config = {
		.tapes = (const char *const *)s->outcome->tapes,
		.nr_tapes = s->outcome->nr_tapes,
		.arms = s->labels,
		.nr_arms = s->nr_arms,
		.dir = dir,
		.rounds = 1,
		.order = c->order,
		.timeout_ns = c->timeout_ns,
		.seed = c->seed,
		.force = c->force,
		.command = c->line,
	};
	int rc;

	config.passes[WORKER_MEMORY] = true;
	snprintf(dir, sizeof(dir), "%.4000s/replay", c->dir);
	rc = replay_campaign(&config, &outcome, err);
	if (!rc && outcome.failed)
		validate_fail(s->outcome, "replay: %.480s", outcome.failure);
	return rc ? rc : read_predictions(s, dir, err);
}

static int describe(struct validate_state *s, struct err *err)
{
	struct result_doc *about = &s->outcome->about;
	char pace[32];
	int rc = replay_environment(about, err);

	replay_pace_name(&s->config->order, pace);
	if (!rc)
		rc = result_add_config(about, "command", s->config->line, err);
	if (!rc)
		rc = result_add_config(about, "stdin", s->input_name, err);
	if (!rc)
		rc = result_add_config(about, "pace", pace, err);
	return rc;
}

/* The programs of all rounds, recorded and under the arms. */
static int run_programs(struct validate_state *s, struct err *err)
{
	const uint64_t rounds = s->config->rounds;
	uint32_t round;
	int rc = 0;

	s->outcome->tapes = calloc(rounds, sizeof(*s->outcome->tapes));
	if (!s->outcome->tapes)
		return err_set(err, ERR_NOMEM, ENOMEM, "list of tapes");
	progress_start("running", rounds * (s->nr_arms + 1));
	for (round = 1; round <= rounds && !rc; round++) {
		progress_update((round - 1) * (s->nr_arms + 1), "recording");
		rc = validate_record(s, round, err);
		if (!rc)
			rc = validate_real(s, round, err);
	}
	progress_stop();
	return rc;
}

int validate(const struct validate_config *config,
	     struct validate_outcome *outcome, struct err *err)
{
	struct validate_state s = { .config = config,
				    .outcome = outcome,
				    .folder_fd = -1 };
	size_t i;
	int rc;

	memset(outcome, 0, sizeof(*outcome));
	replay_block_signals();
	rc = resolve_arms(&s, err);
	if (!rc)
		rc = resolve_input(&s, err);
	if (!rc)
		rc = init_figures(&s, err);
	if (!rc)
		rc = describe(&s, err);
	if (!rc)
		rc = validate_folder_open(&s, err);
	if (!rc)
		rc = run_programs(&s, err);
	if (!rc)
		rc = replay(&s, err);
	if (!rc)
		validate_figures_judge(&outcome->figures);
	for (i = 0; i < s.nr_arms; i++)
		alloc_arm_release(&s.arms[i]);
	if (s.folder_fd >= 0)
		close(s.folder_fd);
	free(s.arms);
	free(s.labels);
	return rc;
}

void validate_release(struct validate_outcome *outcome)
{
	size_t i;

	for (i = 0; i < outcome->nr_tapes; i++)
		free(outcome->tapes[i]);
	free(outcome->tapes);
	validate_figures_release(&outcome->figures);
	result_release(&outcome->about);
}
