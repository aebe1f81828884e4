// SPDX-License-Identifier: MIT
/*
 * The process's memory under another allocator: programs have memory that
 * malloc never saw, which the tape's own samples show.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "replayer/replay_measure.h"
#include "traces/base/err.h"

#define MAX_RECORDED 4096 /* points of the recorded curve */
#define NEIGHBOURS   2    /* on either side, that a value is smoothed with */

static uint64_t rss_of(const struct tape_sample *s)
{
	return s->rss_anon_bytes + s->rss_file_bytes;
}

/* The last call of the tape counts as one mark more. */
static size_t nr_points(const struct replay_tape *tape)
{
	return tape->header.nr_marks + 1;
}

/* In order; of the last call, the last mark. */
static const struct plan_mark *mark_of(const struct replay_tape *tape,
				       size_t mark)
{
	if (mark == tape->header.nr_marks)
		mark--;
	return &tape->marks[tape->order[mark]];
}

static uint64_t mark_time(const struct replay_tape *tape, size_t mark)
{
	return mark < tape->header.nr_marks
		       ? tape->marks[tape->order[mark]].time_ns
		       : tape->header.last_ns;
}

/* The index of the last mark (in order) at or before the time, or 0. */
static size_t mark_at(const struct replay_tape *tape, size_t from,
		      uint64_t time_ns)
{
	while (from + 1 < nr_points(tape) &&
	       mark_time(tape, from + 1) <= time_ns)
		from++;
	return from;
}

/* A walk along the marks that interpolates a heap at ever later times. */
struct walk {
	const struct replay_tape *tape;
	const struct replay_heap *heap;
	size_t mark;
};

static double heap_at(const struct walk *w, size_t mark)
{
	return (double)(mark < w->tape->header.nr_marks
				? w->heap->anon_bytes[mark]
				: w->heap->end_bytes);
}

static double between(double t, double t0, double v0, double t1, double v1)
{
	return t1 > t0 ? v0 + (v1 - v0) * (t - t0) / (t1 - t0) : v0;
}

/* The heap at that time; nothing before the first mark. */
static double walk_bytes(struct walk *w, uint64_t time_ns)
{
	if (time_ns < mark_time(w->tape, 0))
		return 0;
	w->mark = mark_at(w->tape, w->mark, time_ns);
	if (w->mark + 1 == nr_points(w->tape))
		return heap_at(w, w->mark);
	return between((double)time_ns, (double)mark_time(w->tape, w->mark),
		       heap_at(w, w->mark),
		       (double)mark_time(w->tape, w->mark + 1),
		       heap_at(w, w->mark + 1));
}

static int compare_doubles(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return a < b ? -1 : a > b;
}

/*
 * A sample and the reference's heap may lie on either side of a step, such as
 * a large block that comes or goes: then one value is off by that step. The
 * median of a value and its neighbours is not.
 */
static double smoothed(const double *raw, size_t nr, size_t i)
{
	size_t from = i < NEIGHBOURS ? 0 : i - NEIGHBOURS;
	size_t to = i + NEIGHBOURS < nr ? i + NEIGHBOURS : nr - 1;
	double near[2 * NEIGHBOURS + 1];

	memcpy(near, &raw[from], (to - from + 1) * sizeof(*near));
	qsort(near, to - from + 1, sizeof(*near), compare_doubles);
	return near[(to - from) / 2];
}

static void smooth(double *other, double *raw, size_t nr)
{
	size_t i;

	memcpy(raw, other, nr * sizeof(*raw));
	for (i = 0; i < nr; i++)
		other[i] = smoothed(raw, nr, i);
}

/* What malloc never saw, at each sample: its RSS less the reference's heap. */
static double *other_memory(const struct replay_tape *tape,
			    const struct replay_heap *reference)
{
	struct walk w = { tape, reference, 0 };
	/* The upper half is room for the smoothing. */
	double *other = calloc(tape->nr_samples, 2 * sizeof(*other));
	size_t i;

	for (i = 0; other && i < tape->nr_samples; i++) {
		double heap = walk_bytes(&w, tape->samples[i].time_ns);
		double rss = (double)rss_of(&tape->samples[i]);

		other[i] = rss > heap ? rss - heap : 0;
	}
	if (other)
		smooth(other, other + tape->nr_samples, tape->nr_samples);
	return other;
}

/* Of the samples' memory at a time; *sample moves along with it. */
static double other_at(const struct replay_tape *tape, const double *other,
		       size_t *sample, uint64_t time_ns)
{
	const struct tape_sample *s = tape->samples;
	size_t i = *sample;

	while (i + 1 < tape->nr_samples && s[i + 1].time_ns <= time_ns)
		i++;
	*sample = i;
	if (time_ns <= s[i].time_ns || i + 1 == tape->nr_samples)
		return other[i];
	return between((double)time_ns, (double)s[i].time_ns, other[i],
		       (double)s[i + 1].time_ns, other[i + 1]);
}

/* The process under the arm: what its heap has, and all the rest. */
struct process {
	const struct replay_tape *tape;
	const struct replay_heap *heap;
	const double *other;
	double files; /* see replay_measure_predict */
	double peak_bytes;
	double mean_bytes;
	double end_bytes;
};

/*
 * The next time at which the heap (a mark) or the rest (a sample) is known,
 * and which of the two it is; false at the end.
 */
static bool next_time(const struct replay_tape *tape, size_t *mark,
		      size_t *sample, uint64_t *time_ns, bool *is_mark)
{
	bool marks = *mark < nr_points(tape);
	bool samples = *sample < tape->nr_samples;

	if (!marks && !samples)
		return false;
	*is_mark = marks &&
		   (!samples ||
		    mark_time(tape, *mark) <= tape->samples[*sample].time_ns);
	*time_ns = *is_mark ? mark_time(tape, (*mark)++)
			    : tape->samples[(*sample)++].time_ns;
	return true;
}

/*
 * Along the tape from the first to the last time that is known, as a line
 * from each to the next.
 */
static void walk_process(struct process *p)
{
	struct walk w = { p->tape, p->heap, 0 };
	size_t mark = 0, sample = 0, at = 0;
	uint64_t time = 0, last_time = 0, begin = UINT64_MAX;
	double sum = 0, last = 0;
	bool is_mark;

	while (next_time(p->tape, &mark, &sample, &time, &is_mark)) {
		double base = p->files + other_at(p->tape, p->other, &at, time);
		double bytes = base + walk_bytes(&w, time);
		double peak = bytes;

		if (is_mark && mark <= p->tape->header.nr_marks)
			peak = base + (double)p->heap->peak_bytes[mark - 1];
		if (begin == UINT64_MAX)
			begin = time;
		else
			sum += (last + bytes) / 2 * (double)(time - last_time);
		if (peak > p->peak_bytes)
			p->peak_bytes = peak;
		last = bytes;
		last_time = time;
	}
	p->mean_bytes =
		last_time > begin ? sum / (double)(last_time - begin) : last;
	p->end_bytes = p->files + (double)p->heap->end_bytes +
		       other_at(p->tape, p->other, &at, last_time);
}

/* Whether both are the same file, by whatever names. */
static bool is_same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return !stat(a, &sa) && !stat(b, &sb) && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

/* What of files the arm's allocator adds to the process that was recorded. */
static double added_files(const struct replay_tape *tape, const char *path,
			  const struct replay_heap *heap,
			  const struct replay_heap *reference,
			  const struct replay_floor *floor)
{
	if (!tape->allocator_linked || is_same_file(path, tape->allocator))
		return (double)heap->file_bytes - (double)reference->file_bytes;
	return (double)heap->file_bytes - (double)floor->file_bytes;
}

int replay_measure_predict(struct result_run *result,
			   const struct replay_tape *tape,
			   const struct replay_heap *heap,
			   const struct replay_heap *reference,
			   const struct replay_floor *floor, struct err *err)
{
	double *other = other_memory(tape, reference);
	struct process p = {
		.tape = tape,
		.heap = heap,
		.other = other,
		.files =
			added_files(tape, result->path, heap, reference, floor),
	};
	int rc;

	if (!other)
		return err_set(err, ERR_NOMEM, ENOMEM, "cannot hold a curve");
	walk_process(&p);
	free(other);
	rc = result_add_metric(result, "predicted_rss_peak_bytes", p.peak_bytes,
			       err);
	if (!rc)
		rc = result_add_metric(result, "predicted_rss_mean_bytes",
				       p.mean_bytes, err);
	if (!rc)
		rc = result_add_metric(result, "predicted_rss_end_bytes",
				       p.end_bytes, err);
	return rc;
}

int replay_measure_recorded(struct result_doc *doc,
			    const struct replay_tape *tape, struct err *err)
{
	size_t step = tape->nr_samples / MAX_RECORDED + 1;
	size_t i, mark = 0;

	if (!tape->nr_samples)
		return 0;
	doc->recorded =
		calloc(tape->nr_samples / step + 1, sizeof(*doc->recorded));
	if (!doc->recorded)
		return err_set(err, ERR_NOMEM, ENOMEM, "cannot hold a curve");
	for (i = 0; i < tape->nr_samples; i += step) {
		const struct tape_sample *s = &tape->samples[i];
		const struct plan_mark *m;
		struct result_point *p = &doc->recorded[doc->nr_recorded++];

		mark = mark_at(tape, mark, s->time_ns);
		m = mark_of(tape, mark);
		p->time_ns = s->time_ns;
		p->rss_bytes = rss_of(s);
		if (m->time_ns <= s->time_ns) {
			p->op = m->seq;
			p->live_bytes = m->live_bytes;
		}
	}
	return 0;
}
