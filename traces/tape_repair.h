// SPDX-License-Identifier: MIT
/* Saves what is whole of a cut or damaged tape. */
#ifndef TRACES_TAPE_REPAIR_H
#define TRACES_TAPE_REPAIR_H

#include "traces/tape.h"

struct tape_reader;
struct tape_sink;

/*
 * Copy header, all blocks that decode from the first to the last event, and
 * the end to a new tape with an index. The reader must have been opened with
 * TAPE_SALVAGE; its info counts what was left out. Memory is bounded by one
 * block.
 */
int tape_repair(struct tape_reader *r, const struct tape_sink *sink,
		struct err *err);

#endif
