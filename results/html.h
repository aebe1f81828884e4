// SPDX-License-Identifier: MIT
/*
 * Writing of HTML. Whatever comes from outside goes through html_text or
 * html_attr; printf is for our own words and numbers only.
 */
#ifndef RESULTS_HTML_H
#define RESULTS_HTML_H

#include <stdio.h>

/* Escaped for element content and for quoted attributes alike. */
void html_text(FILE *out, const char *text);
/* A name: escaped, its writing direction kept to itself. */
void html_name(FILE *out, const char *name);
/* The formatted text, escaped as a whole; at most 2 KiB of it. */
void html_textf(FILE *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
