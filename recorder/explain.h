// SPDX-License-Identifier: MIT
/* Why a program could not be recorded, and what to do about it. */
#ifndef RECORDER_EXPLAIN_H
#define RECORDER_EXPLAIN_H

#include <stddef.h>
#include <sys/types.h>

/*
 * The program at path ran, but libheaptape.so was not loaded into it: write
 * the reason and a way out, one line, into text.
 */
void explain_unloaded(const char *path, char *text, size_t len);

/*
 * The same for a process that runs without it; exe is "" where that cannot be
 * seen.
 */
void explain_process(pid_t pid, const char *exe, char *text, size_t len);

#endif
