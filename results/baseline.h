// SPDX-License-Identifier: MIT
/*
 * A baseline: the rounds of campaigns that passed, kept to judge later ones
 * by. A reviewable JSON document, "format": "heaptape-baseline": for each of
 * the last sessions the raw values of every tape, arm and metric, beside the
 * class of machine and the settings that they belong to; and one anchor, the
 * sessions that were pinned with a release, so that slow drift is seen.
 * Any thread, each its own struct.
 */
#ifndef RESULTS_BASELINE_H
#define RESULTS_BASELINE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "results/metrics.h"
#include "results/result.h"
#include "traces/base/sha256.h"

struct campaign;
struct campaign_tape;
struct err;

#define BASELINE_SESSIONS     20 /* that a baseline holds at most */
#define BASELINE_MIN_SESSIONS 3  /* fewer do not tell what sessions do */
#define BASELINE_MAX_DAYS     30 /* older ones are warned of */
#define BASELINE_FOLDER       "heaptape-baselines" /* of those with a name */

/* A tape, and what changes what is measured on it. Pairs are owned. */
struct baseline_tape {
	char name[512];
	char hash[33];
	struct result_pair *options;
	size_t nr_options;
};

/* An arm as it was in a session. Knobs are owned. */
struct baseline_arm {
	char arm[256];
	char version[64], build_id[48];
	char library[SHA256_HEX]; /* kept beside the baseline; "": not */
	char **knobs;
	size_t nr_knobs;
};

/* The values of a metric, by round; NAN where there is none. Owned. */
struct baseline_row {
	uint32_t tape; /* of the baseline */
	uint32_t arm;  /* of the session */
	char metric[48];
	double *values;
	size_t nr;
};

struct baseline_session {
	char label[128]; /* what the user calls it: a commit, a release */
	char started[32];
	char host[128];
	uint64_t seed;
	struct baseline_arm *arms;
	size_t nr_arms;
	struct baseline_row *rows;
	size_t nr_rows;
};

struct baseline_window {
	struct baseline_session *sessions; /* the oldest first */
	size_t nr;
};

struct baseline {
	char path[PATH_MAX];
	char reference[256]; /* arm that is in every campaign */
	uint64_t result_format;
	struct result_pair *class; /* of machines */
	size_t nr_class;
	struct baseline_tape *tapes;
	size_t nr_tapes;
	struct baseline_window window;
	char anchor_label[128]; /* "": nothing is pinned */
	struct baseline_window anchor;
};

/*
 * Make one of the sessions of a campaign, or add them to one that there is;
 * those that it has already are passed over, *added tells how many were not,
 * and the oldest ones give way. metrics: names beside the main ones. -ERR_ARG:
 * the reference was not measured; -ERR_COMPARE: not comparable, or failed runs.
 */
int baseline_begin(struct baseline *b, const struct campaign *campaign,
		   const char *reference, struct err *err);
int baseline_add(struct baseline *b, const struct campaign *campaign,
		 const char *const *metrics, size_t nr_metrics,
		 const char *label, size_t *added, struct err *err);
/* The window as it is becomes the anchor. 0 or -ERR_NOMEM. */
int baseline_pin(struct baseline *b, const char *label, struct err *err);
/* Forget all but the newest sessions. */
void baseline_keep(struct baseline_window *window, size_t nr);

/* Atomically. -ERR_EXISTS without force, where there is one. */
int baseline_write(const struct baseline *b, const char *path, bool force,
		   struct err *err);
/* -ERR_COMPARE: not there; -ERR_ARG: no baseline; -ERR_FORMAT; -ERR_VERSION. */
int baseline_read(struct baseline *b, const char *path, struct err *err);
/* FILE.json as it is; NAME: NAME.json in the folder of baselines. */
int baseline_path(const char *name, char path[PATH_MAX], struct err *err);
/* Safe on a zeroed struct. */
void baseline_release(struct baseline *b);

/* The tape that a campaign's is, by hash and settings or by name; or NULL. */
const struct baseline_tape *baseline_tape(const struct baseline *b,
					  const struct result_doc *doc);
/* The session's values, or NULL. */
const struct baseline_row *baseline_row(const struct baseline *b,
					const struct baseline_session *session,
					const struct baseline_tape *tape,
					const char *arm, const char *metric);
/* The arm in the newest session that has it, or NULL. */
const struct baseline_arm *baseline_arm(const struct baseline_window *window,
					const char *arm);
/*
 * Why values on that document's machine with its settings must not be held
 * against those of the baseline: "thp is 'always' now, 'madvise' in the
 * baseline", or "". noisy: times, for which the processor and the minor version
 * of the kernel have to be the same, too.
 */
char *baseline_difference(const struct baseline *b,
			  const struct result_doc *doc, bool noisy, char *buf,
			  size_t len);
/* Days from the newest session to that document; 0 when unknown. */
long baseline_age_days(const struct baseline *b, const struct result_doc *doc);

/* Baselines of a folder, in order of names; visit gets each file's path. */
int baseline_each(const char *folder,
		  int (*visit)(void *ctx, const char *path, struct err *err),
		  void *ctx, struct err *err);

/* A line, or all of it, for a person. */
void render_baseline_line(const struct baseline *b, FILE *out);
void render_baseline(const struct baseline *b, FILE *out);

#endif
