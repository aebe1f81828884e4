// SPDX-License-Identifier: MIT
/* Expands the names of tapes. What they hold of programs is not trusted. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "recorder/pattern.h"
#include "traces/base/err.h"

#define PROGRAM_MAX 200 /* bytes of a program's name */
#define SUFFIX      ".tape"

/* A path that grows; what does not fit is counted all the same. */
struct path {
	char *out;
	size_t len;
	size_t used;
};

static void add(struct path *p, const char *text, size_t nr)
{
	for (; nr; nr--, text++, p->used++)
		if (p->used + 1 < p->len)
			p->out[p->used] = *text;
}

/* The first byte of a character, not one that continues it in UTF-8. */
static bool begins_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static void add_program(struct path *p, const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash ? slash + 1 : program;
	size_t i, nr = strlen(name);

	if (nr > PROGRAM_MAX)
		for (nr = PROGRAM_MAX; nr && !begins_character(name[nr]);)
			nr--;
	if (!nr)
		add(p, "program", 7);
	for (i = 0; i < nr; i++) {
		unsigned char c = (unsigned char)name[i];
		bool harmless = c > 0x20 && c != 0x7f && (i || c != '.');

		add(p, harmless ? &name[i] : "_", 1);
	}
}

static void add_host(struct path *p)
{
	char host[HOST_NAME_MAX + 1] = "";
	size_t i;

	gethostname(host, sizeof(host) - 1);
	for (i = 0; host[i]; i++)
		if (host[i] == '/' || host[i] <= ' ')
			host[i] = '_';
	add(p, host, strlen(host));
}

static void add_number(struct path *p, char before, long number)
{
	char text[24];
	int nr = snprintf(text, sizeof(text), "%c%ld", before, number);

	if (before)
		add(p, text, (size_t)nr);
	else
		add(p, text + 1, (size_t)nr - 1);
}

int pattern_check(const char *pattern, struct err *err)
{
	const char *slash = strrchr(pattern, '/'), *c;

	if (!*pattern || (slash && !slash[1]))
		return err_set(err, ERR_ARG, 0, "'%s' names no file; try %s%s",
			       pattern, pattern, PATTERN_DEFAULT);
	for (c = strchr(pattern, '%'); c; c = strchr(c + 2, '%')) {
		if (!c[1] || !strchr("eph%", c[1]))
			return err_set(err, ERR_ARG, 0,
				       "'%%%.1s' in '%.120s' is unknown; there "
				       "are %%e %%p %%h %%%%",
				       c + 1, pattern);
		if (c < slash && (c[1] == 'e' || c[1] == 'p'))
			return err_set(err, ERR_ARG, 0,
				       "%%%c in '%.120s' names a folder; use "
				       "it in the file's name only",
				       c[1], pattern);
	}
	return 0;
}

/* What tells this tape from those of other processes, if not the pattern. */
static void add_difference(struct path *p, const struct pattern_name *name,
			   bool has_pid)
{
	if (name->child && !has_pid)
		add_number(p, '-', name->pid);
	if (name->again)
		add_number(p, '.', name->again);
}

int pattern_expand(const char *pattern, const struct pattern_name *name,
		   char *out, size_t len, struct err *err)
{
	size_t nr = strlen(pattern), stem = nr;
	struct path p = { out, len, 0 };
	bool has_pid = false;
	size_t i;

	if (nr > strlen(SUFFIX) && !strcmp(pattern + nr - 5, SUFFIX))
		stem = nr - strlen(SUFFIX);
	for (i = 0; i < stem; i++) {
		if (pattern[i] != '%') {
			add(&p, &pattern[i], 1);
			continue;
		}
		switch (pattern[++i]) {
		case 'e':
			add_program(&p, name->program);
			break;
		case 'p':
			add_number(&p, '\0', name->pid);
			has_pid = true;
			break;
		case 'h':
			add_host(&p);
			break;
		default:
			add(&p, "%", 1);
		}
	}
	add_difference(&p, name, has_pid);
	add(&p, pattern + stem, nr - stem);
	if (p.used >= len)
		return err_set(err, ERR_ARG, 0,
			       "the name of the tape, '%.80s...', is too long",
			       pattern);
	out[p.used] = '\0';
	return 0;
}
