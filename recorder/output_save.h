// SPDX-License-Identifier: MIT
/* Finds and saves a tape whose file was removed or moved while recording. */
#ifndef RECORDER_OUTPUT_SAVE_H
#define RECORDER_OUTPUT_SAVE_H

#include <stdbool.h>

struct err;
struct output;

/* Whether the open file is the one that o->path leads to. */
bool output_is_in_place(const struct output *o);

/*
 * See whether the complete file is still where o->path says. If it was moved,
 * tell where to; if it was removed, save its bytes elsewhere. o->fd stays
 * open, for the caller to close.
 */
int output_save(struct output *o, struct err *err);

#endif
