// SPDX-License-Identifier: MIT
/* What the verbs of heaptape-tape share. */
#ifndef TRACES_TOOL_TAPE_TOOL_H
#define TRACES_TOOL_TAPE_TOOL_H

#include <stdint.h>

struct err;
struct tape_reader;

/* The verbs; argv[0] is the verb, the result is the exit code. */
int info_verb(int argc, char **argv);
int check_verb(int argc, char **argv);
int dump_verb(int argc, char **argv);
int tune_verb(int argc, char **argv);

/*
 * Flush stdout and tell whether everything written reached its place: 0, or
 * -ERR_IO. A closed pipe is told like a full disk.
 */
int tool_finish_output(struct err *err);

/* Print text from a tape on stdout, control characters as \x1b. */
void tool_print_text(const char *text);

/* Warn about what a cut tape lacks; silent for a whole one. */
void tool_warn_cut(const struct tape_reader *r);

#endif
