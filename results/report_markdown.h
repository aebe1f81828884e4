// SPDX-License-Identifier: MIT
/* The report in short, for a comment or a job's summary. */
#ifndef RESULTS_REPORT_MARKDOWN_H
#define RESULTS_REPORT_MARKDOWN_H

#include <stddef.h>
#include <stdio.h>

struct comparison;
struct err;

#define MARKDOWN_SUMMARY 900000 /* bytes that a job's summary may have */
#define MARKDOWN_COMMENT 65000  /* and a comment */

/*
 * A word and a sentence for each arm, failures, the matrix folded, where it
 * was measured, and the page's name where that is not NULL. At most limit
 * bytes: the matrix is cut, and says so. 0, -ERR_NOMEM or -ERR_IO.
 */
int report_markdown(const struct comparison *cmp, const char *title,
		    const char *page, size_t limit, FILE *out, struct err *err);

#endif
