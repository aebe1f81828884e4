// SPDX-License-Identifier: MIT
/* Strings of a tape as JSON, and the writing of documents. */
#ifndef TRACES_TOOL_TAPE_JSON_H
#define TRACES_TOOL_TAPE_JSON_H

struct json_t;

/* Set object's key (not trusted either) to text; bytes that are no UTF-8
 * become U+FFFD. */
void tape_json_set_text(struct json_t *object, const char *key,
			const char *text);

#endif
