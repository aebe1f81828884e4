// SPDX-License-Identifier: MIT
/*
 * Names of tapes: a path with %e (the program's name), %p (its process id),
 * %h (this host) and %%. Any thread.
 */
#ifndef RECORDER_PATTERN_H
#define RECORDER_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;

#define PATTERN_DEFAULT "%e-%p.tape"

/* Whose tape it is. */
struct pattern_name {
	const char *program; /* its path or name; only the last part counts */
	pid_t pid;
	bool child;     /* not the first process: its pid must be in the name */
	unsigned again; /* from 1 on: that name was taken by an earlier one */
};

/* -ERR_ARG for an unknown letter, or a %e or %p in the name of a folder. */
int pattern_check(const char *pattern, struct err *err);

/*
 * Write the path into out. A program's name is made harmless: no control
 * characters, at most 200 bytes. -ERR_ARG when the path is too long.
 */
int pattern_expand(const char *pattern, const struct pattern_name *name,
		   char *out, size_t len, struct err *err);

#endif
