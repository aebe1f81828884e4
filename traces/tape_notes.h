// SPDX-License-Identifier: MIT
/*
 * The optional columns of a block of events: what is known of calls besides
 * the calls themselves. They are kept apart from the other columns, so that a
 * block without notes pays nothing for them. Internal to libtape.
 */
#ifndef TRACES_TAPE_NOTES_H
#define TRACES_TAPE_NOTES_H

#include "traces/tape.h"
#include "traces/tape_buf.h"
#include "traces/tape_format.h"
#include "traces/tape_frame.h"

struct err;

#define TAPE_NOTES_NR     (TAPE_COL_NOTES_END - TAPE_COL_STACK)
#define TAPE_NOTES_PIECES (2 * TAPE_NOTES_NR)

struct tape_notes_column {
	struct tape_buf bytes;
	uint32_t done;    /* events of the block that were looked at */
	uint32_t due;     /* entries that these have */
	uint32_t written; /* of them; the others are 0 */
	uint8_t prefix[1 + 10];
};

/* The notes of a block that is filled. Zeroed is empty. */
struct tape_notes_pack {
	struct tape_notes_column col[TAPE_NOTES_NR];
	size_t give, old; /* how far the gives reach that were looked at */
	uint32_t stack;   /* the last one */
};

/* The block's columns that say which entries its events have. */
struct tape_notes_calls {
	const uint8_t *kind, *give, *old;
};

/*
 * Add the notes of the block's last nr events, ev, of count; those before
 * them that were never added have none. False: out of memory.
 */
bool tape_notes_add(struct tape_notes_pack *p,
		    const struct tape_notes_calls *calls, uint32_t count,
		    const struct tape_event *ev, size_t nr);
size_t tape_notes_len(const struct tape_notes_pack *p);
/* Bytes of memory. */
size_t tape_notes_memory(const struct tape_notes_pack *p);
/* As tape_block_pieces. */
size_t tape_notes_pieces(struct tape_notes_pack *p,
			 struct tape_piece pieces[TAPE_NOTES_PIECES]);
void tape_notes_clear(struct tape_notes_pack *p);
void tape_notes_release(struct tape_notes_pack *p);

/* The notes of a block that is read. */
struct tape_notes_unpack {
	const uint8_t *at[TAPE_NOTES_NR];
	const uint8_t *end[TAPE_NOTES_NR];
	bool any;           /* of these columns is there */
	uint32_t stack;     /* the last one */
	uint32_t nr_frames; /* stacks beyond are none that the tape has */
	struct tape_notes notes;
};

void tape_notes_start(struct tape_notes_unpack *u);
/* False: the column came twice. id is TAPE_COL_STACK to NOTES_END - 1. */
bool tape_notes_map(struct tape_notes_unpack *u, uint8_t id,
		    const uint8_t *bytes, size_t len);
/*
 * Set ev->notes of a call with this byte in the kind column; escaped: the
 * address it gives back was written out. False: the bytes are wrong.
 */
bool tape_notes_next(struct tape_notes_unpack *u, uint8_t kind, bool escaped,
		     struct tape_event *ev);
/* Whether nothing is left over. */
bool tape_notes_finished(const struct tape_notes_unpack *u);

#endif
