// SPDX-License-Identifier: MIT
/* Messages of the tools on stderr. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/progress.h"

static const char *log_tool = "heaptape";
static int log_verbosity;

void log_init(const char *tool, int level)
{
	log_tool = tool;
	log_verbosity = level;
}

void log_set_level(int level)
{
	log_verbosity = level;
}

int log_level(void)
{
	return log_verbosity;
}

/* Names in it may be a program's: a terminal shall not obey them. */
static void make_printable(char *text)
{
	unsigned char *c = (unsigned char *)text;

	for (; *c; c++) {
		/* Those of C1, as UTF-8 has them. */
		if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			c[0] = c[1] = '?';
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
	}
}

__attribute__((format(printf, 2, 0))) static void
log_line(const char *prefix, const char *fmt, va_list ap)
{
	char line[1024];

	vsnprintf(line, sizeof(line), fmt, ap);
	make_printable(line);
	progress_clear();
	fprintf(stderr, "%s: %s%s\n", log_tool, prefix, line);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line("error: ", fmt, ap);
	va_end(ap);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line("warning: ", fmt, ap);
	va_end(ap);
}

void log_note(const char *fmt, ...)
{
	va_list ap;

	if (log_verbosity < 0)
		return;
	va_start(ap, fmt);
	log_line("", fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (log_verbosity < 1)
		return;
	va_start(ap, fmt);
	log_line("debug: ", fmt, ap);
	va_end(ap);
}

int log_failure(const struct err *err)
{
	log_error("%s", err->text);
	return err_exit_code(err);
}

static bool env_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

bool log_may_colour(int fd)
{
	const char *term = getenv("TERM");

	if (env_set("CLICOLOR_FORCE"))
		return true;
	if (env_set("NO_COLOR") || (term && !strcmp(term, "dumb")))
		return false;
	return isatty(fd);
}
