// SPDX-License-Identifier: MIT
/*
 * The state of a campaign, shared by its parts: replay_campaign.c (arms and
 * tapes), replay_plan.c (a tape's plan), replay_rounds.c (its rounds),
 * replay_round.c (one round and its document), replay_folder.c (what is in the
 * folder already). Internal to the driver.
 */
#ifndef REPLAYER_REPLAY_CAMPAIGN_H
#define REPLAYER_REPLAY_CAMPAIGN_H

#include <limits.h>

#include "allocators/registry.h"
#include "replayer/replay.h"
#include "replayer/replay_measure.h"
#include "replayer/replay_quiet.h"
#include "replayer/replay_tape.h"

struct err;

#define REPLAY_AGAIN " (again)" /* the second of two arms that are one */

enum { REPLAY_PARTS = 1000 }; /* of a pass, for the progress line */

struct replay_state {
	const struct replay_config *config;
	size_t nr_works; /* tapes x thread counts */
	struct replay_outcome *outcome;
	struct alloc_arm *arms;
	size_t nr_arms;
	char worker[PATH_MAX];
	char dir[PATH_MAX];
	int folder_fd; /* locked as long as the campaign runs; -1: not open */
	uint64_t rng;  /* paddings; orders have a seed of their own */
	uint64_t done; /* passes, of total; for the progress line */
	uint64_t total;
	uint64_t of_rounds; /* rounds up to the next look */
	char detail[160];
};

/* What stays the same over the rounds of one tape. */
struct replay_work {
	struct replay_tape tape;
	struct replay_floor floor;
	struct alloc_arm null;
	struct alloc_arm reference; /* the allocator recorded under */
	size_t reference_arm;    /* it is this arm; nr_arms: only a reference */
	char no_prediction[240]; /* why there is none; "" when there is */
	char barred[WORKER_PASSES][240]; /* why this machine lacks a pass */
	bool ready;      /* the plan is there, and the harness warm */
	uint64_t rounds; /* done so far */
	struct replay_quiet_log quiet;
};

/* The next random number of a series. */
uint64_t replay_random(uint64_t *state);

/* replay_plan.c: compile the tape, tell what it lacks, find the reference. */
int replay_plan(struct replay_state *s, struct replay_work *work,
		struct err *err);

/* replay_rounds.c: all rounds of the tape that are not in the folder. */
int replay_rounds(struct replay_state *s, struct replay_work *work,
		  struct err *err);

/* replay_round.c: measure all arms once, and write the document. */
int replay_round(struct replay_state *s, struct replay_work *work,
		 uint32_t round, struct err *err);
/* One pass; notes what fails. run goes to replay_run_release in any case. */
int replay_pass(struct replay_state *s, const struct replay_work *work,
		const struct alloc_arm *arm, enum worker_pass pass,
		const char *what, struct replay_run *run, struct err *err);
/* "time,latency": the passes of the campaign. */
char *replay_pass_list(const struct replay_config *config, char buf[64]);
/* Count a run that was not ok; the first one's words are kept. */
void replay_count_failure(struct replay_outcome *o, const char *stem,
			  const struct result_run *result);
/* replay_document.c: the tape, the machine and the settings into doc. */
int replay_document_begin(const struct replay_state *s,
			  const struct replay_work *work, uint32_t round,
			  struct result_doc *doc, struct err *err);
/* The entries of a document's config that a round must share. */
int replay_config_entries(const struct replay_state *s, struct result_doc *doc,
			  struct err *err);

/* replay_barred.c */
/* How many of the campaign's passes are tried before. */
unsigned replay_nr_tried(const struct replay_config *config);
/*
 * Try the passes that a machine can forbid on the null allocator. Those that
 * are barred are told; -ERR_MISSING when no other is left.
 */
int replay_try_passes(struct replay_state *s, struct replay_work *work,
		      struct err *err);
/* Whether the pass is to be run on that arm. */
bool replay_wants(const struct replay_state *s, const struct replay_work *work,
		  const struct alloc_arm *arm, enum worker_pass pass);
/* Note in the document what is barred. */
int replay_barred_entries(const struct replay_state *s,
			  const struct replay_work *work,
			  struct result_doc *doc, struct err *err);

/* replay_clocks.c: note and tell which arms the pace may not have reached. */
int replay_note_clocks(const struct replay_state *s, struct result_doc *doc,
		       struct err *err);

/* replay_contention.c */
/* One thread has nobody to contend with: no alone pass. */
void replay_contention_bar(const struct replay_state *s,
			   struct replay_work *work);
/* What the harness costs in the passes that are compared. */
int replay_contention_floor(struct replay_state *s, struct replay_work *work,
			    struct err *err);
/* Add contention_ratio to the round's alone runs. */
int replay_contention_add(const struct replay_state *s,
			  const struct replay_work *work,
			  struct result_doc *doc, struct err *err);

/* replay_folder.c */
/* Whether a file of that name is a document, not something put beside them. */
bool replay_is_document(const char *name);
/* DIR/STEM-r001.json */
void replay_document_path(const struct replay_state *s,
			  const struct replay_tape *tape, uint32_t round,
			  char path[PATH_MAX]);
/*
 * Make and lock the folder, and look at the documents in it. Those of another campaign
 * are refused (-ERR_EXISTS), or removed with force. Of those that stay, the
 * works get the tape's name, and the outcome the runs that failed.
 */
int replay_folder_open(struct replay_state *s, struct replay_work *works,
		       struct err *err);
/* Whether the round's document is there and complete. */
bool replay_folder_has(const struct replay_state *s,
		       const struct replay_tape *tape, uint32_t round);

#endif
