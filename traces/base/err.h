// SPDX-License-Identifier: MIT
/*
 * Errors of the libraries: a negative code as the return value, and one line
 * of text in a struct that the caller owns. Libraries never print or exit.
 */
#ifndef TRACES_BASE_ERR_H
#define TRACES_BASE_ERR_H

enum err_code {
	ERR_IO = 1,    /* a read, write, open or rename failed */
	ERR_FORMAT,    /* the bytes are not what the format demands */
	ERR_VERSION,   /* a newer format than this build knows */
	ERR_TRUNCATED, /* the file ends too early */
	ERR_NOMEM,     /* out of memory */
	ERR_ARG,       /* the user asked for something impossible */
	ERR_SYS,       /* any other system call failed */
	ERR_EXISTS,    /* an output is there already */
	ERR_MISSING,   /* something that is needed is not installed or found */
	ERR_CRASH,     /* the measured process died or misbehaved */
	ERR_COMPARE,   /* what was measured cannot be compared or judged */
	ERR_INTERRUPT, /* SIGINT or SIGTERM asked us to stop */
};

/* Exit codes of every verb; heaptape(1) explains them. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_REGRESSION = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_JUDGED = 3,
	EXIT_MEASURE = 4, /* replay failed, allocator crashed, tape corrupt */
	EXIT_ENVIRONMENT = 5, /* not possible on this machine */
	EXIT_RECORD_FAILED = 125,
	EXIT_CANNOT_EXEC = 126,
	EXIT_NOT_FOUND = 127,
	EXIT_INTERRUPTED = 130,
};

struct err {
	int code; /* enum err_code, 0 while nothing has gone wrong */
	int sys;  /* errno of the failed system call, or 0 */
	char text[240];
};

/*
 * Store an error and return -code. The first error wins: a struct that holds
 * one already is left alone. err may be NULL. sys != 0 appends ": strerror".
 * Keeps errno. Any thread, each with a struct of its own.
 */
int err_set(struct err *err, enum err_code code, int sys, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Forget the stored error, so that the struct can be used again. */
void err_clear(struct err *err);

/* The exit code (enum exit_code) that fits this error, for *_main.c. */
int err_exit_code(const struct err *err);

#endif
