// SPDX-License-Identifier: MIT
/*
 * An open table of followed blocks, small enough for the processor's cache.
 * Whether a small block is followed depends on its address alone, so that its
 * free is known again. When the table fills, every second one is given up.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/live_bytes.h"
#include "traces/tape.h"

#define ORDER       15u
#define ENTRIES     (1u << ORDER)
#define MOST        (ENTRIES / 4 * 3)
#define LARGE_FIRST (64u << 10)
#define EARLY       UINT64_MAX /* size: its free was seen before its birth */
#define PATIENCE_NS 1000000000u
#define PROCESS_BIT 48u /* addresses are below */
#define NO_PROCESS  UINT32_MAX
#define SHIFT_MAX   32u

struct live_entry {
	uint64_t addr; /* with the process above it; 0: empty */
	uint64_t size;
	uint64_t time_ns;
};

int live_bytes_open(struct live_bytes *l)
{
	memset(l, 0, sizeof(*l));
	l->large = LARGE_FIRST;
	l->table = calloc(ENTRIES, sizeof(*l->table));
	return l->table ? 0 : -1;
}

void live_bytes_close(struct live_bytes *l)
{
	free(l->table);
	l->table = NULL;
	l->large_bytes = l->small_bytes = 0;
}

static uint64_t mix(uint64_t addr)
{
	return (addr >> 3) * 0x9e3779b97f4a7c15u;
}

static bool is_sampled(const struct live_bytes *l, uint64_t addr)
{
	return !(mix(addr) >> 16 & ((1ull << l->shift) - 1));
}

static uint32_t home(uint64_t addr)
{
	return (uint32_t)(mix(addr) >> (64 - ORDER));
}

/* The block's entry, or the empty one where it belongs. */
static struct live_entry *find(const struct live_bytes *l, uint64_t addr)
{
	uint32_t i = home(addr);

	while (l->table[i].addr && l->table[i].addr != addr)
		i = (i + 1) % ENTRIES;
	return &l->table[i];
}

static void count(struct live_bytes *l, uint64_t size, bool more)
{
	uint64_t *bytes = size >= l->large ? &l->large_bytes : &l->small_bytes;

	if (size != EARLY)
		*bytes += more ? size : -size;
}

/* Close the gap, so that no entry behind it gets out of reach. */
static void remove_entry(struct live_bytes *l, struct live_entry *e)
{
	uint32_t gap = (uint32_t)(e - l->table), i = gap;

	count(l, e->size, false);
	l->nr--;
	for (;;) {
		i = (i + 1) % ENTRIES;
		if (!l->table[i].addr)
			break;
		/* Whether it would still be found from its home. */
		if ((i - home(l->table[i].addr)) % ENTRIES <
		    (i - gap) % ENTRIES)
			continue;
		l->table[gap] = l->table[i];
		gap = i;
	}
	l->table[gap].addr = 0;
}

/* Keep what is still wanted, in a table that begins empty. */
static void rebuild(struct live_bytes *l, uint32_t without)
{
	struct live_entry *old = l->table;
	uint32_t i;

	l->table = calloc(ENTRIES, sizeof(*l->table));
	if (!l->table) {
		free(old);
		return;
	}
	l->nr = 0;
	l->large_bytes = l->small_bytes = 0;
	for (i = 0; i < ENTRIES; i++) {
		const struct live_entry *e = &old[i];

		if (!e->addr ||
		    (e->size == EARLY && e->time_ns + PATIENCE_NS < l->last_ns))
			continue;
		if (e->addr >> PROCESS_BIT == without)
			continue;
		if (!is_sampled(l, e->addr) &&
		    (e->size < l->large || e->size == EARLY))
			continue;
		*find(l, e->addr) = *e;
		count(l, e->size, true);
		l->nr++;
	}
	free(old);
}

static void add_entry(struct live_bytes *l, struct live_entry *e, uint64_t addr,
		      uint64_t size, uint64_t time_ns)
{
	*e = (struct live_entry){ addr, size, time_ns };
	count(l, size, true);
	if (++l->nr < MOST)
		return;
	rebuild(l, NO_PROCESS); /* without what came to nothing */
	while (l->table && l->nr > MOST / 2) {
		if (l->shift == SHIFT_MAX) {
			live_bytes_close(l); /* that are no sizes of blocks */
			return;
		}
		l->shift++;
		l->large *= 2;
		rebuild(l, NO_PROCESS);
	}
}

static void add_block(struct live_bytes *l, uint64_t addr, uint64_t size,
		      uint64_t time_ns)
{
	struct live_entry *e;

	if (size < l->large && !is_sampled(l, addr))
		return;
	e = find(l, addr);
	if (e->addr && e->size == EARLY && e->time_ns >= time_ns) {
		remove_entry(l, e);
		return;
	}
	if (!e->addr) {
		add_entry(l, e, addr, size, time_ns);
		return;
	}
	/* Its free was not seen, or is still to come from another thread. */
	count(l, e->size, false);
	*e = (struct live_entry){ addr, size, time_ns };
	count(l, size, true);
}

static void remove_block(struct live_bytes *l, uint64_t addr, uint64_t time_ns)
{
	struct live_entry *e = find(l, addr);

	if (e->addr && e->size != EARLY) {
		/* A free of the block that was there before. */
		if (e->time_ns <= time_ns)
			remove_entry(l, e);
	} else if (e->addr) {
		e->time_ns = time_ns;
	} else if (is_sampled(l, addr)) {
		add_entry(l, e, addr, EARLY, time_ns);
	}
}

void live_bytes_add(struct live_bytes *l, uint32_t process,
		    const struct tape_event *ev, size_t nr)
{
	const uint64_t key = (uint64_t)process << PROCESS_BIT;

	for (; nr && l->table; nr--, ev++) {
		if (ev->time_ns > l->last_ns)
			l->last_ns = ev->time_ns;
		if (ev->flags & TAPE_FAILED)
			continue;
		if (tape_kind_is_free(ev->kind))
			remove_block(l, ev->addr ^ key, ev->time_ns);
		else if (tape_kind_is_realloc(ev->kind) && ev->old_addr)
			remove_block(l, ev->old_addr ^ key, ev->time_ns);
		if (tape_kind_is_alloc(ev->kind) && ev->addr && l->table)
			add_block(l, ev->addr ^ key, ev->size, ev->end_ns);
	}
}

void live_bytes_forget(struct live_bytes *l, uint32_t process)
{
	if (l->table)
		rebuild(l, process);
}

uint64_t live_bytes_now(const struct live_bytes *l)
{
	return l->large_bytes + (l->small_bytes << l->shift);
}
