// SPDX-License-Identifier: MIT
/*
 * Small programs that each stress one habit of a heap. Prints lines "NAME
 * NUMBER": ns, the time of one allocation with its free (or one step), and rss,
 * memory over what a perfect allocator would need, where that is the point.
 * usage: kernels KERNEL [PERCENT]     (of the usual number of steps)
 */
#include "scripts/bench/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long percent = 100;

long steps(long usual)
{
	long n = usual * percent / 100;

	return n > 0 ? n : 1;
}

uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

size_t resident_bytes(void)
{
	char text[128] = "", *at;
	FILE *stream = fopen("/proc/self/statm", "r");
	size_t pages = 0;

	if (stream && fgets(text, sizeof(text), stream)) {
		at = strchr(text, ' ');
		pages = at ? strtoul(at, NULL, 10) : 0;
	}
	if (stream)
		fclose(stream);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

void *filled(size_t n)
{
	char *p = malloc(n);

	if (!p) {
		fputs("kernels: out of memory\n", stderr);
		exit(1);
	}
	memset(p, 1, n);
	return p;
}

void say(const char *name, double value)
{
	printf("%s %.4f\n", name, value);
}

/* One block of one size again and again: for counting instructions. */
static void pair(void)
{
	long n = steps(1000000);

	for (long i = 0; i < n; i++) {
		char *p = malloc(64);

		keep(p);
		free(p);
	}
}

/* Sizes by a Pareto law, random blocks of a table replaced. */
static void pareto(void)
{
	enum { SLOTS = 4096 };
	static char *slot[SLOTS];
	uint32_t state = 12345;
	long n = steps(3000000);
	double start = now_ns();

	for (long i = 0; i < n; i++) {
		uint32_t random = next_random(&state);
		double share = (double)(random >> 8 | 1) / (1 << 24);
		double bytes = 16 / share;
		size_t size = bytes > 262144 ? 262144 : (size_t)bytes;
		uint32_t at = next_random(&state) % SLOTS;

		free(slot[at]);
		slot[at] = malloc(size);
		if (slot[at])
			*slot[at] = 1;
	}
	say("ns", (now_ns() - start) / (double)n);
	for (int i = 0; i < SLOTS; i++)
		free(slot[i]);
}

/* 70 MB of three sizes, 95 % of the blocks freed at random, two idle seconds:
 * resident memory over the pages in which a survivor lies. */
static void holes(void)
{
	enum { BLOCKS = 60000, PAGE = 4096 };
	static char *block[BLOCKS];
	size_t pages = 0, before = resident_bytes(), last = 0;
	uint32_t state = 77;

	for (int i = 0; i < BLOCKS; i++)
		block[i] = filled((size_t)512 << i % 3);
	for (int i = 0; i < BLOCKS; i++)
		if (next_random(&state) % 100 < 95) {
			free(block[i]);
			block[i] = NULL;
		}
	sleep(2);
	/* Addresses grow mostly; a page counted twice only makes it easier. */
	for (int i = 0; i < BLOCKS; i++) {
		size_t from, to;

		if (!block[i])
			continue;
		from = (uintptr_t)block[i] / PAGE;
		to = ((uintptr_t)block[i] + ((size_t)512 << i % 3) - 1) / PAGE;
		if (from == last)
			from++;
		if (to >= from)
			pages += to - from + 1;
		last = to;
	}
	say("rss",
	    (double)(resident_bytes() - before) / (double)(pages * PAGE));
}

/* Buffers that grow by an eighth at a time, eight side by side, to 4 MiB. */
static void grow(void)
{
	enum { BUFFERS = 8 };
	char *buffer[BUFFERS];
	long rounds = steps(12), calls = 0;
	double start = now_ns();

	for (long r = 0; r < rounds; r++) {
		memset(buffer, 0, sizeof(buffer));
		for (size_t size = 64; size < 4 << 20; size += size / 8)
			for (int i = 0; i < BUFFERS; i++, calls++) {
				char *p = realloc(buffer[i], size);

				if (!p)
					exit(1);
				p[size - 1] = 1;
				buffer[i] = p;
			}
		for (int i = 0; i < BUFFERS; i++)
			free(buffer[i]);
	}
	say("ns", (now_ns() - start) / (double)calls);
}

/* Twenty blocks of LEAST bytes to five times that, replaced in random order;
 * their first byte is written. */
static void cycle(size_t least, long usual)
{
	enum { SLOTS = 20 };
	char *slot[SLOTS] = { NULL };
	uint32_t state = 4711;
	long n = steps(usual);
	double start = now_ns();

	for (long i = 0; i < n; i++) {
		uint32_t at = next_random(&state) % SLOTS;
		size_t size = least + next_random(&state) % (4 * least);

		free(slot[at]);
		slot[at] = malloc(size);
		if (slot[at])
			*slot[at] = 1;
	}
	say("ns", (now_ns() - start) / (double)n);
	for (int i = 0; i < SLOTS; i++)
		free(slot[i]);
}

static void medium(void)
{
	cycle(40 << 10, 2000000);
}

static void large(void)
{
	cycle(300 << 10, 1000000);
}

static void huge(void)
{
	cycle(5 << 20, 100000);
}

/* What the process holds after its first page. */
static void onepage(void)
{
	char *p = filled(4096);

	say("rss", (double)resident_bytes() / 1e6);
	free(p);
}

/* 64 MB in small blocks, all freed: what stays over what the program had. */
static void freeall(void)
{
	enum { BLOCKS = 200000 };
	static char *block[BLOCKS];
	size_t before = resident_bytes(), peak;

	for (int i = 0; i < BLOCKS; i++)
		block[i] = filled((size_t)64 + (size_t)(i * 37 % 512));
	peak = resident_bytes() - before;
	for (int i = 0; i < BLOCKS; i++)
		free(block[i]);
	usleep(1500000);
	say("rss", (double)(resident_bytes() - before) / (double)peak);
}

static const struct {
	const char *name;
	void (*run)(void);
} kernels[] = {
	{ "bleed", bleed },
	{ "prodcons", prodcons },
	{ "pareto", pareto },
	{ "falseshare", falseshare },
	{ "threadchurn", threadchurn },
	{ "idlethreads", idlethreads },
	{ "shift", shift },
	{ "holes", holes },
	{ "freeall", freeall },
	{ "grow", grow },
	{ "medium", medium },
	{ "large", large },
	{ "huge", huge },
	{ "onepage", onepage },
	{ "pair", pair },
};

int main(int argc, char **argv)
{
	if (argc > 2)
		percent = atol(argv[2]);
	for (size_t i = 0; argc > 1 && i < sizeof(kernels) / sizeof(*kernels);
	     i++)
		if (!strcmp(argv[1], kernels[i].name)) {
			kernels[i].run();
			return 0;
		}
	fputs("usage: kernels KERNEL [PERCENT], one of:", stderr);
	for (size_t i = 0; i < sizeof(kernels) / sizeof(*kernels); i++)
		fprintf(stderr, " %s", kernels[i].name);
	fputs("\n", stderr);
	return 2;
}
