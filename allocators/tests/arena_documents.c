// SPDX-License-Identifier: MIT
// Prints arena's statistics as the document that the argument names.
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocators/arena/arena.h"

#pragma weak arena_ctl
void malloc_stats_print(void (*write_cb)(void *, const char *), void *arg,
			const char *opts);
#pragma weak malloc_stats_print

static void print_line(void *stream, const char *text)
{
	fputs(text, stream);
}

// Copies the document, and sees that a buffer one byte short is refused.
static int print_ctl(const char *name)
{
	size_t len = 0, had;
	char *buf;

	if (arena_ctl(name, NULL, &len, NULL, 0) || len < 100)
		return 1;
	// Room for the classes that these buffers themselves bring.
	len += 500;
	buf = malloc(len);
	had = len;
	memset(buf, 'x', len);
	if (arena_ctl(name, buf, &len, NULL, 0) || len > had)
		return 1;
	if (strlen(buf) + 1 != len || buf[len] != 'x')
		return 1;
	fputs(buf, stdout);
	had = --len;
	if (arena_ctl(name, buf, &len, NULL, 0) != ENOSPC || len != had + 1)
		return 1;
	free(buf);
	return 0;
}

int main(int argc, char **argv)
{
	static char out[1 << 16];
	static void *keep[103];
	int i;

	setvbuf(stdout, out, _IOFBF, sizeof(out));
	for (i = 0; i < 103; i++)
		keep[i] = malloc(1000);
	for (i = 100; i < 103; i++)
		free(keep[i]);
	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "xml"))
		return malloc_info(0, stdout) || malloc_info(1, stdout) != -1 ||
		       errno != EINVAL;
	if (!strcmp(argv[1], "mallopt"))
		return mallopt(M_TRIM_THRESHOLD, 1 << 20) != 1 ||
		       mallopt(M_ARENA_MAX, 1) != 1 || mallopt(12345, 1) != 0;
	if (!strcmp(argv[1], "jemalloc"))
		malloc_stats_print(print_line, stdout, "J");
	else
		return print_ctl(argv[1]);
	for (i = 0; i < 100; i++)
		free(keep[i]);
	return 0;
}
