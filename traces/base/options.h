// SPDX-License-Identifier: MIT
/*
 * One table per verb drives the parsing, --help and the OPTIONS of the man
 * page. Every verb gets -h, --help, -V, --version, -q, -v without asking.
 */
#ifndef TRACES_BASE_OPTIONS_H
#define TRACES_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum opt_type {
	OPT_FLAG,  /* bool *: set to true */
	OPT_TEXT,  /* const char **: points into argv */
	OPT_COUNT, /* uint64_t *: a plain number */
	OPT_BYTES, /* uint64_t *: 64K, 2G */
	OPT_TIME,  /* uint64_t *: nanoseconds, from 10s, 250ms */
	OPT_LIST,  /* struct opt_list *: repeatable */
};

/* Collects a repeatable option; starts zeroed; opt_list_release frees it. */
struct opt_list {
	const char **items; /* each points into argv */
	size_t nr;
};

struct opt_def {
	char short_name; /* or 0 */
	const char *long_name;
	/*
	 * Name of the value in the help, NULL for a flag. "[=NAME]": it may be
	 * left out and is "" then; only of an OPT_TEXT without a short name.
	 */
	const char *arg;
	enum opt_type type;
	void *value;
	const char *help; /* one line; continuation lines after '\n' */
};

/* What a verb says about itself. All texts are static. */
struct opt_spec {
	const char *verb;           /* "replay" */
	const char *synopsis;       /* "[OPTION]... TAPE..." */
	const char *summary;        /* "Replay tapes against allocators ..." */
	const char *examples;       /* lines for the help, each ends in '\n' */
	const char *exits;          /* exit codes in one line */
	const struct opt_def *defs; /* ends with a zeroed entry */
};

enum opt_outcome {
	OPT_RUN,  /* parsed: do the work */
	OPT_DONE, /* help or version was printed on stdout: exit 0 */
};

/*
 * Parse argv[1..]; options and arguments may be mixed unless stop_at_args,
 * with which the first argument ends the options (record -- CMD). Sets
 * *first_arg to the index of the first argument; argv is permuted. Sets the
 * log level from -q and -v. Returns enum opt_outcome, or -ERR_ARG with the
 * offending word in err. Single-threaded.
 */
int opt_parse(const struct opt_spec *spec, int argc, char **argv,
	      bool stop_at_args, int *first_arg, struct err *err);

/* Print a usage error in the form of all tools; returns EXIT_USAGE. */
int opt_usage_error(const struct opt_spec *spec, const struct err *err);

void opt_list_release(struct opt_list *list);

#endif
