// SPDX-License-Identifier: MIT
// Small text formatting for messages and statistics, and the end of a program
// that misused the heap.
#include "allocators/arena/arena_text.h"
#include "allocators/arena/arena_internal.h"
#include "allocators/arena/os.h"

#include <stdlib.h>
#include <string.h>

void text_mem(struct text *t, const char *s, size_t len)
{
	size_t room = sizeof(t->buf) - t->len;

	if (len > room)
		len = room;
	memcpy(t->buf + t->len, s, len);
	t->len += len;
}

void text_str(struct text *t, const char *s)
{
	text_mem(t, s, strlen(s));
}

static void text_number(struct text *t, uint64_t n, unsigned base, size_t width)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	while (width-- > sizeof(digits) - at)
		text_mem(t, " ", 1);
	text_mem(t, digits + at, sizeof(digits) - at);
}

void text_u64(struct text *t, uint64_t n)
{
	text_number(t, n, 10, 1);
}

void text_column(struct text *t, uint64_t n, size_t width)
{
	text_number(t, n, 10, width);
}

void text_hex(struct text *t, uintptr_t n)
{
	text_str(t, "0x");
	text_number(t, n, 16, 1);
}

void text_print(struct text *t)
{
	os_print(t->buf, t->len);
	t->len = 0;
}

_Noreturn void misuse(const void *pointer, const char *what)
{
	struct text line = { .len = 0 };

	text_str(&line, "arena: bad free of ");
	text_hex(&line, (uintptr_t)pointer);
	text_str(&line, ": ");
	text_str(&line, what);
	text_str(&line, "\n");
	text_print(&line);
	abort();
}
