// SPDX-License-Identifier: MIT
/* Error values: formatting and the mapping to exit codes. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "traces/base/err.h"

static void append_strerror(struct err *err, size_t used, int sys)
{
	char buf[96];
	const char *text = strerror_r(sys, buf, sizeof(buf));

	if (used < sizeof(err->text))
		snprintf(err->text + used, sizeof(err->text) - used, ": %s",
			 text);
}

int err_set(struct err *err, enum err_code code, int sys, const char *fmt, ...)
{
	int saved_errno = errno;
	va_list ap;
	int used;

	if (!err || err->code)
		return -(int)code;
	err->code = code;
	err->sys = sys;
	va_start(ap, fmt);
	used = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	if (sys && used >= 0)
		append_strerror(err, (size_t)used, sys);
	errno = saved_errno;
	return -(int)code;
}

void err_clear(struct err *err)
{
	memset(err, 0, sizeof(*err));
}

int err_exit_code(const struct err *err)
{
	switch ((enum err_code)err->code) {
	case ERR_ARG:
	case ERR_EXISTS:
		return EXIT_USAGE;
	case ERR_FORMAT:
	case ERR_VERSION:
	case ERR_TRUNCATED:
	case ERR_CRASH:
		return EXIT_MEASURE;
	case ERR_COMPARE:
		return EXIT_NOT_JUDGED;
	case ERR_INTERRUPT:
		return EXIT_INTERRUPTED;
	case ERR_IO:
	case ERR_NOMEM:
	case ERR_SYS:
	case ERR_MISSING:
		return EXIT_ENVIRONMENT;
	}
	return EXIT_OK;
}
