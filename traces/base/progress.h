// SPDX-License-Identifier: MIT
/*
 * One progress line on stderr for long work: redrawn in place on a terminal,
 * one plain line each 30 s elsewhere, nothing when quiet. One at a time, used
 * by one thread.
 */
#ifndef TRACES_BASE_PROGRESS_H
#define TRACES_BASE_PROGRESS_H

#include <stdint.h>

/* Begin; total 0 means unknown. The label is copied. */
void progress_start(const char *label, uint64_t total);
/* Tell how much is done; draws at most ten times a second. Cheap to call. */
void progress_update(uint64_t done, const char *detail);
/* Erase the line, if one is drawn; the next update draws it again. */
void progress_clear(void);
/* The work has ended: erase the line for good. */
void progress_stop(void);

#endif
