// SPDX-License-Identifier: MIT
/*
 * Writes small tapes for the replayer's tests: one with every kind of call,
 * two whose threads act in an order that cannot have been, two with many
 * threads that come and go, one whose threads share nothing, one with two
 * threads that pile up blocks, any by chance.
 * usage: make_calls every|inverted|lossy|threads|many|pile OUT
 *        make_calls random OUT SEED
 *        make_calls apart OUT STEPS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/tape_writer.h"

struct maker {
	struct tape_writer *w;
	uint64_t now_ns;
	struct err err;
};

static int put(void *ctx, const void *buf, size_t len)
{
	return fwrite(buf, 1, len, ctx) == len ? 0 : 5;
}

static void add_at(struct maker *m, uint32_t thread, struct tape_event ev,
		   uint64_t time_ns)
{
	ev.time_ns = time_ns;
	ev.end_ns = time_ns + (tape_kind_is_realloc(ev.kind) ? 5 : 0);
	tape_writer_add(m->w, thread, &ev, 1, &m->err);
}

static void add(struct maker *m, uint32_t thread, struct tape_event ev)
{
	add_at(m, thread, ev, m->now_ns += 10);
}

static void call(struct maker *m, enum tape_kind kind, uint64_t addr,
		 uint64_t size, uint64_t alignment)
{
	add(m, 0,
	    (struct tape_event){ .kind = kind,
				 .addr = addr,
				 .size = size,
				 .alignment = alignment });
}

static void move(struct maker *m, enum tape_kind kind, uint64_t from,
		 uint64_t to, uint64_t size)
{
	add(m, 0,
	    (struct tape_event){
		    .kind = kind, .old_addr = from, .addr = to, .size = size });
}

static void every_call(struct maker *m)
{
	call(m, TAPE_THREAD_START, 1, 0, 0);
	call(m, TAPE_MALLOC, 0x1000, 100, 0);
	call(m, TAPE_MALLOC, 0x2000, 0, 0);
	call(m, TAPE_MALLOC, 0x40000000, 40 << 20, 0);
	call(m, TAPE_CALLOC, 0x3000, 200, 0);
	move(m, TAPE_REALLOC, 0, 0x4000, 300);
	move(m, TAPE_REALLOC, 0x4000, 0x5000, 40000);
	move(m, TAPE_REALLOCARRAY, 0x5000, 0x5000, 500);
	move(m, TAPE_REALLOCARRAY, 0, 0x6000, 600);
	call(m, TAPE_ALIGNED_ALLOC, 0x10000, 1024, 256);
	call(m, TAPE_POSIX_MEMALIGN, 0x11000, 1100, 64);
	call(m, TAPE_MEMALIGN, 0x12000, 1200, 4096);
	call(m, TAPE_VALLOC, 0x13000, 1300, 4096);
	call(m, TAPE_PVALLOC, 0x14000, 4096, 4096);
	call(m, TAPE_FREE_NULL, 0, 2, 0);
	move(m, TAPE_REALLOC, 0x6000, 0, 0);
	call(m, TAPE_FREE_SIZED, 0x1000, 100, 0);
	call(m, TAPE_FREE_ALIGNED_SIZED, 0x10000, 1024, 256);
	call(m, TAPE_FREE, 0x40000000, 0, 0);
}

/* Thread 1 frees before thread 0 allocates, a thousand times. */
static void inverted(struct maker *m)
{
	uint64_t i;

	for (i = 0; i < 1000; i++) {
		uint64_t t = 100 + i * 100;
		struct tape_event ev = { .kind = TAPE_FREE,
					 .addr = 0x1000 + i % 7 * 64 };

		add_at(m, 1, ev, t - 50);
		ev.kind = TAPE_MALLOC;
		ev.size = 10 + i;
		add_at(m, 0, ev, t);
		if (i % 3)
			continue;
		ev.kind = TAPE_REALLOC;
		ev.old_addr = 0x1000 + (i + 1) % 7 * 64;
		ev.addr = ev.old_addr;
		add_at(m, 2, ev, t - 20);
	}
}

/* Threads that come and go; each frees what its predecessor made. */
static void threads(struct maker *m, uint32_t nr, uint32_t alive,
		    uint32_t blocks)
{
	uint32_t i, k;

	call(m, TAPE_THREAD_START, 1, 0, 0);
	for (i = 1; i <= nr; i++) {
		struct tape_event ev = { .kind = TAPE_THREAD_START, .addr = i };

		add(m, i, ev);
		for (k = 0; k < blocks; k++) {
			uint64_t addr = ((uint64_t)i << 16) + k * 64;

			ev.kind = TAPE_MALLOC;
			ev.size = 48;
			ev.addr = addr;
			add(m, i, ev);
			ev.kind = TAPE_FREE;
			ev.addr = addr - (1 << 16);
			if (i > 1)
				add(m, i, ev);
		}
		if (i <= alive)
			continue;
		ev.kind = TAPE_THREAD_END;
		add(m, i - alive, ev);
	}
}

/*
 * A history of which nothing holds: threads act at random on a few addresses,
 * in an order that is off by up to 1,000 steps, and end and go on at random.
 */
static void lossy(struct maker *m)
{
	static const enum tape_kind kinds[] = { TAPE_MALLOC, TAPE_FREE,
						TAPE_REALLOC, TAPE_FREE };
	uint64_t seed = 1, i;

	for (i = 0; i < 200000; i++) {
		struct tape_event ev = { .size = i % 1000 };
		uint32_t thread;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		thread = (uint32_t)(seed >> 33) % 12;
		ev.kind = kinds[seed >> 40 & 3];
		ev.addr = 0x1000 + (seed >> 44 & 255) * 64;
		if (ev.kind == TAPE_REALLOC)
			ev.old_addr = 0x1000 + (seed >> 52 & 255) * 64;
		if (!(seed >> 50 & 4095))
			ev = (struct tape_event){ .kind = TAPE_THREAD_END };
		add_at(m, thread, ev, 10000 + i * 10 + (seed >> 60) * 625);
	}
}

/* Two threads at once, each with a hundred blocks of its own. */
static void apart(struct maker *m, uint64_t steps)
{
	uint64_t i;

	for (i = 0; i < steps; i++) {
		uint32_t thread = i & 1;
		uint64_t block = i / 2 % 100;
		struct tape_event ev = {
			.kind = i / 200 % 2 ? TAPE_FREE : TAPE_MALLOC,
			.addr = ((uint64_t)thread << 32) + (block + 1) * 512,
			.size = block * 4 + 8,
		};

		if (ev.kind == TAPE_FREE)
			ev.size = 0;
		if (i < 2)
			add(m, thread,
			    (struct tape_event){ .kind = TAPE_THREAD_START });
		add(m, thread, ev);
	}
}

/* Two threads make blocks; then each frees most of what the other made. */
static void pile(struct maker *m)
{
	uint64_t i;

	for (i = 0; i < 38000; i++) {
		uint32_t thread = i & 1;
		struct tape_event ev = { .kind = TAPE_MALLOC,
					 .addr = (i + 1) * 1024,
					 .size = 600 };

		if (i >= 20000)
			ev = (struct tape_event){
				.kind = TAPE_FREE,
				.addr = ((i - 20000) ^ 1) * 1024 + 1024
			};
		add(m, thread, ev);
	}
}

static uint64_t roll(uint64_t *seed, uint64_t sides)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*seed >> 33) % sides;
}

/*
 * By chance: how many threads and addresses there are, how far each thread's
 * clock is off, who acts for how long, who ends and goes on all the same.
 */
static void by_chance(struct maker *m, uint64_t seed)
{
	static const enum tape_kind kinds[] = {
		TAPE_MALLOC,  TAPE_CALLOC, TAPE_MEMALIGN,   TAPE_MALLOC,
		TAPE_REALLOC, TAPE_FREE,   TAPE_FREE_SIZED, TAPE_FREE,
	};
	uint64_t off[64] = { 0 }, left = 0, i;
	uint32_t nr = 1 + (uint32_t)roll(&seed, 64), thread = 0;
	uint64_t places = 1ULL << roll(&seed, 13);
	uint64_t steps = roll(&seed, 5), run = 1ULL << roll(&seed, 15);

	/* Off by none, 10, 100, ... steps. */
	for (i = 0; i < nr && steps; i++)
		off[i] = roll(&seed,
			      (uint64_t[]){ 1, 10, 100, 3000, 90000 }[steps]);
	for (i = 0; i < 80000; i++) {
		struct tape_event ev = { .kind = kinds[roll(&seed, 8)] };
		uint64_t end = roll(&seed, 1000);

		if (!left--) {
			thread = (uint32_t)roll(&seed, nr);
			left = roll(&seed, run);
		}
		ev.addr = 0x1000 + roll(&seed, places) * 64;
		if (ev.kind == TAPE_REALLOC)
			ev.old_addr = 0x1000 + roll(&seed, places) * 64;
		ev.size = roll(&seed, 2000);
		ev.alignment = tape_kind_has_alignment(ev.kind) ? 64 : 0;
		if (!end)
			ev = (struct tape_event){ .kind = TAPE_THREAD_END };
		if (end == 1)
			ev = (struct tape_event){ .kind = TAPE_THREAD_START };
		add_at(m, thread, ev, (i + off[thread]) * 10);
	}
}

int main(int argc, char **argv)
{
	struct tape_end end = { .clean = true };
	struct maker m = { 0 };
	struct tape_meta meta = { 0 };
	FILE *f = argc == 3 || argc == 4 ? fopen(argv[2], "we") : NULL;
	uint64_t number = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
	struct tape_sink sink = { put, f };
	struct tape_writer_config config = { .time_unit_ns = 1 };

	if (!f) {
		fputs("usage: make_calls every|inverted|lossy|threads|many|"
		      "pile OUT, or random|apart OUT NUMBER\n",
		      stderr);
		return 2;
	}
	tape_writer_open(&m.w, &sink, &meta, &config, &m.err);
	if (m.w && !strcmp(argv[1], "every"))
		every_call(&m);
	else if (m.w && !strcmp(argv[1], "inverted"))
		inverted(&m);
	else if (m.w && !strcmp(argv[1], "lossy"))
		lossy(&m);
	else if (m.w && !strcmp(argv[1], "threads"))
		threads(&m, 300, 100, 200);
	else if (m.w && !strcmp(argv[1], "apart"))
		apart(&m, number);
	else if (m.w && !strcmp(argv[1], "pile"))
		pile(&m);
	else if (m.w && !strcmp(argv[1], "random"))
		by_chance(&m, number);
	else if (m.w)
		threads(&m, 10000, 500, 30);
	end.duration_ns = m.now_ns;
	if (m.w)
		tape_writer_close(m.w, &end, &m.err);
	if (m.err.code)
		fprintf(stderr, "make_calls: %s\n", m.err.text);
	return fclose(f) || m.err.code;
}
