// SPDX-License-Identifier: MIT
/*
 * Descendants of recorded processes that run a program which libheaptape.so is
 * not in. Looked for in /proc about once a second, and only when there are new
 * processes. One user at a time.
 */
#ifndef RECORDER_STRANGERS_H
#define RECORDER_STRANGERS_H

#include <stddef.h>
#include <stdint.h>

struct recordings;

#define STRANGERS_MAX 8 /* programs told of by name */

struct strangers {
	uint64_t next_ns;
	char newest[32]; /* process of this machine at the last look */
	char told[STRANGERS_MAX][512];   /* why each is not recorded */
	uint32_t program[STRANGERS_MAX]; /* hashes of their paths */
	unsigned nr;
};

/* A program that a recorded process has become and that is not recorded. */
void strangers_add(struct strangers *s, const char *exe);

/* Look if it is time; now_ns is CLOCK_MONOTONIC. */
void strangers_look(struct strangers *s, struct recordings *all,
		    uint64_t now_ns);

#endif
