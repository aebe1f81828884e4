// SPDX-License-Identifier: MIT
/* A line of text, put together without stdio; what does not fit is left out. */
#ifndef REPLAYER_WORKER_WORDS_H
#define REPLAYER_WORKER_WORDS_H

#include <stddef.h>
#include <stdint.h>

struct words {
	char *at;
	char *end; /* the NUL goes here at the latest */
};

void words_begin(struct words *w, char *buf, size_t len);
void words_text(struct words *w, const char *text);
void words_number(struct words *w, uint64_t value);
void words_address(struct words *w, const void *p); /* 0x7f0012345678 */
void words_seconds(struct words *w, uint64_t ns);   /* 12.345678 s */

#endif
