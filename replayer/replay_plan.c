// SPDX-License-Identifier: MIT
/*
 * A tape's plan for a campaign: compiled, its losses and repairs told, and the
 * allocator found that predictions refer to.
 */
#include <stdio.h>
#include <string.h>

#include "replayer/plan_compile.h"
#include "replayer/replay_campaign.h"
#include "replayer/replay_launch.h"
#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/progress.h"
#include "traces/base/units.h"

/* A fault is told with the tape's time, to the millisecond. */
#define VERIFY_CLOCK_NS 1000000

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

int replay_plan(struct replay_state *s, struct replay_work *work,
		struct err *err)
{
	int rc = compile(s, work, err);

	if (rc)
		return rc;
	tell_limits(&work->tape);
	tell_repairs(&work->tape);
	find_reference(s, work);
	return 0;
}
