// SPDX-License-Identifier: MIT
/* Texts in JSON that tools print without a library. */
#ifndef TRACES_BASE_JSON_TEXT_H
#define TRACES_BASE_JSON_TEXT_H

#include <stdio.h>

/* Print a text with its quotes; quotes, backslashes, controls are escaped. */
void json_text_print(const char *text, FILE *out);

#endif
