// SPDX-License-Identifier: MIT
/*
 * A campaign: tapes x arms x rounds. The driver compiles each tape, starts a
 * fresh worker per pass, and writes one result document per tape and round.
 * It runs in the main thread of a tool; SIGINT, SIGTERM and SIGCHLD are
 * blocked meanwhile, the first two end the campaign with -ERR_INTERRUPT.
 */
#ifndef REPLAYER_REPLAY_H
#define REPLAYER_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "replayer/worker_report.h"

struct err;

enum { REPLAY_THREAD_COUNTS = 32, REPLAY_MAX_THREADS = 10000 };

struct replay_config {
	const char *const *tapes;
	size_t nr_tapes;
	const char *const *arms; /* specs; none: all allocators found */
	size_t nr_arms;
	bool again;      /* each arm a second time, as an arm of its own */
	const char *dir; /* for the documents; NULL: after the first tape */
	const uint32_t *threads; /* each measured apart; none: as recorded */
	size_t nr_threads;
	uint64_t rounds;     /* 0: as many as decide */
	uint64_t max_rounds; /* but no more */
	bool passes[WORKER_PASSES];
	struct worker_order order; /* of every worker, but for its pass */
	uint64_t timeout_ns;       /* of one pass */
	uint64_t seed;             /* of orders and paddings */
	bool force;                /* replace another campaign's documents */
	bool keep_plan;
	const char *command; /* line that goes into the documents */
};

/* What became of it. */
struct replay_outcome {
	char dir[4096];
	size_t documents;  /* complete, those of before too */
	size_t failed;     /* runs that were not ok */
	char failure[512]; /* the first of them: arm, pass, why */
};

/* "time,memory" to flags, "pages" to its value; 0 or -ERR_ARG. */
int replay_parse_passes(const char *text, bool passes[WORKER_PASSES],
			struct err *err);
/* "1,2,4": at most REPLAY_THREAD_COUNTS numbers, each once. */
int replay_parse_threads(const char *text, uint32_t *threads, size_t *nr,
			 struct err *err);
int replay_parse_touch(const char *text, enum worker_touch *touch,
		       struct err *err);
/*
 * "asap", "recorded", "virtual", or "x10": ten times as fast as recorded. The
 * name is the same text again.
 */
int replay_parse_pace(const char *text, struct worker_order *order,
		      struct err *err);
void replay_pace_name(const struct worker_order *order, char name[32]);
const char *replay_pass_name(enum worker_pass pass);
const char *replay_touch_name(enum worker_touch touch);

/*
 * Run the campaign, skipping rounds whose document is there. A run that
 * crashes or hangs is noted in its document, and does not end the campaign.
 */
int replay_campaign(const struct replay_config *config,
		    struct replay_outcome *outcome, struct err *err);

/* A short table over the documents of the folder, or one JSON document. */
int replay_summary(const char *dir, FILE *out, struct err *err);
int replay_summary_json(const struct replay_outcome *outcome, FILE *out);

#endif
