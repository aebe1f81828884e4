// SPDX-License-Identifier: MIT
// Lines of text built without stdio or heap. What does not fit is cut.
#ifndef ALLOCATORS_ARENA_ARENA_TEXT_H
#define ALLOCATORS_ARENA_ARENA_TEXT_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

struct text {
	size_t len;
	char buf[248];
};

void text_mem(struct text *t, const char *s, size_t len);
void text_str(struct text *t, const char *s);
void text_u64(struct text *t, uint64_t n);
// Right-aligned in a column of WIDTH.
void text_column(struct text *t, uint64_t n, size_t width);
void text_hex(struct text *t, uintptr_t n);
// Writes the text to stderr and empties it.
void text_print(struct text *t);

#pragma GCC visibility pop
#endif
