// SPDX-License-Identifier: MIT
/*
 * Names come from files and command lines. Documents hold valid UTF-8 only,
 * so that a character is its first byte and the continuations.
 */
#include <stdbool.h>
#include <string.h>

#include "results/term_text.h"

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t char_len(const char *p)
{
	size_t len = 1;

	while (continues(p[len]))
		len++;
	return len;
}

/* C0, C1, line separators, and the marks that embed or turn directions. */
static bool harmful(const char *p, size_t len)
{
	unsigned char a = (unsigned char)p[0];

	if (len == 1)
		return a < 0x20 || a >= 0x7f;
	if (len == 2)
		return a == 0xc2 && (unsigned char)p[1] < 0xa0;
	if (len == 3 && a == 0xe2) {
		unsigned char b = (unsigned char)p[1];
		unsigned char c = (unsigned char)p[2];

		return (b == 0x80 && (c >= 0xa8 || c == 0x8e || c == 0x8f) &&
			c <= 0xae) ||
		       (b == 0x81 && c >= 0xa6 && c <= 0xa9);
	}
	return false;
}

char *term_clean(const char *name, size_t columns, char *buf, size_t len)
{
	size_t width = 0, used = 0;

	while (*name) {
		size_t n = char_len(name);
		bool bad = harmful(name, n);

		if (used + n + 2 > len || (width + 1 >= columns && name[n])) {
			buf[used++] = '~';
			break;
		}
		if (bad)
			buf[used++] = '?';
		else
			memcpy(buf + used, name, n);
		used += bad ? 0 : n;
		name += n;
		width++;
	}
	buf[used] = '\0';
	return buf;
}

size_t term_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += !continues(*text);
	return width;
}
