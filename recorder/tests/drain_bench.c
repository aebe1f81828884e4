// SPDX-License-Identifier: MIT
/*
 * Speed of the drain on one core, without programs and rings in shared memory:
 * packs the events of tapes (or those of a loop like threads.c) into laps of
 * ring records, then unpacks, encodes, compresses and writes them as the drain
 * does. Tells ns per event of each step; of each turn the best of some
 * rounds counts, so that others on the same core disturb little.
 * usage: drain_bench [-r ROUNDS] [-n EVENTS] [-t THREADS]
 *        [-s RECORDS] [-o FILE] [TAPE...]
 * -t: so many threads make the events of the first one; -s: so many records
 * of a thread, a power of two, are read before it is the next one's turn. MiB:
 * what all this adds to the resident memory of the process at most.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder/clock.h"
#include "recorder/unpack.h"
#include "traces/base/err.h"
#include "traces/tape_reader.h"
#include "traces/tape_writer.h"

#define THREADS_MOST 4096
#define BATCH        256

/* One thread's records, lap after lap; unpack reads each lap as a ring. */
struct laps {
	struct ring_record *records;
	uint64_t nr;
	uint64_t cap;
	uint64_t events;
	struct unpack unpack;
};

enum step { UNPACK, COMPRESS, ALL, STEPS };

struct bench {
	struct laps threads[THREADS_MOST];
	uint32_t nr_threads;
	uint64_t turn;   /* records read of a thread at a time */
	uint32_t copies; /* 0: the threads that there are */
	uint64_t events;
	uint64_t most;
	uint64_t bytes;
	int fd; /* -1: what is written is forgotten */
	struct ticks ticks;
	uint64_t (*best)[STEPS]; /* clock ticks of each turn */
	struct err err;
};

/*
 * What libtape calls instead of zstd's: the same, with a watch. Of its types
 * only zstd's header and libtape know more.
 */
static uint64_t compress_ticks;

size_t ZSTD_compressStream2(void *zstd, void *out, void *in, int how);

size_t ZSTD_compressStream2(void *zstd, void *out, void *in, int how)
{
	static size_t (*real)(void *, void *, void *, int);
	uint64_t start = clock_counter();
	size_t left;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ZSTD_compressStream2");
	left = real(zstd, out, in, how);
	compress_ticks += clock_counter() - start;
	return left;
}

static void put(struct laps *t, uint64_t first, uint64_t second)
{
	if (t->nr == t->cap) {
		t->cap = t->cap ? 2 * t->cap : RING_RECORDS;
		t->records = realloc(t->records, t->cap * sizeof(*t->records));
		if (!t->records)
			abort();
	}
	t->records[t->nr].second = second;
	t->records[t->nr].first = first | ring_lap(t->nr);
	t->nr++;
}

static void put_word(struct laps *t, uint64_t word)
{
	put(t, ring_kind_bits(RING_WORD), word);
}

static void put_event(struct laps *t, unsigned kind,
		      const struct tape_event *ev, uint64_t addr, uint64_t size,
		      uint64_t time)
{
	/* What belongs together shall not go on in the next lap. */
	while (t->nr % RING_RECORDS > RING_RECORDS - 4)
		put(t, ring_kind_bits(RING_SKIPPED), 0);
	if (!ring_fits(addr, size)) {
		put(t, ring_first(RING_WIDE, 0, kind), ring_second(time, kind));
		put_word(t, addr);
		put_word(t, size);
		put_word(t, ev->alignment);
		return;
	}
	put(t, ring_first(kind, addr, size), ring_second(time, size));
	if (ring_has_alignment(kind))
		put_word(t, ev->alignment);
}

static void pack(struct bench *b, struct laps *t, const struct tape_event *ev)
{
	/* As ticks of 2.6 GHz. */
	uint64_t time = ev->time_ns * 13 / 5, end = ev->end_ns * 13 / 5;

	if (!ev->kind || ev->kind > TAPE_FREE_ALIGNED_SIZED)
		return;
	b->events++;
	t->events++;
	if (ev->kind == TAPE_FREE) {
		put_event(t, ev->kind, ev, ev->addr, 0, time);
	} else if (!tape_kind_is_realloc(ev->kind)) {
		put_event(t, ev->kind, ev, ev->addr, ev->size, time);
	} else if (!ev->old_addr) {
		put_event(t, RING_REALLOC_NEW + (ev->kind != TAPE_REALLOC), ev,
			  ev->addr, ev->size, time);
	} else {
		put_event(t, RING_REALLOC_BEGIN, ev, ev->old_addr, 0, time);
		put_event(t, ev->kind, ev, ev->addr, ev->size, end);
	}
}

/* The loop of threads.c, with its addresses and its times. */
static void make_events(struct bench *b)
{
	static void *blocks[256];
	uint64_t start = clock_monotonic_ns();
	uint32_t s = 1;

	b->nr_threads = 1;
	while (b->events < b->most) {
		struct tape_event ev = { .kind = TAPE_FREE };
		unsigned k;

		s = s * 1664525 + 1013904223;
		k = s >> 8 & 255;
		ev.addr = (uintptr_t)blocks[k];
		ev.time_ns = ev.end_ns = clock_monotonic_ns() - start;
		if (ev.addr)
			pack(b, &b->threads[0], &ev);
		free(blocks[k]);
		ev.kind = TAPE_MALLOC;
		ev.size = 16 + (s >> 16 & 1023);
		blocks[k] = malloc(ev.size);
		if (!blocks[k])
			abort();
		*(volatile char *)blocks[k] = 1;
		ev.addr = (uintptr_t)blocks[k];
		ev.time_ns = ev.end_ns = clock_monotonic_ns() - start;
		pack(b, &b->threads[0], &ev);
	}
}

static int load_events(struct bench *b, const char *path)
{
	struct tape_reader *r;
	struct tape_event ev;
	uint32_t i;
	int ret = tape_reader_open(&r, path, 0, &b->err);

	if (ret)
		return ret;
	b->nr_threads = tape_reader_info(r)->threads;
	if (b->nr_threads > THREADS_MOST)
		b->nr_threads = THREADS_MOST;
	for (i = 0; i < b->nr_threads && !ret; i++) {
		struct tape_cursor *c;

		ret = tape_cursor_open(&c, r, i, &b->err);
		while (!ret && b->events < b->most &&
		       (ret = tape_cursor_next(c, &ev, &b->err)) > 0) {
			pack(b, &b->threads[i], &ev);
			ret = 0;
		}
		tape_cursor_close(c);
	}
	tape_reader_close(r);
	return ret;
}

static int sink(void *ctx, const void *buf, size_t len)
{
	struct bench *b = ctx;

	b->bytes += len;
	if (b->fd >= 0 && write(b->fd, buf, len) != (ssize_t)len)
		return errno ? errno : EIO;
	return 0;
}

/*
 * What the drain does with one ring in its turn, within one lap. Keeps
 * the shortest time of each step in best.
 */
static int read_turn(struct bench *b, uint32_t thread, struct tape_writer *w,
		     uint64_t best[STEPS])
{
	struct laps *t = &b->threads[thread];
	uint64_t lap = t->unpack.pos / RING_RECORDS * RING_RECORDS;
	uint64_t turn = t->unpack.pos / b->turn * b->turn;
	uint64_t end = t->nr - turn < b->turn ? t->nr : turn + b->turn;
	uint64_t start = clock_counter(), got[STEPS] = { 0 };
	struct tape_event ev[BATCH];
	int i, ret = 0;

	compress_ticks = 0;
	while (!ret && t->unpack.pos < end) {
		uint64_t left = end - t->unpack.pos, before = clock_counter();
		size_t nr =
			unpack_events(&t->unpack, t->records + lap, &b->ticks,
				      ev, left < BATCH ? left : BATCH);

		got[UNPACK] += clock_counter() - before;
		if (nr)
			ret = tape_writer_add(w, thread, ev, nr, &b->err);
	}
	got[COMPRESS] = compress_ticks;
	got[ALL] = clock_counter() - start;
	for (i = 0; i < STEPS; i++)
		if (!best[i] || got[i] < best[i])
			best[i] = got[i];
	return ret;
}

/* A turn of each thread, until all are empty. */
static int drain_all(struct bench *b, struct tape_writer *w)
{
	uint32_t i, left = b->nr_threads;
	uint64_t(*best)[STEPS] = b->best;
	int ret = 0;

	for (i = 0; i < b->nr_threads; i++)
		memset(&b->threads[i].unpack, 0, sizeof(b->threads[i].unpack));
	while (left && !ret)
		for (i = left = 0; i < b->nr_threads && !ret; i++)
			if (b->threads[i].unpack.pos < b->threads[i].nr) {
				ret = read_turn(b, i, w, *best++);
				left++;
			}
	return ret;
}

static int measure_once(struct bench *b)
{
	struct tape_end end = { .clean = true };
	struct tape_sink to = { sink, b };
	struct tape_writer *w;
	int ret;

	b->bytes = 0;
	if (b->fd >= 0 && (ftruncate(b->fd, 0) || lseek(b->fd, 0, SEEK_SET)))
		return err_set(&b->err, ERR_IO, errno, "the file");
	ret = tape_writer_open(&w, &to, NULL, NULL, &b->err);
	if (ret)
		return ret;
	ret = drain_all(b, w);
	if (!ret)
		return tape_writer_close(w, &end, &b->err);
	tape_writer_free(w);
	return ret;
}

/* Of our own memory, in MiB; forget: begin to look for the peak anew. */
static double peak_mib(bool forget)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[128];
	int fd;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, forget ? "VmRSS: %lu" : "VmHWM: %lu", &kib))
			break;
	if (f)
		fclose(f);
	fd = forget ? open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		if (write(fd, "5", 1) != 1)
			kib = 0;
		close(fd);
	}
	return (double)kib / 1024;
}

static int measure(struct bench *b, const char *name, unsigned rounds)
{
	uint64_t ns = clock_monotonic_ns(), ticks = clock_counter();
	double sum[STEPS] = { 0 }, per_tick, before;
	unsigned i, turns = 0, step;
	int ret = 0;

	for (i = 0; i < b->nr_threads; i++)
		turns += (unsigned)((b->threads[i].nr + b->turn - 1) / b->turn);
	b->best = calloc(turns, sizeof(*b->best));
	if (!b->best)
		return err_set(&b->err, ERR_NOMEM, 0, "out of memory");
	memset(b->best, 0, turns * sizeof(*b->best));
	before = peak_mib(true);
	for (i = 0; i < rounds && !ret; i++)
		ret = measure_once(b);
	for (i = 0; i < turns; i++)
		for (step = 0; step < STEPS; step++)
			sum[step] += (double)b->best[i][step];
	free(b->best);
	if (ret)
		return ret;
	per_tick = (double)(clock_monotonic_ns() - ns) /
		   (double)(clock_counter() - ticks) / (double)b->events;
	printf("%-20s %8llu %7.1f %7.1f %9.1f %6.1f %6.1f %7.3f %5.1f\n", name,
	       (unsigned long long)b->events, sum[UNPACK] * per_tick,
	       (sum[ALL] - sum[UNPACK] - sum[COMPRESS]) * per_tick,
	       sum[COMPRESS] * per_tick, sum[ALL] * per_tick,
	       1e3 / (sum[ALL] * per_tick),
	       (double)b->bytes / (double)b->events, peak_mib(false) - before);
	return 0;
}

/* Let copies of the first thread take the place of all. */
static void copy_threads(struct bench *b)
{
	uint32_t i;

	for (i = 1; i < b->nr_threads; i++)
		free(b->threads[i].records);
	for (i = 1; i < b->copies; i++)
		b->threads[i] = b->threads[0];
	b->events = b->threads[0].events * b->copies;
	b->nr_threads = b->copies;
}

static int bench_one(struct bench *b, const char *path, unsigned rounds)
{
	const char *name = path ? strrchr(path, '/') : "(loop)";
	int ret = 0;
	uint32_t i;

	b->events = 0;
	if (path)
		ret = load_events(b, path);
	else
		make_events(b);
	if (!ret && b->copies)
		copy_threads(b);
	if (!ret)
		ret = measure(b, !path ? name : name ? name + 1 : path, rounds);
	if (ret)
		fprintf(stderr, "drain_bench: %s: %s\n", path ? path : name,
			b->err.text);
	for (i = 0; i < b->nr_threads; i++)
		if (!i || !b->copies)
			free(b->threads[i].records);
	memset(b->threads, 0, sizeof(b->threads));
	return ret;
}

int main(int argc, char **argv)
{
	static struct bench b = { .most = 2000000,
				  .turn = RING_RECORDS,
				  .fd = -1 };
	unsigned rounds = 10;
	int opt, ret = 0;

	b.ticks.ns_per_tick = (1ull << 32) * 5 / 13;
	while ((opt = getopt(argc, argv, "r:n:t:s:o:")) >= 0) {
		if (opt == 'r')
			rounds = (unsigned)atoi(optarg);
		else if (opt == 'n')
			b.most = (uint64_t)atoll(optarg);
		else if (opt == 't')
			b.copies = (uint32_t)atoi(optarg);
		else if (opt == 's')
			b.turn = (uint64_t)atoll(optarg);
		else if (opt == 'o')
			b.fd = open(optarg, O_WRONLY | O_CREAT | O_CLOEXEC,
				    0600);
		else
			return 2;
	}
	printf("%-20s %8s %7s %7s %9s %6s %6s %7s %5s\n", "ns per event",
	       "events", "unpack", "encode", "compress", "all", "M/s", "bytes",
	       "MiB");
	if (optind == argc)
		ret = bench_one(&b, NULL, rounds);
	for (; optind < argc && !ret; optind++)
		ret = bench_one(&b, argv[optind], rounds);
	if (b.fd >= 0)
		close(b.fd);
	return ret != 0;
}
