// SPDX-License-Identifier: MIT
/*
 * Metrics of one pass. Their names and units are those of result documents;
 * what the harness itself costs is taken off where it is known.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replayer/plan_compile.h"
#include "replayer/replay_measure.h"
#include "traces/base/err.h"

static uint64_t less(uint64_t value, uint64_t floor)
{
	return value > floor ? value - floor : 0;
}

void replay_measure_floor(struct replay_floor *floor,
			  const struct replay_tape *tape,
			  const struct replay_run *run)
{
	const struct worker_sample *samples = replay_run_samples(run);
	uint32_t i;

	floor->anon_bytes = run->report->checkpoints[WORKER_AT_END].anon;
	for (i = 0; i < tape->header.nr_marks; i++)
		if (samples[i].anon_bytes > floor->anon_bytes)
			floor->anon_bytes = samples[i].anon_bytes;
	floor->file_bytes = run->report->file_bytes;
	floor->minor_faults = run->report->minor_faults;
}

uint64_t replay_measure_base(const struct replay_run *run,
			     const struct replay_floor *floor)
{
	return floor->anon_bytes + run->report->reading_bytes;
}

int replay_heap_fill(struct replay_heap *heap, const struct replay_tape *tape,
		     const struct replay_run *run,
		     const struct replay_floor *floor, struct err *err)
{
	const struct worker_sample *samples = replay_run_samples(run);
	uint32_t nr = tape->header.nr_marks, k;
	uint64_t base = replay_measure_base(run, floor);

	heap->anon_bytes = calloc(nr, sizeof(uint64_t));
	heap->peak_bytes = calloc(nr, sizeof(uint64_t));
	heap->file_bytes = run->report->file_bytes;
	heap->end_bytes =
		less(run->report->checkpoints[WORKER_AT_END].anon, base);
	if (!heap->anon_bytes || !heap->peak_bytes)
		return err_set(err, ERR_NOMEM, ENOMEM, "cannot hold a curve");
	for (k = 0; k < nr; k++) {
		const struct worker_sample *sample = &samples[tape->order[k]];

		heap->anon_bytes[k] = less(sample->anon_bytes, base);
		heap->peak_bytes[k] = less(sample->peak_bytes, base);
	}
	return 0;
}

void replay_heap_release(struct replay_heap *heap)
{
	free(heap->anon_bytes);
	free(heap->peak_bytes);
	memset(heap, 0, sizeof(*heap));
}

static int add_curve(struct result_run *result, const struct replay_tape *tape,
		     const struct replay_heap *heap, struct err *err)
{
	uint32_t nr = tape->header.nr_marks, k;

	result->curve = calloc(nr, sizeof(*result->curve));
	if (!result->curve)
		return err_set(err, ERR_NOMEM, ENOMEM, "cannot hold a curve");
	for (k = 0; k < nr; k++) {
		const struct plan_mark *mark = &tape->marks[tape->order[k]];

		result->curve[k] = (struct result_point){
			.time_ns = mark->time_ns,
			.op = mark->seq * tape->copies,
			.live_bytes = mark->live_bytes * tape->copies,
			.rss_bytes = heap->anon_bytes[k],
		};
	}
	result->nr_curve = nr;
	return 0;
}

struct value {
	const char *name;
	double value;
};

static int add_values(struct result_run *result, const struct value *values,
		      size_t nr, struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < nr && !rc; i++)
		rc = result_add_metric(result, values[i].name, values[i].value,
				       err);
	return rc;
}

/* Who may have seen another time than the pace's. */
static int add_clocks(struct result_run *result, const struct replay_run *run,
		      struct err *err)
{
	const struct worker_report *r = run->report;
	int rc = 0;

	if (r->order.pace == WORKER_ASAP)
		return 0;
	if (r->foreign_threads)
		rc = result_add_metric(result, "foreign_threads",
				       (double)r->foreign_threads, err);
	/* The calls pass tells them among its counts. */
	if (!rc && r->raw_clock_reads && r->order.pass != WORKER_CALLS)
		rc = result_add_metric(result, "raw_clock_reads",
				       (double)r->raw_clock_reads, err);
	if (!rc && r->no_trap)
		rc = result_add_metric(result, "clock_calls_unseen", 1, err);
	return rc;
}

/* What every pass tells. */
static int add_common(struct result_run *result, const struct replay_tape *tape,
		      const struct replay_run *run, struct err *err)
{
	const struct plan_header *h = &tape->header;
	const double copies = tape->copies;
	const struct value values[] = {
		{ "ops", (double)replay_tape_ops(tape) },
		{ "live_peak_bytes", copies * (double)h->live_peak_bytes },
		{ "allocated_bytes", copies * (double)h->allocated_bytes },
		{ "skipped_ops", copies * (double)plan_skipped(h) },
		{ "repaired_ops", copies * (double)plan_repaired(h) },
		{ "harness_waits", (double)run->report->harness_waits },
	};

	int rc = add_values(result, values, sizeof(values) / sizeof(*values),
			    err);

	return rc ? rc : add_clocks(result, run, err);
}

static int add_time(struct result_run *result, const struct replay_tape *tape,
		    const struct replay_run *run,
		    const struct replay_floor *floor, struct err *err)
{
	const struct worker_report *r = run->report;
	uint64_t ops = replay_tape_ops(tape);
	const struct value values[] = {
		{ "wall_ns", (double)r->wall_ns },
		{ "cpu_ns", (double)r->cpu_ns },
		{ "ns_per_op", ops ? (double)r->wall_ns / (double)ops : 0 },
		{ "minor_faults",
		  (double)less(r->minor_faults, floor->minor_faults) },
		{ "voluntary_switches", (double)r->voluntary_switches },
	};

	return add_values(result, values, sizeof(values) / sizeof(*values),
			  err);
}

static int add_alone(struct result_run *result, const struct replay_run *run,
		     const struct replay_floor *floor, struct err *err)
{
	const struct worker_report *r = run->report;
	const struct value values[] = {
		{ "alone_wall_ns", (double)r->wall_ns },
		{ "alone_cpu_ns", (double)r->cpu_ns },
		{ "floor_alone_cpu_ns", (double)floor->cpu_ns[WORKER_ALONE] },
		{ "floor_cpu_ns", (double)floor->cpu_ns[WORKER_TIME] },
	};
	/* Without a time pass there was no floor of it. */
	size_t nr =
		sizeof(values) / sizeof(*values) - !floor->cpu_ns[WORKER_TIME];

	return add_values(result, values, nr, err);
}

/* Highest memory, also between the marks. */
static uint64_t peak_of(const struct replay_tape *tape,
			const struct replay_run *run)
{
	const struct worker_sample *samples = replay_run_samples(run);
	const struct worker_checkpoint *c = run->report->checkpoints;
	uint64_t peak = c[WORKER_AT_END].anon;
	uint32_t i;

	if (c[WORKER_AT_PEAK].anon > peak)
		peak = c[WORKER_AT_PEAK].anon;
	for (i = 0; i < tape->header.nr_marks; i++)
		if (samples[i].peak_bytes > peak)
			peak = samples[i].peak_bytes;
	return peak;
}

/* Live bytes at the mark where, or right before which, memory is highest. */
static uint64_t live_at_peak(const struct replay_tape *tape,
			     const struct replay_run *run)
{
	const struct worker_sample *samples = replay_run_samples(run);
	uint32_t highest = 0, i;

	for (i = 1; i < tape->header.nr_marks; i++)
		if (samples[i].peak_bytes > samples[highest].peak_bytes)
			highest = i;
	return tape->marks[highest].live_bytes;
}

/* Memory x tape time over tape time; a point holds until the next. */
static double mean_of(const struct result_point *curve, size_t nr,
		      uint64_t end_ns)
{
	double sum = 0;
	size_t i;

	if (!nr)
		return 0;
	if (end_ns <= curve[0].time_ns) { /* a tape without times */
		for (i = 0; i < nr; i++)
			sum += (double)curve[i].rss_bytes;
		return sum / (double)nr;
	}
	for (i = 0; i < nr; i++) {
		uint64_t next = i + 1 < nr ? curve[i + 1].time_ns : end_ns;

		sum += (double)curve[i].rss_bytes *
		       (double)less(next, curve[i].time_ns);
	}
	return sum / (double)(end_ns - curve[0].time_ns);
}

static int add_memory(struct result_run *result, const struct replay_tape *tape,
		      const struct replay_run *run,
		      const struct replay_floor *floor,
		      const struct replay_heap *heap, struct err *err)
{
	const struct worker_report *r = run->report;
	const struct worker_checkpoint *c = r->checkpoints;
	uint64_t base = replay_measure_base(run, floor);
	struct value values[] = {
		{ "rss_peak_bytes", (double)less(peak_of(tape, run), base) },
		{ "rss_mean_bytes", 0 },
		{ "rss_end_bytes", (double)less(c[WORKER_AT_END].anon, base) },
		{ "rss_idle_bytes",
		  (double)less(c[WORKER_AT_IDLE].anon, base) },
		{ "rss_freed_bytes",
		  (double)less(c[WORKER_AT_FREED].anon, base) },
		{ "live_rss_peak_bytes", (double)live_at_peak(tape, run) },
		{ "floor_rss_bytes", (double)base },
		{ "minor_faults",
		  (double)less(r->minor_faults, floor->minor_faults) },
	};
	int rc = add_curve(result, tape, heap, err);

	if (rc)
		return rc;
	values[1].value =
		mean_of(result->curve, result->nr_curve, tape->header.last_ns);
	rc = add_values(result, values, sizeof(values) / sizeof(*values), err);
	return rc ? rc : replay_measure_places(result, tape, run, floor, err);
}

/* Clock reads that the worker has answered never came to the driver. */
static double count_of(const struct replay_run *run, enum replay_count count)
{
	uint64_t answered =
		count == COUNT_CLOCK_READS ? run->report->raw_clock_reads : 0;

	return (double)(run->counts[count] + answered);
}

static int add_calls(struct result_run *result, const struct replay_run *run,
		     struct err *err)
{
	int rc = 0, i;

	for (i = 0; i < REPLAY_COUNTS && !rc; i++)
		rc = result_add_metric(result, replay_count_name(i),
				       count_of(run, i), err);
	return rc;
}

static int add_instructions(struct result_run *result,
			    const struct replay_run *run, uint64_t floor,
			    struct err *err)
{
	const struct value values[] = {
		{ "instructions",
		  (double)less(run->report->instructions, floor) },
		{ "floor_instructions", (double)floor },
	};

	return add_values(result, values, sizeof(values) / sizeof(*values),
			  err);
}

static int add_verify(struct result_run *result, const struct replay_run *run,
		      struct err *err)
{
	const struct value values[] = {
		{ "verified_ops", (double)run->report->verified_ops },
		{ "verified_blocks", (double)run->report->verified_blocks },
	};

	return add_values(result, values, sizeof(values) / sizeof(*values),
			  err);
}

int replay_measure(struct result_run *result, const struct replay_tape *tape,
		   const struct replay_run *run, enum worker_pass pass,
		   const struct replay_floor *floor,
		   const struct replay_heap *heap, struct err *err)
{
	int rc = add_common(result, tape, run, err);

	if (rc)
		return rc;
	switch (pass) {
	case WORKER_TIME:
		return add_time(result, tape, run, floor, err);
	case WORKER_ALONE:
		return add_alone(result, run, floor, err);
	case WORKER_LATENCY:
		return replay_measure_latency(result, run, err);
	case WORKER_CALLS:
		return add_calls(result, run, err);
	case WORKER_INSTRUCTIONS:
	case WORKER_CALLGRIND:
		return add_instructions(result, run, floor->instructions[pass],
					err);
	case WORKER_VERIFY:
		return add_verify(result, run, err);
	default:
		return add_memory(result, tape, run, floor, heap, err);
	}
}
