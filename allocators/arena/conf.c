// SPDX-License-Identifier: MIT
// The table of knobs and the parser of ARENA_CONF. A mistake there costs one
// line on stderr for each option concerned; the others count.
#include "allocators/arena/conf.h"
#include "allocators/arena/arena_text.h"
#include "allocators/arena/classfile.h"

#include <stdlib.h>
#include <string.h>

struct conf conf = {
	.decay_ms = 1000,
	.dirty_ratio = 8,
	.dirty_min = 2 * ARENA_MIB,
	.holes = 1,
	.fit = 1,
	.remap = 1,
	.arenas = 0,
	.mag_bytes = 8192,
	.background = 1,
	.stats = 0,
};

struct knob {
	const char *name;
	_Atomic size_t *value;
	size_t min, max;
	const char *zero, *one; // words for 0 and 1
	bool fixed;             // only at start
};

static const struct knob knobs[] = {
	{ "decay_ms", &conf.decay_ms, 0, 86400000, NULL, NULL, false },
	{ "dirty_ratio", &conf.dirty_ratio, 0, 1000000, "off", NULL, false },
	{ "dirty_min", &conf.dirty_min, 0, SIZE_MAX / 2, NULL, NULL, false },
	{ "holes", &conf.holes, 0, 1, "off", "on", false },
	{ "fit", &conf.fit, 0, 1, "off", "on", false },
	{ "remap", &conf.remap, 0, 1, "off", "on", false },
	{ "arenas", &conf.arenas, 0, ARENAS_MAX, "auto", NULL, true },
	{ "mag_bytes", &conf.mag_bytes, 64, 1 << 20, NULL, NULL, true },
	{ "background", &conf.background, 0, 1, "off", "auto", false },
	{ "stats", &conf.stats, 0, 1, "off", "exit", true },
};

enum { NR_KNOBS = sizeof(knobs) / sizeof(*knobs) };

static bool same(const char *word, const char *s, size_t len)
{
	return word && strlen(word) == len && !memcmp(word, s, len);
}

static const struct knob *find(const char *name, size_t len)
{
	for (int i = 0; i < NR_KNOBS; i++)
		if (same(knobs[i].name, name, len))
			return &knobs[i];
	return NULL;
}

_Atomic size_t *conf_find(const char *name, size_t *max, bool *fixed)
{
	const struct knob *k = find(name, strlen(name));

	if (!k)
		return NULL;
	*max = k->max;
	*fixed = k->fixed;
	return k->value;
}

// A decimal number with an optional k, m or g.
static bool parse_number(const char *s, size_t len, size_t *value)
{
	size_t n = 0;
	unsigned shift = 0;

	if (!len)
		return false;
	switch (s[len - 1]) {
	case 'g':
	case 'G':
		shift += 10;
		__attribute__((fallthrough));
	case 'm':
	case 'M':
		shift += 10;
		__attribute__((fallthrough));
	case 'k':
	case 'K':
		shift += 10;
		len--;
	}
	if (!len || len > 12)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		n = n * 10 + (size_t)(s[i] - '0');
	}
	*value = n << shift;
	return *value >> shift == n;
}

static bool parse_value(const struct knob *k, const char *s, size_t len)
{
	size_t n;

	if (same(k->zero, s, len))
		n = 0;
	else if (same(k->one, s, len))
		n = 1;
	else if (k->one || !parse_number(s, len, &n))
		return false;
	if (n < k->min || n > k->max)
		return false;
	atomic_store_explicit(k->value, n, memory_order_relaxed);
	return true;
}

static void parse_option(const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len);
	size_t name_len = colon ? (size_t)(colon - s) : len;
	const struct knob *k = find(s, name_len);
	struct text line = { .len = 0 };

	if (colon && same("classes", s, name_len)) {
		classfile_load(colon + 1, len - name_len - 1);
		return;
	}
	if (k && colon && parse_value(k, colon + 1, len - name_len - 1))
		return;
	text_str(&line, "arena: ARENA_CONF: ");
	text_str(&line, k ? "bad value in '" : "unknown option '");
	text_mem(&line, s, len);
	text_str(&line, "', ignored\n");
	text_print(&line);
}

void conf_parse(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, ",");

		if (len)
			parse_option(text, len);
		text += len + (text[len] == ',');
	}
}

void conf_init(void)
{
	const char *text = secure_getenv("ARENA_CONF");

	if (text)
		conf_parse(text);
}
