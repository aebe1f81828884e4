// SPDX-License-Identifier: MIT
/* Writing of Markdown as GitHub and GitLab read it. */
#ifndef RESULTS_MARKDOWN_H
#define RESULTS_MARKDOWN_H

#include <stdio.h>

/*
 * A text from outside, in one line: nothing in it is a mark, a link, a mention
 * or HTML, and it fits a table's cell.
 */
void markdown_text(FILE *out, const char *text);

#endif
