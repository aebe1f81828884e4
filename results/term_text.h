// SPDX-License-Identifier: MIT
/* Text for a terminal: what a name may print, and how wide it is. */
#ifndef RESULTS_TERM_TEXT_H
#define RESULTS_TERM_TEXT_H

#include <stddef.h>

/*
 * Copy a name that may come from anywhere: control characters and those that
 * turn the writing direction become '?', and what does not fit into columns
 * is cut and marked with '~'. Returns buf.
 */
char *term_clean(const char *name, size_t columns, char *buf, size_t len);

/* Columns that a clean text takes: its characters. */
size_t term_width(const char *text);

#endif
