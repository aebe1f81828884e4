// SPDX-License-Identifier: MIT
/*
 * The road of a campaign: arms and tapes are resolved before anything runs,
 * then tape by tape: plan, floor, a discarded warm-up, rounds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replayer/plan_compile.h"
#include "replayer/replay_campaign.h"
#include "replayer/replay_launch.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/log.h"
#include "traces/base/progress.h"
#include "traces/base/units.h"

/* A fault is told with the tape's time, to the millisecond. */
#define VERIFY_CLOCK_NS 1000000

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

static int resolve_arms(struct replay_state *s, struct err *err)
{
	size_t i;
	int rc = 0;

	if (!s->config->nr_arms)
		return add_found_arms(s, err);
	for (i = 0; i < s->config->nr_arms && !rc; i++)
		rc = add_arm(s, s->config->arms[i], err);
	return rc;
}

/* Whether arm i is the allocator of that name without any knob. */
static bool is_plain(const struct replay_state *s, size_t i, const char *name)
{
	const struct alloc_arm *arm = &s->arms[i];

	return !arm->is_null && !arm->nr_knobs &&
	       !strcmp(arm->path[0] ? alloc_identify(arm->path) : arm->name,
		       name);
}

/* What the predictions refer to: an arm, or a reference of its own. */
static void find_reference(struct replay_state *s, struct replay_work *work)
{
	const struct replay_tape *tape = &work->tape;
	const char *name =
		tape->allocator[0] ? alloc_identify(tape->allocator) : "";
	struct err err = { 0 };
	size_t len = sizeof(work->no_prediction);

	if (!replay_tape_is_whole(tape))
		snprintf(work->no_prediction, len,
			 "none: other threads than the program's (--threads)");
	else if (!tape->nr_samples)
		snprintf(work->no_prediction, len,
			 "none: the tape has no samples of the process");
	else if (!tape->allocator[0])
		snprintf(work->no_prediction, len,
			 "none: the tape does not name its allocator");
	else if (!name[0])
		snprintf(work->no_prediction, len,
			 "none: %.150s is no allocator known here",
			 tape->allocator);
	if (work->no_prediction[0])
		return;
	for (work->reference_arm = 0; work->reference_arm < s->nr_arms;
	     work->reference_arm++)
		if (is_plain(s, work->reference_arm, name))
			break;
	if (alloc_arm_parse(&work->reference, name, &err))
		snprintf(work->no_prediction, len, "none: %.200s", err.text);
}

/* Compiling tells its progress in steps of the tape. */
struct compiling {
	const struct replay_tape *tape;
};

static bool compile_progress(void *ctx, uint64_t steps)
{
	const struct compiling *c = ctx;

	progress_update(steps, c->tape->stem);
	return replay_interrupted() != 0;
}

/*
 * How finely the plan tells the tape's time; 0: nobody asks. At recorded pace
 * each call is due at its own time; the clocks of allocators count
 * milliseconds.
 */
static uint64_t clock_step_ns(const struct replay_config *config)
{
	switch (config->order.pace) {
	case WORKER_RECORDED:
		return (uint64_t)(1000 * config->order.speed) + 1;
	case WORKER_VIRTUAL:
		return 100000;
	default:
		return config->passes[WORKER_VERIFY] ? VERIFY_CLOCK_NS : 0;
	}
}

static int compile(struct replay_state *s, struct replay_work *work,
		   struct err *err)
{
	struct compiling c = { .tape = &work->tape };
	char folder[PATH_MAX + 16], skipped[32], repaired[32];
	int rc;

	snprintf(folder, sizeof(folder), "%s/.plans", s->dir);
	progress_start("compiling", work->tape.events);
	rc = replay_tape_compile(&work->tape, folder, clock_step_ns(s->config),
				 compile_progress, &c, err);
	progress_stop();
	if (rc)
		return rc;
	units_format_count(skipped, sizeof(skipped),
			   (double)plan_skipped(&work->tape.header));
	units_format_count(repaired, sizeof(repaired),
			   (double)plan_repaired(&work->tape.header));
	if (plan_skipped(&work->tape.header) ||
	    plan_repaired(&work->tape.header))
		log_note("%s: %s calls skipped, %s repaired; -v tells why",
			 work->tape.stem, skipped, repaired);
	return 0;
}

/* What the recording itself lacks, or cannot know. */
static void tell_limits(const struct replay_tape *tape)
{
	if (tape->dropped)
		log_warn("%s: %llu events were lost while recording; blocks "
			 "may be missing or live too long",
			 tape->stem, (unsigned long long)tape->dropped);
	if (tape->cut)
		log_note("%s: the recording was cut; what is there is replayed",
			 tape->stem);
	if (tape->asks_usable)
		log_note("%s: the program asks malloc_usable_size for the room "
			 "in its blocks: it may request more or less under "
			 "another allocator",
			 tape->stem);
}

/* What the plan has that was not replayed as recorded, kind by kind. */
static void tell_repairs(const struct replay_tape *tape)
{
	const struct plan_repairs *r = &tape->header.repairs;
	const struct {
		uint64_t nr;
		const char *what;
	} kinds[] = {
		{ r->failed_calls, "failed in the recording: skipped" },
		{ r->unknown_frees, "free an unknown block: skipped" },
		{ r->late_events, "come after their thread's end: skipped" },
		{ r->too_large, "ask for more than 16 TiB: skipped" },
		{ r->unknown_reallocs, "realloc an unknown block: made new" },
		{ r->overlaps, "get a block in use: that one freed first" },
		{ r->unborn_threads, "are of a thread without start: made" },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].nr)
			log_debug("%s: %llu calls %s", tape->stem,
				  (unsigned long long)kinds[i].nr,
				  kinds[i].what);
}

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

static int run_rounds(struct replay_state *s, struct replay_work *work,
		      struct err *err)
{
	uint32_t round, missing = 0;
	char path[PATH_MAX];
	int rc;

	for (round = 1; round <= s->config->rounds; round++)
		missing += !replay_folder_has(s, &work->tape, round);
	s->outcome->documents += s->config->rounds - missing;
	if (missing < s->config->rounds)
		log_note("%s: %llu of %llu rounds are in %s already",
			 work->tape.stem,
			 (unsigned long long)s->config->rounds - missing,
			 (unsigned long long)s->config->rounds, s->dir);
	if (!missing)
		return 0;
	rc = compile(s, work, err);
	if (rc)
		return rc;
	tell_limits(&work->tape);
	tell_repairs(&work->tape);
	find_reference(s, work);
	replay_contention_bar(s, work);
	s->done = 0;
	s->total = 2 + replay_nr_tried(s->config) +
		   2 * replay_wants(s, work, &s->arms[0], WORKER_ALONE) +
		   missing * passes_of_round(s, work);
	progress_start("replaying", s->total * REPLAY_PARTS);
	rc = prepare(s, work, err);
	for (round = 1; round <= s->config->rounds && !rc; round++) {
		if (replay_folder_has(s, &work->tape, round))
			continue;
		rc = replay_round(s, work, round, err);
		s->outcome->documents += !rc;
		replay_document_path(s, &work->tape, round, path);
		if (!rc)
			log_debug("wrote %s", path);
	}
	progress_stop();
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
		rc = run_rounds(s, &works[i], err);
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
