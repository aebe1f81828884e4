// SPDX-License-Identifier: MIT
/*
 * One round of one tape: every arm once, in random order, each pass in a
 * fresh process; then the document. Where the tape's own allocator is not
 * among the arms, a memory pass on it is the reference of the predictions.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "replayer/plan.h"
#include "replayer/replay_campaign.h"
#include "replayer/replay_environment.h"
#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/progress.h"
#include "traces/base/version.h"

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

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The arms, whatever the order in which they were given. */
static int add_arms(const struct replay_state *s, struct result_doc *doc,
		    struct err *err)
{
	const char **labels = calloc(s->nr_arms, sizeof(*labels));
	char text[4096] = "";
	size_t i, used = 0;

	if (!labels)
		return err_set(err, ERR_NOMEM, ENOMEM, "list of arms");
	for (i = 0; i < s->nr_arms; i++)
		labels[i] = s->arms[i].label;
	qsort(labels, s->nr_arms, sizeof(*labels), by_text);
	for (i = 0; i < s->nr_arms && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s%s", i ? " " : "", labels[i]);
	free(labels);
	return result_add_config(doc, "arms", text, err);
}

int replay_config_entries(const struct replay_state *s, struct result_doc *doc,
			  struct err *err)
{
	const struct replay_config *c = s->config;
	char passes[64] = "", idle[32], pace[32];
	int rc, pass;

	for (pass = 0; pass < WORKER_PASSES; pass++) {
		if (!c->passes[pass])
			continue;
		if (passes[0])
			strcat(passes, ",");
		strcat(passes, replay_pass_name((enum worker_pass)pass));
	}
	snprintf(idle, sizeof(idle), "%llu",
		 (unsigned long long)c->order.idle_ns);
	replay_pace_name(&c->order, pace);
	rc = result_add_config(doc, "pace", pace, err);
	if (!rc)
		rc = result_add_config(doc, "touch",
				       replay_touch_name(c->order.touch), err);
	if (!rc)
		rc = result_add_config(doc, "passes", passes, err);
	if (!rc)
		rc = result_add_config(doc, "idle_ns", idle, err);
	if (!rc)
		rc = add_arms(s, doc, err);
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
		 (unsigned long long)s->config->rounds);
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

static int fill_config(const struct replay_state *s,
		       const struct replay_work *work, struct result_doc *doc,
		       struct err *err)
{
	char window[32], threads[32], copies[32];
	int rc = replay_config_entries(s, doc, err);

	snprintf(window, sizeof(window), "%d", PLAN_WINDOW);
	snprintf(threads, sizeof(threads), "%u", work->tape.threads);
	snprintf(copies, sizeof(copies), "%u", work->tape.copies);
	if (!rc)
		rc = result_add_config(doc, "window", window, err);
	if (!rc)
		rc = result_add_config(doc, "threads", threads, err);
	if (!rc)
		rc = result_add_config(doc, "copies", copies, err);
	if (!rc)
		rc = result_add_config(
			doc, "command",
			s->config->command ? s->config->command : "", err);
	if (!rc)
		rc = result_add_config(doc, "version", HEAPTAPE_VERSION, err);
	if (!rc && work->tape.asks_usable)
		rc = result_add_config(doc, "asks_usable", "yes", err);
	if (!rc && work->tape.allocator[0])
		rc = result_add_config(doc, "recorded_under",
				       work->tape.allocator, err);
	if (!rc)
		rc = result_add_config(doc, "prediction",
				       work->no_prediction[0]
					       ? work->no_prediction
					       : work->reference.label,
				       err);
	return rc;
}

static int begin_document(const struct replay_state *s,
			  const struct replay_work *work, uint32_t round,
			  struct result_doc *doc, struct err *err)
{
	time_t now = time(NULL);
	struct tm tm;
	int rc;

	memset(doc, 0, sizeof(*doc));
	snprintf(doc->tape, sizeof(doc->tape), "%s", work->tape.name);
	memcpy(doc->tape_hash, work->tape.hash, sizeof(doc->tape_hash));
	doc->round = round;
	doc->seed = s->config->seed;
	gmtime_r(&now, &tm);
	strftime(doc->started, sizeof(doc->started), "%Y-%m-%dT%H:%M:%SZ", &tm);
	rc = replay_environment(doc, err);
	if (!rc)
		rc = fill_config(s, work, doc, err);
	if (!rc)
		rc = replay_barred_entries(s, work, doc, err);
	/* The program's own memory says nothing of other threads than its. */
	if (!rc && replay_tape_is_whole(&work->tape))
		rc = replay_measure_recorded(doc, &work->tape, err);
	return rc;
}

/* A random order of the arms, the same for one seed and round. */
static void shuffle(size_t *order, size_t nr, uint64_t seed, uint32_t round)
{
	uint64_t rng = seed * 1000003 + round;
	size_t i;

	for (i = 0; i < nr; i++) {
		size_t k = replay_random(&rng) % (i + 1);

		order[i] = order[k];
		order[k] = i;
	}
}

/* The order in which the arms ran, for the document. */
static int add_order(const struct replay_state *s, const size_t *order,
		     struct result_doc *doc, struct err *err)
{
	char text[4096] = "";
	size_t i, used = 0;

	for (i = 0; i < s->nr_arms && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s%s", i ? " " : "",
					 s->arms[order[i]].label);
	return result_add_config(doc, "order", text, err);
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

static int measure_arms(struct replay_state *s, struct replay_work *work,
			struct result_doc *doc, const size_t *order,
			struct replay_heap *heaps, struct err *err)
{
	size_t i;
	int rc = 0, pass;

	for (i = 0; i < s->nr_arms && !rc; i++)
		for (pass = 0; pass < WORKER_PASSES && !rc; pass++)
			if (replay_wants(s, work, &s->arms[order[i]],
					 (enum worker_pass)pass))
				rc = measure_pass(s, work, doc,
						  &s->arms[order[i]],
						  (enum worker_pass)pass,
						  &heaps[order[i]], err);
	if (!rc)
		rc = replay_contention_add(s, work, doc, err);
	if (!rc)
		rc = predict(s, work, doc, heaps, err);
	if (!rc)
		rc = sort_runs(s, doc, err);
	if (!rc)
		rc = replay_note_clocks(s, doc, err);
	return rc;
}

int replay_round(struct replay_state *s, struct replay_work *work,
		 uint32_t round, struct err *err)
{
	size_t *order = calloc(s->nr_arms, sizeof(*order));
	struct replay_heap *heaps = calloc(s->nr_arms + 1, sizeof(*heaps));
	struct result_doc doc = { 0 };
	char path[PATH_MAX];
	size_t i;
	int rc;

	if (!order || !heaps) {
		rc = err_set(err, ERR_NOMEM, ENOMEM, "list of arms");
		goto out;
	}
	shuffle(order, s->nr_arms, s->config->seed, round);
	rc = begin_document(s, work, round, &doc, err);
	if (!rc)
		rc = add_order(s, order, &doc, err);
	if (!rc)
		rc = measure_arms(s, work, &doc, order, heaps, err);
	replay_document_path(s, &work->tape, round, path);
	if (!rc)
		rc = result_write(&doc, path, true, err);
out:
	for (i = 0; heaps && i <= s->nr_arms; i++)
		replay_heap_release(&heaps[i]);
	result_release(&doc);
	free(heaps);
	free(order);
	return rc;
}
