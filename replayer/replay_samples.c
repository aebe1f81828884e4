// SPDX-License-Identifier: MIT
/*
 * The memory that the recorder saw, in bounded memory of ours: a tape of days
 * has millions of samples.
 */
#include <errno.h>
#include <stdlib.h>

#include "replayer/replay_tape.h"
#include "traces/base/err.h"
#include "traces/tape_reader.h"

#define FIRST_SAMPLES 1024

struct list {
	struct replay_tape *tape;
	size_t room;
	uint64_t stride; /* so many samples become one */
	uint64_t seen;
};

static uint64_t rss_of(const struct tape_sample *s)
{
	return s->rss_anon_bytes + s->rss_file_bytes;
}

/* Of each two the higher remains: no peak is lost. */
static void halve(struct list *l)
{
	struct tape_sample *all = l->tape->samples;
	size_t nr = l->tape->nr_samples, i;

	for (i = 0; i + 1 < nr; i += 2)
		all[i / 2] = rss_of(&all[i]) > rss_of(&all[i + 1]) ? all[i]
								   : all[i + 1];
	if (nr % 2)
		all[nr / 2] = all[nr - 1];
	l->tape->nr_samples = (nr + 1) / 2;
	l->stride *= 2;
}

static int grow(struct list *l, struct err *err)
{
	size_t room = l->room ? l->room * 2 : FIRST_SAMPLES;
	struct tape_sample *more =
		realloc(l->tape->samples, room * sizeof(*more));

	if (!more)
		return err_set(err, ERR_NOMEM, ENOMEM,
			       "cannot hold the samples of the tape");
	l->tape->samples = more;
	l->room = room;
	return 0;
}

static int keep(void *ctx, const struct tape_sample *sample, struct err *err)
{
	struct list *l = ctx;
	struct replay_tape *tape = l->tape;
	struct tape_sample *last;

	if (tape->nr_samples == REPLAY_SAMPLES && !(l->seen % l->stride))
		halve(l);
	if (tape->nr_samples == l->room && grow(l, err))
		return -ERR_NOMEM;
	if (l->seen++ % l->stride == 0) {
		tape->samples[tape->nr_samples++] = *sample;
		return 0;
	}
	last = &tape->samples[tape->nr_samples - 1];
	if (rss_of(sample) > rss_of(last))
		*last = *sample;
	return 0;
}

int replay_samples_read(struct replay_tape *tape, struct tape_reader *r,
			struct err *err)
{
	struct list l = { .tape = tape, .stride = 1 };

	return tape_reader_each_sample(r, keep, &l, err);
}
