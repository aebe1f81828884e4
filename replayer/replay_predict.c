// SPDX-License-Identifier: MIT
/*
 * The process's memory under another allocator: programs have memory that
 * malloc never saw, which the tape's own samples show.
 */
#include <errno.h>
#include <stdlib.h>

#include "replayer/replay_measure.h"
#include "traces/base/err.h"

#define MAX_RECORDED 4096 /* points of the recorded curve */

static uint64_t rss_of(const struct tape_sample *s)
{
	return s->rss_anon_bytes + s->rss_file_bytes;
}

/* The index of the last mark (in order) at or before the time, or 0. */
static size_t mark_at(const struct replay_tape *tape, size_t from,
		      uint64_t time_ns)
{
	while (from + 1 < tape->header.nr_marks &&
	       tape->marks[tape->order[from + 1]].time_ns <= time_ns)
		from++;
	return from;
}

int replay_measure_predict(struct result_run *result,
			   const struct replay_tape *tape,
			   const struct result_point *reference,
			   struct err *err)
{
	const struct tape_sample *s = tape->samples;
	double peak = 0, sum = 0, time = 0, weight;
	size_t i, mark = 0;
	int rc;

	for (i = 0; i < tape->nr_samples; i++) {
		double rss;

		mark = mark_at(tape, mark, s[i].time_ns);
		rss = (double)rss_of(&s[i]);
		if (s[i].time_ns >= tape->marks[tape->order[0]].time_ns)
			rss += (double)result->curve[mark].rss_bytes -
			       (double)reference[mark].rss_bytes;
		if (rss > peak)
			peak = rss;
		weight = i + 1 < tape->nr_samples
				 ? (double)(s[i + 1].time_ns - s[i].time_ns)
				 : 0;
		sum += rss * weight;
		time += weight;
	}
	rc = result_add_metric(result, "predicted_rss_peak_bytes", peak, err);
	if (!rc && time > 0)
		rc = result_add_metric(result, "predicted_rss_mean_bytes",
				       sum / time, err);
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
		m = &tape->marks[tape->order[mark]];
		p->time_ns = s->time_ns;
		p->rss_bytes = rss_of(s);
		if (m->time_ns <= s->time_ns) {
			p->op = m->seq;
			p->live_bytes = m->live_bytes;
		}
	}
	return 0;
}
