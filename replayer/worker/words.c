// SPDX-License-Identifier: MIT
/* Texts of the worker. */
#include "replayer/worker/words.h"

void words_begin(struct words *w, char *buf, size_t len)
{
	w->at = buf;
	w->end = buf + len - 1;
	*buf = '\0';
}

void words_text(struct words *w, const char *text)
{
	while (*text && w->at < w->end)
		*w->at++ = *text++;
	*w->at = '\0';
}

/* With at least so many digits. */
static void number(struct words *w, uint64_t value, unsigned base, int least)
{
	char buf[24], *p = buf + sizeof(buf);

	*--p = '\0';
	for (; value || least > 0; value /= base, least--)
		*--p = "0123456789abcdef"[value % base];
	words_text(w, p);
}

void words_number(struct words *w, uint64_t value)
{
	number(w, value, 10, 1);
}

void words_address(struct words *w, const void *p)
{
	words_text(w, "0x");
	number(w, (uintptr_t)p, 16, 1);
}

void words_seconds(struct words *w, uint64_t ns)
{
	number(w, ns / 1000000000, 10, 1);
	words_text(w, ".");
	number(w, ns % 1000000000 / 1000, 10, 6);
	words_text(w, " s");
}
