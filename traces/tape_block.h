// SPDX-License-Identifier: MIT
/*
 * Events of one thread as columns, and back. FORMAT.md describes the columns.
 * tape_block.c packs, tape_unblock.c unpacks. Internal to libtape.
 */
#ifndef TRACES_TAPE_BLOCK_H
#define TRACES_TAPE_BLOCK_H

#include "traces/tape.h"
#include "traces/tape_buf.h"
#include "traces/tape_format.h"
#include "traces/tape_frame.h"
#include "traces/tape_notes.h"
#include "traces/tape_recent.h"

#define TAPE_BLOCK_PIECES (2 * TAPE_COL_NR + TAPE_NOTES_PIECES)

struct tape_finder;

/* Grows by the encoded bytes of its events; zeroed is empty. */
struct tape_block {
	struct tape_buf col[TAPE_COL_NR];
	uint32_t count;
	uint32_t nr_addrs; /* written out, in both columns together */
	uint64_t first;    /* times in units */
	uint64_t last;
	uint64_t dropped;
	bool after_free;    /* the last event was one */
	bool lean;          /* no finder before there are many events */
	uint64_t take_base; /* without a finder, see FORMAT.md */
	uint64_t give_base;
	struct tape_finder *finder;    /* NULL: each address is written out */
	struct tape_notes_pack *notes; /* allocated with the first note */
	uint8_t prefix[TAPE_COL_NR][1 + 10]; /* ids and lengths for pieces */
};

/*
 * Append nr events, times in ns. The caller keeps nr small (a few hundred):
 * room for the longest encoding of all of them is reserved at once.
 */
int tape_block_add(struct tape_block *b, const struct tape_event *ev, size_t nr,
		   unsigned unit_ns, struct err *err);
/* Bytes of all columns together. */
size_t tape_block_len(const struct tape_block *b);
/* Bytes of memory, itself included. */
size_t tape_block_memory(const struct tape_block *b);
/* The payload in pieces that point into b; returns how many. */
size_t tape_block_pieces(struct tape_block *b,
			 struct tape_piece pieces[TAPE_BLOCK_PIECES]);
/* Ready for the next events; keeps memory, last time stays. */
void tape_block_clear(struct tape_block *b);
void tape_block_release(struct tape_block *b);

/* A decoder over one raw payload, which it does not own. */
struct tape_unblock {
	const uint8_t *at[TAPE_COL_NR];
	const uint8_t *end[TAPE_COL_NR];
	uint32_t left; /* events */
	uint32_t unit_ns;
	bool has_low;
	bool after_free; /* the last event was one */
	uint64_t time;   /* in units */
	uint64_t last;
	struct tape_recent recent;
	struct tape_notes_unpack notes; /* caller sets nr_frames */
};

/* False: the payload does not hold the columns that a block must have. */
bool tape_unblock_init(struct tape_unblock *u, const struct tape_frame *f,
		       const uint8_t *raw, unsigned unit_ns);
/*
 * 1 and *ev filled (thread not set), 0 at the end, -1 when the bytes are not
 * what the format demands. ev->text points into the payload, ev->notes
 * into u.
 */
int tape_unblock_next(struct tape_unblock *u, struct tape_event *ev);

#endif
