// SPDX-License-Identifier: MIT
/*
 * Turns the records of one ring into events of a tape. Knows nothing of
 * threads' births or of processes. One user at a time.
 */
#ifndef RECORDER_UNPACK_H
#define RECORDER_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "recorder/ring.h"
#include "recorder/ticks.h"
#include "traces/tape.h"

#define UNPACK_BEGINS 8 /* reallocs inside each other: signal handlers */

/* Who is told of stacks and modules, and knows stacks by their hash. */
struct unpack_stacks {
	/* kind: RING_STACK_DEF or RING_MODULE_DEF; value: its second word */
	void (*define)(void *ctx, unsigned kind, uint64_t value,
		       const uint64_t *words, size_t nr);
	uint32_t (*find)(void *ctx, uint64_t hash); /* 0: there is none */
	void *ctx;
};

struct unpack {
	uint64_t pos;             /* next position to read */
	uint64_t last_ns;         /* of the last event */
	uint64_t interrupted;     /* positions that were never filled */
	struct tape_notes *notes; /* room for as many as events; NULL: none */
	const struct unpack_stacks *stacks; /* NULL: stacks are not kept */
	struct unpack_begin {
		uint64_t addr;
		uint64_t time_ns;
		struct tape_notes notes;
	} begins[UNPACK_BEGINS];
	unsigned nr_begins;
};

/*
 * Convert up to max events, from u->pos to the first position that is not
 * filled. Returns how many; u->pos then lies behind their records. What is
 * noted of them lies in u->notes. An event and its notes are read when all are
 * there.
 */
size_t unpack_events(struct unpack *u, const struct ring_record *ring,
		     const struct ticks *ticks, struct tape_event *ev,
		     size_t max);

#define UNPACK_NEAR 16 /* positions that nested handlers usually leave open */

/*
 * How many positions at u->pos are unfilled though one of the reach ones behind
 * them is filled; 0: none, the ring just ends here. Words are written before
 * the record that they belong to, so that they alone count only if it is the
 * last look: nobody writes any more. Notes may be there without their event.
 */
uint64_t unpack_gap(const struct unpack *u, const struct ring_record *ring,
		    bool last, uint64_t reach);

/*
 * Give up on what is unfilled among so many positions: whoever took them does
 * not come back. unpack_events() reads on.
 */
void unpack_skip(struct unpack *u, struct ring_record *ring, uint64_t nr);

#endif
