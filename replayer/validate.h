// SPDX-License-Identifier: MIT
/*
 * Fidelity is measured: in each round record a program, and run it under every
 * arm while looking at its memory from outside; then replay the tapes under
 * the same arms, and hold the predictions against what was seen. The times of
 * one recording vary as those of one run do, hence a tape for each round. A
 * folder keeps all of it: the tapes in DIR/tapes, the real runs as result
 * documents (pass "real") in DIR/real, the replay in DIR/replay. Runs in the
 * main thread of a tool; signals as replay.h tells.
 */
#ifndef REPLAYER_VALIDATE_H
#define REPLAYER_VALIDATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "replayer/validate_figures.h"
#include "replayer/worker_report.h"
#include "results/result.h"

struct err;

struct validate_config {
	char *const *argv;       /* the program */
	const char *line;        /* the same as one line, quoted */
	const char *const *arms; /* specs; none: all allocators found */
	size_t nr_arms;
	uint64_t rounds;
	const char *dir;
	const char *process; /* executable to judge; NULL: the largest */
	const char *input;   /* file for stdin; NULL: what ours is */
	bool show_output;
	bool force;                /* forget what the folder has */
	struct worker_order order; /* of the replay */
	uint64_t timeout_ns;       /* of one run */
	uint64_t seed;
};

struct validate_outcome {
	char dir[PATH_MAX];
	char **tapes; /* of the rounds */
	size_t nr_tapes;
	char process[256]; /* its executable */
	char recorded_under[PATH_MAX];
	int status; /* exit code when recorded first */
	struct validate_figures figures;
	struct result_doc about; /* environment and configuration */
	size_t failed;           /* runs and replays */
	char failure[512];       /* the first of them */
};

/*
 * Do it, or what of it the folder lacks. A run that fails is noted and does
 * not end it. outcome goes to validate_release in any case.
 */
int validate(const struct validate_config *config,
	     struct validate_outcome *outcome, struct err *err);
void validate_release(struct validate_outcome *outcome);

/* validate_render.c: tables for a person; one JSON document. */
void validate_render(const struct validate_outcome *o, FILE *out);
int validate_render_json(const struct validate_outcome *o, FILE *out);

#endif
