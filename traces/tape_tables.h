// SPDX-License-Identifier: MIT
/*
 * Modules and frames as payloads of their blocks, row by row; the public part
 * is in tape_stacks.h. Internal to libtape.
 */
#ifndef TRACES_TAPE_TABLES_H
#define TRACES_TAPE_TABLES_H

#include <stdbool.h>

#include "traces/tape_buf.h"
#include "traces/tape_frame.h"
#include "traces/tape_stacks.h"

#define TAPE_TABLE_TEXT_MAX 4095 /* bytes of a path or build id */

/* Rows that wait to be written. Zeroed is empty. */
struct tape_table_pack {
	struct tape_buf rows;
	uint32_t nr;      /* on the tape and waiting */
	uint32_t waiting; /* the last ones */
	uint64_t address; /* of the last frame that waits, 0 without one */
};

/* Append a row, which the caller has checked. False: out of memory. */
bool tape_table_add_module(struct tape_table_pack *t,
			   const struct tape_module *m);
bool tape_table_add_frame(struct tape_table_pack *t,
			  const struct tape_frame_node *node);

/* How many modules or frames a tape may have. */
uint32_t tape_table_max(uint8_t type);
/* Whether the numbers of a block's header are possible; last is max so far. */
bool tape_table_plausible(uint8_t type, uint64_t first, uint64_t last,
			  uint32_t count, uint32_t before);
/*
 * The rows of a payload into rows[0] to rows[f->count - 1], or only checked
 * when rows is NULL. Texts point into raw. False: the bytes are wrong.
 */
bool tape_table_modules(const struct tape_frame *f, const struct tape_buf *raw,
			struct tape_module *rows);
bool tape_table_frames(const struct tape_frame *f, const struct tape_buf *raw,
		       struct tape_frame_node *rows);
/* Whether the payload is one of another type, or its rows are right. */
bool tape_table_sound(const struct tape_frame *f, const struct tape_buf *raw);

#endif
