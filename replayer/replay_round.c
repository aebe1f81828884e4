// SPDX-License-Identifier: MIT
/*
 * One round of one tape: pass by pass every arm once, in random order, each in
 * a fresh process; again when the machine was not quiet. Where the tape's own
 * allocator is not among the arms, a memory pass on it is the reference of the
 * predictions.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replayer/replay_campaign.h"
#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/progress.h"

uint64_t replay_random(uint64_t *state)
{
	/* splitmix64 */
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static void tick(void *ctx, double part)
{
	const struct replay_state *s = ctx;

	progress_update(s->done * REPLAY_PARTS +
				(uint64_t)(part * (REPLAY_PARTS - 1)),
			s->detail);
}

/* The time that the pace takes comes to that of the calls. */
static uint64_t timeout_of(const struct replay_state *s,
			   const struct replay_work *work)
{
	const struct worker_order *order = &s->config->order;
	uint64_t ns = s->config->timeout_ns;

	if (ns && order->pace == WORKER_RECORDED)
		ns += (uint64_t)((double)work->tape.header.last_ns /
				 order->speed);
	return ns;
}

int replay_pass(struct replay_state *s, const struct replay_work *work,
		const struct alloc_arm *arm, enum worker_pass pass,
		const char *what, struct replay_run *run, struct err *err)
{
	struct replay_launch launch = {
		.worker = s->worker,
		.plan = work->tape.plan,
		.header = &work->tape.header,
		.arm = arm,
		.order = s->config->order,
		.timeout_ns = timeout_of(s, work),
		.padding = (unsigned)(replay_random(&s->rng) % 4096),
		.tick = tick,
		.ctx = s,
	};
	int rc;

	launch.order.pass = pass;
	/* What one copy shows of the allocator, all of them would. */
	launch.order.copies = pass == WORKER_VERIFY ? 1 : work->tape.copies;
	if (pass == WORKER_INSTRUCTIONS || pass == WORKER_CALLGRIND)
		launch.order.touch = WORKER_TOUCH_NONE;
	snprintf(s->detail, sizeof(s->detail), "%.40s %s %.60s %s",
		 work->tape.stem, what, arm->label, replay_pass_name(pass));
	rc = replay_launch(&launch, run, err);
	s->done++;
	if (!rc)
		log_debug("%s: %s", s->detail, run->status);
	return rc;
}

void replay_count_failure(struct replay_outcome *o, const char *stem,
			  const struct result_run *result)
{
	if (!o->failed++)
		snprintf(o->failure, sizeof(o->failure),
			 "%.100s: %.100s, %s pass: %s, %s", stem, result->arm,
			 result->pass, result->status, result->message);
}

static void note_failure(struct replay_state *s, const struct replay_work *work,
			 const struct result_run *result)
{
	replay_count_failure(s->outcome, work->tape.stem, result);
	log_warn("%.100s: %.100s, %s pass: %s, %s; its numbers are left out",
		 work->tape.stem, result->arm, result->pass, result->status,
		 result->message);
}

static int fill_identity(struct result_run *result, const struct alloc_arm *arm,
			 enum worker_pass pass, const struct replay_run *run,
			 struct err *err)
{
	size_t i;
	int rc = 0;

	snprintf(result->arm, sizeof(result->arm), "%s", arm->label);
	snprintf(result->pass, sizeof(result->pass), "%s",
		 replay_pass_name(pass));
	snprintf(result->status, sizeof(result->status), "%s", run->status);
	snprintf(result->message, sizeof(result->message), "%s", run->message);
	snprintf(result->path, sizeof(result->path), "%.500s",
		 arm->path[0] || arm->is_null ? arm->path
					      : run->report->malloc_by);
	snprintf(result->version, sizeof(result->version), "%s", arm->version);
	snprintf(result->build_id, sizeof(result->build_id), "%s",
		 arm->build_id);
	for (i = 0; i < arm->nr_knobs && !rc; i++)
		rc = result_add_knob(result, arm->knobs[i], err);
	return rc;
}

/* One pass of an arm into the document; heap is kept for predictions. */
static int measure_pass(struct replay_state *s, const struct replay_work *work,
			struct result_doc *doc, const struct alloc_arm *arm,
			enum worker_pass pass, struct replay_heap *heap,
			struct err *err)
{
	struct result_run *result;
	struct replay_run run;
	char what[32];
	bool ok;
	int rc;

	snprintf(what, sizeof(what), "round %u/%llu", doc->round,
		 (unsigned long long)s->of_rounds);
	rc = replay_pass(s, work, arm, pass, what, &run, err);
	ok = !rc && !strcmp(run.status, "ok");
	if (!rc)
		rc = result_add_run(doc, &result, err);
	if (!rc)
		rc = fill_identity(result, arm, pass, &run, err);
	if (!rc && !ok)
		note_failure(s, work, result);
	if (!rc && ok && pass == WORKER_MEMORY)
		rc = replay_heap_fill(heap, &work->tape, &run, &work->floor,
				      err);
	if (!rc && ok)
		rc = replay_measure(result, &work->tape, &run, pass,
				    &work->floor, heap, err);
	replay_run_release(&run);
	return rc;
}

/* The memory along the tape under the allocator that it was recorded under. */
static int measure_reference(struct replay_state *s,
			     const struct replay_work *work,
			     struct replay_heap *heap, struct err *err)
{
	struct replay_run run;
	int rc = replay_pass(s, work, &work->reference, WORKER_MEMORY,
			     "reference", &run, err);

	if (!rc && !strcmp(run.status, "ok"))
		rc = replay_heap_fill(heap, &work->tape, &run, &work->floor,
				      err);
	replay_run_release(&run);
	return rc;
}

/*
 * Add predictions to the memory runs. heaps are those of the arms, and one
 * more for a reference that is no arm.
 */
static int predict(struct replay_state *s, const struct replay_work *work,
		   struct result_doc *doc, struct replay_heap *heaps,
		   struct err *err)
{
	const struct replay_heap *reference = &heaps[work->reference_arm];
	size_t i, k;
	int rc = 0;

	if (work->no_prediction[0] || !s->config->passes[WORKER_MEMORY])
		return 0;
	if (work->reference_arm == s->nr_arms)
		rc = measure_reference(s, work, &heaps[s->nr_arms], err);
	for (i = 0; i < doc->nr_runs && !rc; i++) {
		struct result_run *run = &doc->runs[i];

		for (k = 0; strcmp(run->arm, s->arms[k].label) != 0; k++)
			;
		if (run->nr_curve && reference->anon_bytes)
			rc = replay_measure_predict(run, &work->tape, &heaps[k],
						    reference, &work->floor,
						    err);
	}
	return rc;
}

/* Runs in the order of the arms as given, however they ran. */
static int sort_runs(const struct replay_state *s, struct result_doc *doc,
		     struct err *err)
{
	struct result_run *sorted = calloc(doc->nr_runs, sizeof(*sorted));
	size_t nr = 0, i, k;

	if (!sorted)
		return err_set(err, ERR_NOMEM, ENOMEM, "list of runs");
	for (i = 0; i < s->nr_arms; i++)
		for (k = 0; k < doc->nr_runs; k++)
			if (!strcmp(doc->runs[k].arm, s->arms[i].label))
				sorted[nr++] = doc->runs[k];
	memcpy(doc->runs, sorted, nr * sizeof(*sorted));
	free(sorted);
	return 0;
}

/*
 * A random order of the arms, the same for one seed, round and pass. Two arms
 * take turns at being the first: AB, BA, AB, from a random start.
 */
static void shuffle(size_t *order, size_t nr, uint64_t seed, uint32_t round,
		    int pass)
{
	uint64_t rng = seed * 1000003 + (uint64_t)pass * 7919;
	size_t i;

	if (nr == 2) {
		order[0] = (replay_random(&rng) + round) & 1;
		order[1] = !order[0];
		return;
	}
	rng += (uint64_t)round << 32;
	for (i = 0; i < nr; i++) {
		size_t k = replay_random(&rng) % (i + 1);

		order[i] = order[k];
		order[k] = i;
	}
}

/* "; memory: arena glibc": the order in which the arms ran, so far. */
static void note_order(const struct replay_state *s, const size_t *order,
		       int pass, char *text, size_t len)
{
	size_t used = strlen(text), i;

	for (i = 0; i < s->nr_arms && used < len; i++) {
		if (!i)
			used += (size_t)snprintf(
				text + used, len - used,
				"%s%s:", used ? "; " : "",
				replay_pass_name((enum worker_pass)pass));
		if (used < len)
			used += (size_t)snprintf(text + used, len - used, " %s",
						 s->arms[order[i]].label);
	}
}

/* Each pass is a round of its own: all arms in it before the next pass. */
static int measure_passes(struct replay_state *s, struct replay_work *work,
			  struct result_doc *doc, struct replay_heap *heaps,
			  struct err *err)
{
	size_t *order = calloc(s->nr_arms, sizeof(*order)), i;
	char text[4096] = "";
	int rc = 0, pass;

	if (!order)
		return err_set(err, ERR_NOMEM, ENOMEM, "list of arms");
	for (pass = 0; pass < WORKER_PASSES && !rc; pass++) {
		if (!s->config->passes[pass])
			continue;
		shuffle(order, s->nr_arms, s->config->seed, doc->round, pass);
		note_order(s, order, pass, text, sizeof(text));
		for (i = 0; i < s->nr_arms && !rc; i++)
			if (replay_wants(s, work, &s->arms[order[i]],
					 (enum worker_pass)pass))
				rc = measure_pass(s, work, doc,
						  &s->arms[order[i]],
						  (enum worker_pass)pass,
						  &heaps[order[i]], err);
	}
	free(order);
	return rc ? rc : result_add_config(doc, "order", text, err);
}

static int measure_arms(struct replay_state *s, struct replay_work *work,
			struct result_doc *doc, struct err *err)
{
	struct replay_heap *heaps = calloc(s->nr_arms + 1, sizeof(*heaps));
	size_t i;
	int rc;

	if (!heaps)
		return err_set(err, ERR_NOMEM, ENOMEM, "list of arms");
	rc = measure_passes(s, work, doc, heaps, err);
	if (!rc)
		rc = replay_contention_add(s, work, doc, err);
	if (!rc)
		rc = predict(s, work, doc, heaps, err);
	if (!rc)
		rc = sort_runs(s, doc, err);
	if (!rc)
		rc = replay_note_clocks(s, doc, err);
	for (i = 0; i <= s->nr_arms; i++)
		replay_heap_release(&heaps[i]);
	free(heaps);
	return rc;
}

/* What became of one try at a round. */
struct attempt {
	struct result_doc doc;
	uint64_t discarded;    /* tries before this one */
	char discard_why[200]; /* of the first of them */
	char disturbed[200];   /* this one was, too, but too many were */
};

static int add_quiet(struct attempt *a, struct err *err)
{
	char number[32];
	int rc = 0;

	snprintf(number, sizeof(number), "%llu",
		 (unsigned long long)a->discarded);
	if (a->discarded)
		rc = result_add_config(&a->doc, "discarded", number, err);
	if (!rc && a->discarded)
		rc = result_add_config(&a->doc, "discarded_for", a->discard_why,
				       err);
	if (!rc && a->disturbed[0])
		rc = result_add_config(&a->doc, "disturbed", a->disturbed, err);
	return rc;
}

/* Measure; 1: the machine was not quiet, and it is to be done again. */
static int try_round(struct replay_state *s, struct replay_work *work,
		     uint32_t round, struct attempt *a, struct err *err)
{
	struct replay_outcome outcome = *s->outcome;
	struct replay_quiet before, after;
	uint64_t done = s->done;
	char why[200];
	int rc = replay_document_begin(s, work, round, &a->doc, err);

	replay_quiet_read(&before, "");
	if (!rc)
		rc = measure_arms(s, work, &a->doc, err);
	if (rc)
		return rc;
	replay_quiet_read(&after, "");
	replay_quiet_judge(&before, &after, replay_quiet_median(&work->quiet),
			   why, sizeof(why));
	if (why[0] && work->quiet.discarded < work->quiet.allowed) {
		log_note("%s: round %u is run again: %s", work->tape.stem,
			 round, why);
		if (!a->discarded++)
			memcpy(a->discard_why, why, sizeof(why));
		work->quiet.discarded++;
		*s->outcome = outcome;
		s->done = done;
		return 1;
	}
	memcpy(a->disturbed, why, sizeof(why));
	replay_quiet_keep(&work->quiet, &before, &after);
	return 0;
}

int replay_round(struct replay_state *s, struct replay_work *work,
		 uint32_t round, struct err *err)
{
	struct attempt a = { 0 };
	char path[PATH_MAX];
	int rc;

	while ((rc = try_round(s, work, round, &a, err)) == 1)
		result_release(&a.doc);
	if (!rc)
		rc = add_quiet(&a, err);
	replay_document_path(s, &work->tape, round, path);
	if (!rc)
		rc = result_write(&a.doc, path, true, err);
	result_release(&a.doc);
	return rc;
}
