// SPDX-License-Identifier: MIT
/* Finds and saves a tape whose file was removed or moved while recording. */
#ifndef RECORDER_OUTPUT_SAVE_H
#define RECORDER_OUTPUT_SAVE_H

struct err;
struct output;

/*
 * See whether the complete file is still where o->path says. If it was moved,
 * tell where to; if it was removed, save its bytes elsewhere. o->fd stays
 * open, for the caller to close.
 */
int output_save(struct output *o, struct err *err);

#endif
