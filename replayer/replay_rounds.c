// SPDX-License-Identifier: MIT
/*
 * The rounds of one tape: those that were asked for, or as many as it takes to
 * decide. Before the first one that is missing come the floor of the harness
 * and a warm-up whose result is thrown away.
 */
#include <stdio.h>
#include <string.h>

#include "replayer/replay_campaign.h"
#include "results/result_rounds.h"
#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/progress.h"

/* The harness alone, and a warm-up whose result is thrown away. */
static int prepare(struct replay_state *s, struct replay_work *work,
		   struct err *err)
{
	struct replay_run run;
	int rc = alloc_arm_parse(&work->null, "null", err);

	if (rc)
		return rc;
	rc = replay_pass(s, work, &work->null, WORKER_MEMORY, "floor", &run,
			 err);
	if (!rc && strcmp(run.status, "ok") != 0)
		rc = err_set(err, ERR_CRASH, 0, "the null allocator %s: %.150s",
			     run.status, run.message);
	if (!rc)
		replay_measure_floor(&work->floor, &work->tape, &run);
	replay_run_release(&run);
	if (rc)
		return rc;
	rc = replay_try_passes(s, work, err);
	if (!rc)
		rc = replay_contention_floor(s, work, err);
	if (rc)
		return rc;
	rc = replay_pass(s, work, &s->arms[0], WORKER_TIME, "warm-up", &run,
			 err);
	replay_run_release(&run);
	return rc;
}

static uint64_t passes_of_round(const struct replay_state *s,
				const struct replay_work *work)
{
	uint64_t nr = 0;
	size_t k;
	int i;

	for (k = 0; k < s->nr_arms; k++)
		for (i = 0; i < WORKER_PASSES; i++)
			nr += replay_wants(s, work, &s->arms[k],
					   (enum worker_pass)i);
	if (s->config->passes[WORKER_MEMORY] && !work->no_prediction[0] &&
	    work->reference_arm == s->nr_arms)
		nr++;
	return nr;
}

/* The progress of so many rounds, after so many other passes. */
static void start_progress(struct replay_state *s,
			   const struct replay_work *work, uint64_t others,
			   uint64_t rounds)
{
	s->done = 0;
	s->total = others + rounds * passes_of_round(s, work);
	progress_start("replaying", s->total * REPLAY_PARTS);
}

/* Plan, floor and warm-up, once per tape. */
static int make_ready(struct replay_state *s, struct replay_work *work,
		      uint64_t rounds, struct err *err)
{
	int rc = replay_plan(s, work, err);

	if (rc)
		return rc;
	replay_contention_bar(s, work);
	start_progress(
		s, work,
		2 + replay_nr_tried(s->config) +
			2 * replay_wants(s, work, &s->arms[0], WORKER_ALONE),
		rounds);
	work->ready = true;
	return prepare(s, work, err);
}

/* Measure what is missing of the rounds up to that number. */
static int run_up_to(struct replay_state *s, struct replay_work *work,
		     uint64_t rounds, struct err *err)
{
	uint64_t missing = 0, round;
	char path[PATH_MAX];
	int rc = 0;

	for (round = work->rounds + 1; round <= rounds; round++)
		missing += !replay_folder_has(s, &work->tape, (uint32_t)round);
	s->outcome->documents += rounds - work->rounds - missing;
	if (missing < rounds - work->rounds)
		log_note("%s: %llu of %llu rounds are in %s already",
			 work->tape.stem,
			 (unsigned long long)(rounds - work->rounds - missing),
			 (unsigned long long)(rounds - work->rounds), s->dir);
	if (missing && !work->ready)
		rc = make_ready(s, work, missing, err);
	else if (missing)
		start_progress(s, work, 0, missing);
	s->of_rounds = rounds;
	for (round = work->rounds + 1; round <= rounds && !rc; round++) {
		if (replay_folder_has(s, &work->tape, (uint32_t)round))
			continue;
		rc = replay_round(s, work, (uint32_t)round, err);
		s->outcome->documents += !rc;
		replay_document_path(s, &work->tape, (uint32_t)round, path);
		if (!rc)
			log_debug("wrote %s", path);
	}
	progress_stop();
	work->rounds = rounds;
	return rc;
}

static void tell_discards(const struct replay_work *work)
{
	const struct replay_quiet_log *log = &work->quiet;

	if (log->discarded)
		log_note("%s: %llu disturbed rounds were thrown away and run "
			 "again",
			 work->tape.stem, (unsigned long long)log->discarded);
}

/* Rounds at the next look: the first number, 2 and 4 times that. */
static uint64_t next_look(const struct replay_config *config, uint64_t first,
			  unsigned look)
{
	uint64_t rounds = first << look;

	return rounds < config->max_rounds ? rounds : config->max_rounds;
}

/* As many rounds as it takes to decide, as far as they may be. */
static int run_until_decided(struct replay_state *s, struct replay_work *work,
			     struct err *err)
{
	uint64_t first, rounds;
	unsigned look;
	char passes[64], why[300];
	int rc;

	replay_pass_list(s->config, passes);
	first = result_rounds_first(passes);
	for (look = 0; look < RESULT_LOOKS; look++) {
		rounds = next_look(s->config, first, look);
		if (rounds == work->rounds)
			break;
		rc = run_up_to(s, work, rounds, err);
		if (rc)
			return rc;
		rc = result_rounds_decided(s->dir, work->tape.name, why,
					   sizeof(why), err);
		if (rc < 0)
			return rc;
		if (rc) {
			log_note("%s: %llu rounds decide", work->tape.stem,
				 (unsigned long long)rounds);
			return 0;
		}
		log_note("%s: after %llu rounds %s", work->tape.stem,
			 (unsigned long long)rounds, why);
	}
	return 0;
}

int replay_rounds(struct replay_state *s, struct replay_work *work,
		  struct err *err)
{
	const struct replay_config *config = s->config;
	uint64_t most = config->rounds ? config->rounds : config->max_rounds;
	int rc;

	work->quiet.allowed = (most + QUIET_PART - 1) / QUIET_PART;
	rc = config->rounds ? run_up_to(s, work, config->rounds, err)
			    : run_until_decided(s, work, err);
	tell_discards(work);
	return rc;
}
