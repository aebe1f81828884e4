// SPDX-License-Identifier: MIT
/*
 * Writes a synthetic tape for tests and benches: seeded, so that the same
 * arguments give the same bytes. The history is consistent: one clock for all
 * threads, no two live blocks overlap, every thread starts and ends.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/tape_stacks.h"
#include "traces/tape_writer.h"

#define SLOTS          256 /* live blocks per thread */
#define STRIDE         (1u << 20)
#define SIZE_MAX_BYTES 4096
#define CALLERS        8    /* of each function that allocates */
#define TOUCHED_FROM   2048 /* bytes of blocks that residency is noted of */
#define OLD_BLOCKS     16   /* per thread, from before the recording */

enum pattern { CHURN, CROSS, REALLOC, ALIGNED, KINDS, NR_PATTERNS };

static const char *const pattern_names[NR_PATTERNS] = { "churn", "cross",
							"realloc", "aligned",
							"kinds" };

struct maker {
	struct tape_writer *w;
	uint64_t now_ns;
	uint64_t seed;
	uint64_t *slots;    /* addresses, 0 = empty */
	uint64_t *sizes;    /* of their blocks */
	uint64_t note_seed; /* of notes, apart from that of events */
	unsigned threads;
	unsigned notes; /* enum tape_note */
	enum pattern pattern;
	struct err err;
};

static uint64_t next_of(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static uint64_t next_random(struct maker *m)
{
	return next_of(&m->seed);
}

static uint64_t tick(struct maker *m)
{
	return m->now_ns += 40 + next_random(m) % 40;
}

/*
 * A program of two modules: main in the first calls CALLERS functions there,
 * each of which calls CALLERS more in the second; these allocate. Stacks are
 * the nodes behind 1 + CALLERS.
 */
static void add_stacks(struct maker *m)
{
	static const struct tape_module modules[] = {
		{ "/usr/bin/prog", "5ca1ab1e00112233445566778899aabbccddeeff",
		  0x555555554000, 0x555555554000, 0x555555564000 },
		{ "/usr/lib/libwork.so.1", "", 0x7ffff7d00000, 0x7ffff7d02000,
		  0x7ffff7d42000 },
	};
	unsigned i;

	for (i = 0; i < 2; i++)
		tape_writer_module(m->w, &modules[i], &m->err);
	tape_writer_frame(m->w, 0, 1, 0x1040, &m->err);
	for (i = 0; i < CALLERS; i++)
		tape_writer_frame(m->w, 1, 1, 0x1100 + 0x40 * i, &m->err);
	for (i = 0; i < CALLERS * CALLERS; i++)
		tape_writer_frame(m->w, 2 + i / CALLERS, 2,
				  0x3000 + 0x20 * (i % CALLERS), &m->err);
}

/* size: of the block given back, 0 without one. */
static void fill_notes(struct maker *m, struct tape_event *ev, uint64_t size,
		       struct tape_notes *notes)
{
	uint64_t r = next_of(&m->note_seed);

	notes->has = (uint8_t)m->notes;
	notes->stack = 2 + CALLERS + (uint32_t)(r % (CALLERS * CALLERS));
	notes->latency_ns = 20 + (uint32_t)(r >> 8) % 60;
	if ((r >> 20) % 64 == 0)
		notes->latency_ns *= 100;
	notes->usable_bytes = (size + 23) / 16 * 16 - 8;
	notes->touched_bytes = (r >> 30) % 2 * 4096;
	if (size < TOUCHED_FROM)
		notes->has &= (uint8_t)~TAPE_NOTE_TOUCHED;
	ev->notes = notes;
}

static void add_given(struct maker *m, unsigned thread, struct tape_event *ev,
		      uint64_t size)
{
	struct tape_notes notes;

	if (m->notes && ev->kind <= TAPE_FREE_ALIGNED_SIZED)
		fill_notes(m, ev, size, &notes);
	ev->time_ns = tick(m);
	ev->end_ns = ev->time_ns;
	if (tape_kind_is_realloc(ev->kind))
		ev->end_ns = tick(m);
	tape_writer_add(m->w, thread, ev, 1, &m->err);
}

static void add(struct maker *m, unsigned thread, struct tape_event *ev)
{
	add_given(m, thread, ev, 0);
}

static uint64_t slot_address(unsigned slot)
{
	return 0x7f0000000000ULL + (uint64_t)slot * STRIDE;
}

static uint64_t random_size(struct maker *m)
{
	uint64_t r = next_random(m);

	return 1 + (r & 7 ? (r >> 8) % 256 : (r >> 8) % SIZE_MAX_BYTES);
}

static void fill(struct maker *m, unsigned thread, unsigned slot)
{
	struct tape_event ev = { .kind = TAPE_MALLOC,
				 .addr = slot_address(slot),
				 .size = random_size(m) };

	if (m->pattern == ALIGNED) {
		ev.kind = (uint8_t)(TAPE_ALIGNED_ALLOC + next_random(m) % 3);
		ev.alignment = 16u << next_random(m) % 9;
	} else if (next_random(m) % 8 == 0) {
		ev.kind = TAPE_CALLOC;
	}
	add(m, thread, &ev);
	m->slots[slot] = ev.addr;
	m->sizes[slot] = ev.size;
}

static void change(struct maker *m, unsigned thread, unsigned slot)
{
	struct tape_event ev = { .kind = TAPE_FREE, .addr = m->slots[slot] };

	if (m->pattern == REALLOC) {
		ev.kind = TAPE_REALLOC;
		ev.old_addr = ev.addr;
		ev.addr ^= next_random(m) % 2 ? STRIDE / 2 : 0;
		ev.size = random_size(m);
	}
	add_given(m, thread, &ev, m->sizes[slot]);
	m->slots[slot] = ev.kind == TAPE_REALLOC ? ev.addr : 0;
	m->sizes[slot] = ev.size;
}

static void one_event(struct maker *m)
{
	unsigned thread = (unsigned)(next_random(m) % m->threads);
	unsigned owner = m->pattern == CROSS
				 ? (unsigned)(next_random(m) % m->threads)
				 : thread;
	unsigned slot = owner * SLOTS + (unsigned)(next_random(m) % SLOTS);

	if (!m->slots[slot])
		fill(m, thread, slot);
	else
		change(m, thread, slot);
}

static void free_all(struct maker *m)
{
	unsigned slot;

	for (slot = 0; slot < m->threads * SLOTS; slot++) {
		struct tape_event ev = { .kind = TAPE_FREE,
					 .addr = m->slots[slot] };

		if (ev.addr)
			add_given(m, slot / SLOTS, &ev, m->sizes[slot]);
	}
}

/* A window into a program that was running: it frees what it had. */
static void free_old(struct maker *m)
{
	unsigned i;

	for (i = 0; i < m->threads * OLD_BLOCKS; i++) {
		struct tape_event ev = { .kind = TAPE_FREE,
					 .addr = 0x550000000000 + i * STRIDE };

		add_given(m, i % m->threads, &ev,
			  1 + next_of(&m->note_seed) % SIZE_MAX_BYTES);
	}
}

static void mark_threads(struct maker *m, enum tape_kind kind)
{
	unsigned i;

	for (i = 0; i < m->threads; i++) {
		struct tape_event ev = { .kind = (uint8_t)kind };

		if (kind == TAPE_THREAD_START)
			ev.addr = 1000 + i;
		add(m, i, &ev);
		if (kind == TAPE_THREAD_END)
			tape_writer_end_thread(m->w, i, &m->err);
	}
}

static void sample(struct maker *m)
{
	struct tape_sample s = { .time_ns = m->now_ns,
				 .rss_anon_bytes = 1 << 20,
				 .rss_file_bytes = 2 << 20,
				 .threads = m->threads };

	tape_writer_sample(m->w, &s, &m->err);
}

static int write_file(void *ctx, const void *buf, size_t len)
{
	return fwrite(buf, 1, len, ctx) == len ? 0 : 5;
}

/* Each kind of event, well and failed, with addresses of all alignments. */
static void every_kind(struct maker *m)
{
	static const char text[] = "a name, a mark";
	int kind;

	for (kind = 1; kind < TAPE_KIND_END; kind++) {
		struct tape_event ev = { .kind = (uint8_t)kind };
		uint64_t at = 0x10000 * (uint64_t)kind;

		if (kind == TAPE_THREAD_START || kind == TAPE_THREAD_END)
			continue;
		ev.addr = kind <= TAPE_FREE_ALIGNED_SIZED ? at + kind % 3 : 0;
		ev.old_addr = tape_kind_is_realloc(kind) ? at + 64 : 0;
		ev.size = kind == TAPE_FREE ? 0 : 1ULL << 2 * kind;
		ev.alignment = tape_kind_has_alignment(kind) ? 64 : 0;
		ev.text = tape_kind_has_text(kind) ? text : NULL;
		add(m, 0, &ev);
		if (!tape_kind_is_alloc(kind))
			continue;
		ev.addr = 0;
		ev.flags = TAPE_FAILED;
		add(m, 0, &ev);
	}
}

static void make(struct maker *m, uint64_t events)
{
	struct tape_end end = { .clean = true };
	uint64_t i;

	if (m->notes & TAPE_NOTE_STACK)
		add_stacks(m);
	mark_threads(m, TAPE_THREAD_START);
	if (m->notes & TAPE_NOTE_USABLE)
		free_old(m);
	if (m->pattern == KINDS) {
		every_kind(m);
		events = 0;
	}
	for (i = 0; i < events; i++) {
		if (i % 100000 == 0)
			sample(m);
		one_event(m);
	}
	free_all(m);
	mark_threads(m, TAPE_THREAD_END);
	end.duration_ns = m->now_ns;
	strcpy(end.reason, "exit");
	tape_writer_close(m->w, &end, &m->err);
}

static int usage(void)
{
	fputs("usage: make_tape [--events N] [--threads T] [--seed S] "
	      "[--pattern churn|cross|realloc|aligned|"
	      "kinds]\n"
	      "[--notes stack,latency,usable,touched] OUT\n",
	      stderr);
	return 2;
}

static enum pattern find_pattern(const char *name)
{
	int i;

	for (i = 0; i < NR_PATTERNS; i++)
		if (!strcmp(pattern_names[i], name))
			break;
	return (enum pattern)i;
}

static unsigned find_notes(const char *list)
{
	return (strstr(list, "stack") ? TAPE_NOTE_STACK : 0) |
	       (strstr(list, "latency") ? TAPE_NOTE_LATENCY : 0) |
	       (strstr(list, "usable") ? TAPE_NOTE_USABLE : 0) |
	       (strstr(list, "touched") ? TAPE_NOTE_TOUCHED : 0);
}

static void set_meta(struct maker *m, struct tape_meta *meta)
{
	tape_meta_set(meta, "command", "make_tape", &m->err);
	tape_meta_set(meta, "clock", "synthetic", &m->err);
	if (m->notes & TAPE_NOTE_STACK) {
		tape_meta_set(meta, "stacks", "all", &m->err);
		tape_meta_set(meta, "stack_depth", "3", &m->err);
	}
	if (m->notes & TAPE_NOTE_LATENCY)
		tape_meta_set(meta, "latency", "yes", &m->err);
	if (m->notes & TAPE_NOTE_TOUCHED)
		tape_meta_set(meta, "residency", "yes", &m->err);
	if (m->notes & TAPE_NOTE_USABLE)
		tape_meta_set(meta, "heap_at_start", "running", &m->err);
}

static int run(struct maker *m, uint64_t events, const char *path)
{
	FILE *file = fopen(path, "wb");
	struct tape_sink sink = { write_file, file };
	struct tape_meta meta = { 0 };

	m->slots = calloc((size_t)m->threads * SLOTS, sizeof(*m->slots));
	m->sizes = calloc((size_t)m->threads * SLOTS, sizeof(*m->sizes));
	if (!file || !m->slots || !m->sizes) {
		perror(path);
		return 1;
	}
	set_meta(m, &meta);
	if (!tape_writer_open(&m->w, &sink, &meta, NULL, &m->err))
		make(m, events);
	tape_meta_release(&meta);
	free(m->slots);
	free(m->sizes);
	if (fclose(file))
		err_set(&m->err, ERR_IO, 5, "%s", path);
	if (m->err.code)
		fprintf(stderr, "make_tape: %s\n", m->err.text);
	return m->err.code != 0;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "events", required_argument, NULL, 'e' },
		{ "threads", required_argument, NULL, 't' },
		{ "seed", required_argument, NULL, 's' },
		{ "pattern", required_argument, NULL, 'p' },
		{ "notes", required_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 },
	};
	struct maker m = { .threads = 1, .now_ns = 1000 };
	uint64_t events = 1000;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'e')
			events = strtoull(optarg, NULL, 10);
		else if (c == 't')
			m.threads = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 's')
			m.seed = strtoull(optarg, NULL, 10);
		else if (c == 'p')
			m.pattern = find_pattern(optarg);
		else if (c == 'n')
			m.notes = find_notes(optarg);
		else
			return usage();
	}
	if (optind + 1 != argc || !m.threads || m.pattern == NR_PATTERNS)
		return usage();
	return run(&m, events, argv[optind]);
}
