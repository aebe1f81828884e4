// SPDX-License-Identifier: MIT
/* JSON demands UTF-8; a command line or a thread's name may be any bytes. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "traces/tool/tape_json.h"

/* The length of the UTF-8 sequence at s, or 0 when it is none. */
static size_t sequence(const unsigned char *s)
{
	size_t len, i;

	if (*s < 0x80)
		return 1;
	len = *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2;
	if (*s < 0xc2 || *s > 0xf4)
		return 0;
	for (i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond U+10FFFF. */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static char *to_utf8(const char *text)
{
	char *out = malloc(3 * strlen(text) + 1), *p = out;

	while (out && *text) {
		size_t len = sequence((const unsigned char *)text);

		if (len) {
			memcpy(p, text, len);
			p += len;
			text += len;
		} else {
			memcpy(p, "\xef\xbf\xbd", 3);
			p += 3;
			text++;
		}
	}
	if (out)
		*p = '\0';
	return out;
}

void tape_json_set_text(json_t *object, const char *key, const char *text)
{
	char *clean_key = to_utf8(key), *clean_text = to_utf8(text);

	if (clean_key && clean_text)
		json_object_set_new(object, clean_key, json_string(clean_text));
	free(clean_key);
	free(clean_text);
}
