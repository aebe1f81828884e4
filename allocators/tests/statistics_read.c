// SPDX-License-Identifier: MIT
/*
 * Holds blocks of known usable sizes on the allocator that is preloaded, and
 * compares its statistics with them. Prints what was read; exit status 1 with
 * a line for what does not fit. The source is included, not linked: preloaded
 * below an allocator, this must not have a sanitizer's heap inside.
 * usage: statistics_read [ADAPTER]	the one that is expected, or none
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "allocators/statistics.c"

enum {
	NR_BLOCKS = 100000,
	OWN_BYTES = 256 << 10, /* what libraries may hold themselves */
};

static void *blocks[NR_BLOCKS];
static uint64_t usable, nr_live;
static int failed;

static void expect(const char *what, int holds)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	failed = 1;
}

static void make(size_t i)
{
	blocks[i] = malloc(16 + i * 37 % 800);
	memset(blocks[i], 1, 16);
	usable += malloc_usable_size(blocks[i]);
	nr_live++;
}

static void drop(size_t i)
{
	usable -= malloc_usable_size(blocks[i]);
	nr_live--;
	free(blocks[i]);
}

static void show(const char *when, const struct alloc_stats *s)
{
	printf("%s: usable %lld cached %lld free %lld metadata %lld dirty "
	       "%lld allocated %lld mapped %lld retained %lld\n",
	       when, (long long)usable, (long long)s->cached,
	       (long long)s->free, (long long)s->metadata, (long long)s->dirty,
	       (long long)s->allocated, (long long)s->mapped,
	       (long long)s->retained);
}

/* By its book the program has its blocks, and a little of its libraries. */
static void compare(const struct alloc_stats *s)
{
	uint64_t book = s->allocated;

	if (book == ALLOC_UNKNOWN)
		return;
	/* glibc's has what it splits into cached and metadata. */
	if (!strcmp(found.adapter->name, "mallinfo2"))
		book -= s->cached + s->metadata;
	expect("the book has the blocks", book >= usable);
	expect("and no more", book <= usable + OWN_BYTES);
	expect("free is known", s->free != ALLOC_UNKNOWN);
	expect("cached is known", s->cached != ALLOC_UNKNOWN);
	expect("the parts fit into what is mapped",
	       usable + s->cached + s->free < s->mapped + OWN_BYTES);
}

int main(int argc, char **argv)
{
	const char *name = alloc_stats_find(malloc);
	struct alloc_stats full, again, half;
	char out[8192];
	size_t i;

	setvbuf(stdout, out, _IOFBF, sizeof(out));
	printf("adapter: %s\n", name ? name : "none");
	expect("the adapter", !strcmp(name ? name : "none", argv[argc - 1]));
	alloc_stats_read(0, 0, &full);
	for (i = 0; i < NR_BLOCKS; i++)
		make(i);
	alloc_stats_read(usable, nr_live, &full);
	alloc_stats_read(usable, nr_live, &again);
	show("full", &full);
	compare(&full);
	expect("a reading changes nothing",
	       !memcmp(&full, &again, sizeof(full)));
	for (i = 0; i < NR_BLOCKS; i++)
		if (i % 4)
			drop(i);
	alloc_stats_read(usable, nr_live, &half);
	show("a quarter", &half);
	compare(&half);
	if (full.allocated != ALLOC_UNKNOWN) {
		expect("frees are seen", half.free > full.free);
		expect("caches are seen", half.cached > full.cached);
	}
	return failed;
}
