// SPDX-License-Identifier: MIT
/*
 * Words for a person, on stderr: "heaptape-replay: warning: ...". Only tools
 * (*_main.c, the drain, drivers) use this; libraries return errors instead.
 * Not for several threads at once.
 */
#ifndef TRACES_BASE_LOG_H
#define TRACES_BASE_LOG_H

#include <stdbool.h>

struct err;

/* Name that starts each line, and level: -1 quiet, 0 normal, 1.. verbose. */
void log_init(const char *tool, int level);
void log_set_level(int level);
int log_level(void);

/* Always shown. Take one line without the newline. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Shown always too: what was seen, what it means, what to do. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Shown unless quiet. */
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Shown with -v. */
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print the error and return the exit code that fits it. */
int log_failure(const struct err *err);

/*
 * Whether colour may be used on that file descriptor: a terminal, TERM other
 * than dumb, NO_COLOR empty; CLICOLOR_FORCE wins.
 */
bool log_may_colour(int fd);

#endif
