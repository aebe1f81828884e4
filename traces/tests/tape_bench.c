// SPDX-License-Identifier: MIT
/*
 * Speed and size of the tape format on one core: reads all events of a tape
 * (or makes some), encodes them again, decodes and merges what came out.
 * usage: tape_bench [TAPE [TIME_UNIT_NS [BLOCK_EVENTS]]]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "traces/base/err.h"
#include "traces/tape_buf.h"
#include "traces/tape_merge.h"
#include "traces/tape_reader.h"
#include "traces/tape_writer.h"

#define SYNTHETIC 4000000
#define MOST      8000000 /* events taken, from the first on */
#define ROUNDS    3       /* the best one counts */
#define BATCH     4096    /* events per call of the writer */

struct bench {
	struct tape_event *events;
	struct tape_notes *notes; /* of the events with the same index */
	size_t nr;
	uint32_t threads;
	struct tape_writer_config config;
	struct tape_buf tape;
	struct err err;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int append(void *ctx, const void *buf, size_t len)
{
	struct tape_buf *out = ctx;

	if (!tape_buf_reserve(out, len))
		return ENOMEM;
	memcpy(out->bytes + out->len, buf, len);
	out->len += len;
	return 0;
}

static void make_events(struct bench *b)
{
	static uint64_t slots[4096];
	uint64_t seed = 1, time = 0;
	size_t i;

	for (i = 0; i < SYNTHETIC; i++) {
		struct tape_event *ev = &b->events[b->nr++];
		uint64_t *slot;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		slot = &slots[seed >> 52];
		time += 20 + (seed >> 32) % 64;
		memset(ev, 0, sizeof(*ev));
		ev->time_ns = ev->end_ns = time;
		ev->kind = *slot ? TAPE_FREE : TAPE_MALLOC;
		ev->addr = *slot;
		if (!*slot) {
			ev->addr = 0x10000000 + (uint64_t)(slot - slots) * 512;
			ev->size = 16 + (seed >> 40) % 400;
		}
		*slot = *slot ? 0 : ev->addr;
	}
	b->threads = 1;
}

/* What an event points to lives only until the next one is read. */
static void keep_event(struct bench *b, struct tape_event *ev)
{
	if (tape_kind_has_text(ev->kind)) {
		ev->text = "text";
	} else if (ev->notes) {
		b->notes[ev - b->events] = *ev->notes;
		ev->notes = &b->notes[ev - b->events];
	}
}

static int load_events(struct bench *b, const char *path)
{
	struct tape_reader *r;
	uint32_t thread;
	int ret = tape_reader_open(&r, path, 0, &b->err);

	if (ret)
		return ret;
	b->threads = tape_reader_info(r)->threads;
	for (thread = 0; thread < b->threads && !ret; thread++) {
		struct tape_cursor *c;

		ret = tape_cursor_open(&c, r, thread, &b->err);
		while (!ret && b->nr < MOST &&
		       (ret = tape_cursor_next(c, &b->events[b->nr], &b->err)) >
			       0) {
			keep_event(b, &b->events[b->nr++]);
			ret = 0;
		}
		tape_cursor_close(c);
	}
	tape_reader_close(r);
	return ret;
}

static int encode(struct bench *b)
{
	struct tape_sink sink = { append, &b->tape };
	struct tape_end end = { .clean = true };
	struct tape_writer *w;
	size_t i, nr;
	int ret = tape_writer_open(&w, &sink, NULL, &b->config, &b->err);

	for (i = 0; i < b->nr && !ret; i += nr) {
		for (nr = 1; nr < BATCH && i + nr < b->nr; nr++)
			if (b->events[i + nr].thread != b->events[i].thread)
				break;
		ret = tape_writer_add(w, b->events[i].thread, &b->events[i], nr,
				      &b->err);
	}
	return ret ? ret : tape_writer_close(w, &end, &b->err);
}

static int decode(struct bench *b, struct tape_reader *r)
{
	struct tape_event ev;
	uint32_t thread;
	int ret = 0;

	for (thread = 0; thread < b->threads && !ret; thread++) {
		struct tape_cursor *c;

		ret = tape_cursor_open(&c, r, thread, &b->err);
		while (!ret && (ret = tape_cursor_next(c, &ev, &b->err)) > 0)
			ret = 0;
		tape_cursor_close(c);
	}
	return ret;
}

static int merge(struct bench *b, struct tape_reader *r)
{
	struct tape_merge *m;
	struct tape_step step;
	int ret = tape_merge_open(&m, r, &b->err);

	if (ret)
		return ret;
	do
		ret = tape_merge_next(m, &step, &b->err);
	while (ret > 0);
	tape_merge_close(m);
	return ret;
}

/* One round; keeps the shortest time of each step in seconds[]. */
static int measure_once(struct bench *b, double seconds[3])
{
	struct tape_reader *r = NULL;
	double t[4];
	int i, ret;

	b->tape.len = 0;
	t[0] = now();
	ret = encode(b);
	t[1] = now();
	if (!ret)
		ret = tape_reader_open_memory(&r, b->tape.bytes, b->tape.len, 0,
					      &b->err);
	if (!ret)
		ret = decode(b, r);
	t[2] = now();
	if (!ret)
		ret = merge(b, r);
	t[3] = now();
	tape_reader_close(r);
	for (i = 0; i < 3; i++)
		if (t[i + 1] - t[i] < seconds[i])
			seconds[i] = t[i + 1] - t[i];
	return ret;
}

static int measure(struct bench *b)
{
	double seconds[3] = { 1e9, 1e9, 1e9 }, nr = (double)b->nr;
	int i, ret = 0;

	for (i = 0; i < ROUNDS && !ret; i++)
		ret = measure_once(b, seconds);
	if (ret)
		return ret;
	printf("events            %10.0f\n", nr);
	printf("encode            %10.1f M events/s\n", nr / seconds[0] / 1e6);
	printf("decode            %10.1f M events/s\n", nr / seconds[1] / 1e6);
	printf("decode and merge  %10.1f M events/s\n", nr / seconds[2] / 1e6);
	printf("size              %10.3f bytes per event\n",
	       (double)b->tape.len / nr);
	return 0;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	int ret = 0;

	b.events = malloc(MOST * sizeof(*b.events));
	b.notes = malloc(MOST * sizeof(*b.notes));
	if (!b.events || !b.notes)
		return 1;
	if (argc > 2)
		b.config.time_unit_ns = (unsigned)atoi(argv[2]);
	if (argc > 3)
		b.config.block_events = (unsigned)atoi(argv[3]);
	if (argc > 1)
		ret = load_events(&b, argv[1]);
	else
		make_events(&b);
	if (!ret)
		ret = measure(&b);
	if (ret)
		fprintf(stderr, "tape_bench: %s\n", b.err.text);
	free(b.events);
	tape_buf_release(&b.tape);
	return ret != 0;
}
