// SPDX-License-Identifier: MIT
/*
 * heaptape VERB: run the tool of that verb. Works from the build folder, from
 * an installation, and through a symbolic link. A program and not a script,
 * since a shell would drop variables that are no names of its own from the
 * environment of a recorded program.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/base/version.h"

#define EXIT_USAGE  2
#define EXIT_NO_WAY 5 /* a part is missing */

static const struct verb {
	const char *name;
	const char *tool;
	int several; /* the tool does several verbs, and is told which */
	const char *summary;
} verbs[] = {
	/* In the order of work. */
	{ "record", "heaptape-record", 1,
	  "run a program and record its heap traffic onto a tape" },
	{ "ctl", "heaptape-record", 1,
	  "start, stop, mark or look at a running recording" },
	{ "info", "heaptape-tape", 1, "tell what is on a tape" },
	{ "check", "heaptape-tape", 1, "verify a tape, block by block" },
	{ "dump", "heaptape-tape", 1, "print the events of a tape as text" },
	{ "allocators", "heaptape-allocators", 0,
	  "list the allocators that replay knows, and their knobs" },
	{ "replay", "heaptape-replay", 1,
	  "replay tapes on allocators and measure time, latency, memory" },
	{ "calibrate", "heaptape-replay", 1,
	  "measure an allocator against itself: the noise of this machine" },
	{ "tune", "heaptape-tape", 1,
	  "fit arena's size classes to the sizes on a tape" },
	{ "validate", "heaptape-replay", 1,
	  "run a program under allocators; hold predictions against it" },
	{ "compare", "heaptape-report", 1,
	  "compare the allocators of a run, with intervals and verdicts" },
	{ "gate", "heaptape-report", 1,
	  "fail when an allocator is worse, or beyond a budget" },
	{ "baseline", "heaptape-report", 1,
	  "store results that passed, for later ones to be judged by" },
	{ "report", "heaptape-report", 1,
	  "write the figures and tables of a run into one HTML file" },
	{ "plot", "heaptape-report", 1,
	  "write the same figures as SVG and PNG files" },
};

#define NR_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const char *const before_verbs =
	"Usage: heaptape VERB [OPTION]... [ARG]...\n"
	"Record a program's heap traffic once; replay it through every "
	"allocator.\n\n"
	"In the order of work:\n";

static const char *const after_verbs =
	"\n"
	"  help VERB   show the manual page of a verb\n"
	"  -h, --help, -V, --version\n\n"
	"A first session:\n"
	"  heaptape record -o app.tape -- ./app\n"
	"  heaptape replay app.tape -a glibc -a jemalloc -a tcmalloc -a arena "
	"-o run/\n"
	"  heaptape compare run/\n"
	"  heaptape report run/ -o report.html\n\n"
	"'heaptape VERB --help' lists the options of a verb; heaptape(1) "
	"explains the\n"
	"words, the exit codes and the environment.\n";

static int overview(void)
{
	size_t i;

	fputs(before_verbs, stdout);
	for (i = 0; i < NR_VERBS; i++)
		printf("  %-11s %s\n", verbs[i].name, verbs[i].summary);
	fputs(after_verbs, stdout);
	return fflush(stdout) ? 1 : 0;
}

static const struct verb *find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < NR_VERBS; i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

/* How many letters to change, insert or delete; both words are short. */
static size_t distance(const char *a, const char *b)
{
	size_t row[32], i, j, corner, above, best;

	for (j = 0; j <= strlen(b); j++)
		row[j] = j;
	for (i = 1; i <= strlen(a); i++) {
		corner = row[0];
		row[0] = i;
		for (j = 1; j <= strlen(b); j++) {
			above = row[j];
			best = corner + (a[i - 1] != b[j - 1]);
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			corner = above;
		}
	}
	return row[strlen(b)];
}

/* The verb that is meant: one or two letters off, or begun like that. */
static const char *nearest(const char *word)
{
	size_t len = strlen(word), best = len < 5 ? 2 : 3, off, i;
	const char *found = NULL;

	for (i = 0; len < 32 && i < NR_VERBS; i++) {
		off = distance(word, verbs[i].name);
		if (len > 3 && !strncmp(verbs[i].name, word, len))
			off = 1;
		if (off < best) {
			best = off;
			found = verbs[i].name;
		}
	}
	return found;
}

static int unknown(const char *word)
{
	const char *near = nearest(word);

	fprintf(stderr, "heaptape: error: unknown verb '%s'; ", word);
	if (near)
		fprintf(stderr, "did you mean '%s'? ", near);
	fputs("'heaptape --help' lists the verbs\n", stderr);
	return EXIT_USAGE;
}

/* Cut the last part off a path. */
static void up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

/* The folder of the running program, links resolved. */
static void own_folder(char folder[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", folder, PATH_MAX - 1);

	folder[len > 0 ? len : 0] = '\0';
	up(folder);
}

/*
 * Where a tool lies: beside us in a build folder, else in ../lib/heaptape.
 * Returns the path even if nothing is there, for the message.
 */
static void find_tool(const char *tool, char path[PATH_MAX + 64])
{
	char folder[PATH_MAX];

	own_folder(folder);
	snprintf(path, PATH_MAX + 64, "%s/%s", folder, tool);
	if (!access(path, X_OK))
		return;
	up(folder);
	snprintf(path, PATH_MAX + 64, "%s/lib/heaptape/%s", folder, tool);
}

/* Become the tool; argv[0] is the verb. Returns only when that fails. */
static int run(const struct verb *verb, char **argv)
{
	char path[PATH_MAX + 64], **args = argv;

	find_tool(verb->tool, path);
	if (verb->several)
		args = argv - 1; /* the word before, heaptape or help */
	args[0] = path;
	execv(path, args);
	fprintf(stderr,
		"heaptape: error: %s is missing; build or install heaptape "
		"whole\n",
		path);
	return EXIT_NO_WAY;
}

/* argv: help, VERB, NULL or more. */
static int help(char **argv)
{
	const char *name = argv[1] ? argv[1] : "heaptape";
	const struct verb *verb = find_verb(name);
	char folder[PATH_MAX], page[PATH_MAX + 128];
	char *again[] = { NULL, argv[1], (char *)"--help", NULL };

	if (!argv[1])
		return overview();
	if (!verb && strcmp(name, "heaptape"))
		return unknown(name);
	own_folder(folder);
	snprintf(page, sizeof(page), "%s/man/%s%s.1", folder,
		 verb ? "heaptape-" : "", name);
	if (access(page, R_OK)) {
		up(folder);
		snprintf(page, sizeof(page), "%s/share/man/man1/%s%s.1", folder,
			 verb ? "heaptape-" : "", name);
	}
	if (!access(page, R_OK))
		execlp("man", "man", page, (char *)NULL);
	return verb ? run(verb, again + 1) : overview();
}

int main(int argc, char **argv)
{
	const struct verb *verb;

	if (argc < 2 || !strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))
		return overview();
	if (!strcmp(argv[1], "help"))
		return help(argv + 1);
	if (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version")) {
		printf("heaptape %s (tape format %d, result format %d)\n",
		       HEAPTAPE_VERSION, HEAPTAPE_TAPE_FORMAT,
		       HEAPTAPE_RESULT_FORMAT);
		return 0;
	}
	if (argv[1][0] == '-') {
		fprintf(stderr,
			"heaptape: error: unknown option '%s'; "
			"'heaptape --help' lists the verbs\n",
			argv[1]);
		return EXIT_USAGE;
	}
	verb = find_verb(argv[1]);
	return verb ? run(verb, argv + 1) : unknown(argv[1]);
}
