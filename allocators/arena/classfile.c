// SPDX-License-Identifier: MIT
// Reads a file of size classes without heap and stdio: it is read before the
// first allocation.
#include "allocators/arena/classfile.h"
#include "allocators/arena/arena_text.h"
#include "allocators/arena/os.h"
#include "allocators/arena/sizeclass.h"

#include <string.h>

enum { PATH_BYTES = 1024, FILE_BYTES = 8192 };

static void warn(const char *path, unsigned line, const char *what)
{
	struct text text = { .len = 0 };
	size_t len = strlen(path), shown = len < 120 ? len : 120;

	text_str(&text, "arena: ARENA_CONF: classes:");
	// The end of a long path tells more.
	text_mem(&text, path + len - shown, shown);
	if (line) {
		text_str(&text, ": line ");
		text_u64(&text, line);
	}
	text_str(&text, ": ");
	text_str(&text, what);
	text_str(&text, ", ignored\n");
	text_print(&text);
}

// The number on a line, 0 for none; false when there is anything else.
static bool parse_line(const char *s, size_t len, uint32_t *size)
{
	size_t i = 0;

	*size = 0;
	while (i < len && s[i] >= '0' && s[i] <= '9' && *size <= SMALL_MAX)
		*size = *size * 10 + (uint32_t)(s[i++] - '0');
	if (i && !*size)
		return false;
	while (i < len && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r'))
		i++;
	return i == len || s[i] == '#';
}

// Collects the sizes; NULL, or what is wrong with line *line.
static const char *parse_file(const char *s, struct size_list *list,
			      unsigned *line)
{
	uint32_t size, last = 0;

	for (*line = 1; *s; ++*line) {
		size_t len = strcspn(s, "\n");

		if (!parse_line(s, len, &size))
			return "not a number";
		if (size) {
			if (size % 16 || size <= last || size > SMALL_MAX)
				return "not a multiple of 16 above the one "
				       "before, at most 32768";
			if (list->nr == NR_SMALL)
				return "more than 72 classes";
			list->size[list->nr++] = last = size;
		}
		s += len + (s[len] == '\n');
	}
	*line = 0;
	return last == SMALL_MAX ? NULL : "the last class is not 32768";
}

bool classfile_load(const char *path, size_t len)
{
	static char name[PATH_BYTES], text[FILE_BYTES];
	struct size_list list = { .nr = 0 };
	const char *wrong;
	unsigned line = 0;
	size_t bytes;

	if (len >= sizeof(name))
		len = sizeof(name) - 1;
	memcpy(name, path, len);
	name[len] = 0;
	bytes = os_read_file(name, text, sizeof(text));
	if (bytes == SIZE_MAX)
		wrong = "cannot be read";
	else if (bytes == sizeof(text) || memchr(text, 0, bytes))
		wrong = "not a file of size classes";
	else {
		text[bytes] = 0;
		wrong = parse_file(text, &list, &line);
	}
	if (wrong)
		warn(name, line, wrong);
	else
		sizeclass_set(&list);
	return !wrong;
}
