// SPDX-License-Identifier: MIT
/*
 * A ring of batches between the thread that decodes and the caller. A mutex
 * guards the two counters; what is in a batch belongs to one side at a time.
 * A side that has to wait waits for half of the ring, so that they wake each
 * other seldom.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/tool/feed.h"

#define BATCHES 16
#define HALF    (BATCHES / 2)

struct feed {
	struct tape_merge *merge;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t filled; /* batches, since the beginning */
	size_t taken;  /* the caller is done with */
	bool holds;    /* the caller has one more */
	bool ended;    /* no more will be filled */
	bool stop;     /* none shall be */
	int ret;       /* why it ended */
	struct err err;
	struct feed_batch batches[BATCHES];
};

static void clear(struct feed_batch *b)
{
	while (b->nr_texts)
		free(b->texts[--b->nr_texts]);
	b->nr = 0;
}

/* What the step points to is gone with the next one: keep a copy. */
static int keep(struct feed_batch *b, struct tape_step *step, struct err *err)
{
	struct tape_event *ev = &step->ev;

	if (tape_kind_has_text(ev->kind)) {
		char *text = strdup(ev->text);

		if (!text)
			return err_set(err, ERR_NOMEM, 0, "out of memory");
		b->texts[b->nr_texts++] = text;
		ev->text = text;
	} else if (ev->kind < TAPE_FREE_NULL && ev->notes) {
		b->notes[b->nr] = *ev->notes;
		ev->notes = &b->notes[b->nr];
	}
	return 0;
}

/* 1: the batch is full, 0: the tape ends in it, negative: error. */
static int fill(struct feed *f, struct feed_batch *b)
{
	int ret;

	clear(b);
	while (b->nr < FEED_STEPS) {
		struct tape_step *step = &b->steps[b->nr];

		ret = tape_merge_next(f->merge, step, &f->err);
		if (ret > 0)
			ret = keep(b, step, &f->err) ? -ERR_NOMEM : 1;
		if (ret <= 0)
			return ret;
		b->nr++;
	}
	return 1;
}

/* Wait for an empty batch. NULL: the caller wants no more. */
static struct feed_batch *get_empty(struct feed *f)
{
	struct feed_batch *b = NULL;

	pthread_mutex_lock(&f->lock);
	if (f->filled - f->taken == BATCHES)
		while (!f->stop && f->filled - f->taken > HALF)
			pthread_cond_wait(&f->changed, &f->lock);
	if (!f->stop)
		b = &f->batches[f->filled % BATCHES];
	pthread_mutex_unlock(&f->lock);
	return b;
}

static void *decode(void *arg)
{
	struct feed *f = arg;
	struct feed_batch *b;
	int ret = 1;

	while (ret > 0 && (b = get_empty(f))) {
		ret = fill(f, b);
		pthread_mutex_lock(&f->lock);
		f->filled += b->nr > 0;
		f->ended = ret <= 0;
		f->ret = ret;
		if (f->ended || f->filled - f->taken >= HALF)
			pthread_cond_signal(&f->changed);
		pthread_mutex_unlock(&f->lock);
	}
	return NULL;
}

/* Signals are for the thread that the program began with. */
static int start(struct feed *f)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&f->thread, NULL, decode, f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

int feed_open(struct feed **out, struct tape_reader *r, struct err *err)
{
	struct feed *f = calloc(1, sizeof(*f));
	int ret;

	*out = NULL;
	if (!f)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	ret = tape_merge_open(&f->merge, r, err);
	if (ret) {
		free(f);
		return ret;
	}
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	ret = start(f);
	if (ret) {
		tape_merge_close(f->merge);
		free(f);
		return err_set(err, ERR_SYS, ret, "cannot start a thread");
	}
	*out = f;
	return 0;
}

int feed_next(struct feed *f, const struct feed_batch **batch, struct err *err)
{
	int ret;

	pthread_mutex_lock(&f->lock);
	f->taken += f->holds;
	if (f->filled - f->taken <= HALF)
		pthread_cond_signal(&f->changed);
	if (f->filled == f->taken)
		while (f->filled - f->taken < HALF && !f->ended)
			pthread_cond_wait(&f->changed, &f->lock);
	f->holds = f->filled != f->taken;
	*batch = f->holds ? &f->batches[f->taken % BATCHES] : NULL;
	ret = f->holds ? 1 : f->ret;
	if (ret < 0 && err && !err->code)
		*err = f->err;
	pthread_mutex_unlock(&f->lock);
	return ret;
}

void feed_close(struct feed *f)
{
	size_t i;

	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	for (i = 0; i < BATCHES; i++)
		clear(&f->batches[i]);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
	tape_merge_close(f->merge);
	free(f);
}
