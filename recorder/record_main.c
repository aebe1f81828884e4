// SPDX-License-Identifier: MIT
/* heaptape record: the command line. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/pattern.h"
#include "recorder/record_tell.h"
#include "recorder/session.h"
#include "recorder/verbs.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/log.h"
#include "traces/base/options.h"

#define MIN_SIZE (64u << 10) /* header, some events, end and index */

static struct session_config config = { .output = PATTERN_DEFAULT };
static const char *follow, *on_full, *stacks, *unwind, *progress;
static uint64_t depth;

static const struct opt_def defs[] = {
	{ 'o', "output", "FILE", OPT_TEXT, &config.output,
	  "the tape; %e is the program's name, %p its process\n"
	  "id, %h the host, %% a % (default: %e-%p.tape)" },
	{ 'f', "force", NULL, OPT_FLAG, &config.force,
	  "replace existing tapes" },
	{ 0, "follow", "WHICH", OPT_TEXT, &follow,
	  "record children onto tapes of their own: none, exec\n"
	  "(those that execute a program), all (default: none)" },
	{ 0, "on-full", "HOW", OPT_TEXT, &on_full,
	  "when events come too fast, let the program wait, or\n"
	  "drop and count them: wait, drop (default: wait)" },
	{ 0, "max-size", "BYTES", OPT_BYTES, &config.max_size_bytes,
	  "end a tape that has grown so large" },
	{ 0, "max-time", "TIME", OPT_TIME, &config.max_time_ns,
	  "end the recording after so long" },
	{ 0, "max-memory", "BYTES", OPT_BYTES, &config.max_memory_bytes,
	  "end the recording when it needs so much memory" },
	{ 0, "start-paused", NULL, OPT_FLAG, &config.start_paused,
	  "record nothing until 'heaptape ctl PID start'" },
	{ 0, "stacks", "RATE", OPT_TEXT, &stacks,
	  "record who allocates: off, all, 1/N of calls, or\n"
	  "once in so many BYTES on average (default: off)" },
	{ 0, "depth", "N", OPT_COUNT, &depth,
	  "frames per stack at most (default: 64)" },
	{ 0, "unwind", "HOW", OPT_TEXT, &unwind,
	  "find callers by unwind tables (dwarf), by frame\n"
	  "pointers (fp), or by the former and in code that is\n"
	  "of no file by the latter: auto, dwarf, fp (default:\n"
	  "auto)" },
	{ 0, "latency", NULL, OPT_FLAG, &config.latency,
	  "record how long each call took" },
	{ 0, "residency", NULL, OPT_FLAG, &config.residency,
	  "record how much of large blocks had been touched" },
	{ 0, "progress", "WHEN", OPT_TEXT, &progress,
	  "draw a line on the terminal meanwhile: auto, always,\n"
	  "never (default: auto)" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "record",
	.synopsis = "[OPTION]... [--] COMMAND [ARG]...",
	.summary = "Run a program and record its heap traffic onto a tape.",
	.examples = "  heaptape record -o app.tape -- ./app --port 8080\n"
		    "  heaptape record sqlite3 :memory: <workload.sql\n",
	.exits = "that of the program, or 128+N when signal N ended it; 125 "
		 "heaptape failed, 126 the program is not executable, 127 it "
		 "was not found",
	.defs = defs,
};

static int exit_code(const struct session_result *r)
{
	return WIFSIGNALED(r->status) ? 128 + WTERMSIG(r->status)
				      : WEXITSTATUS(r->status);
}

static int failed_to_start(const struct session_result *r,
			   const struct err *err)
{
	log_error("%s", err->text);
	if (!r->exec_errno)
		return EXIT_RECORD_FAILED;
	return r->exec_errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXEC;
}

static int run(struct err *err)
{
	struct session_result result;
	char shim[PATH_MAX];
	int ret = files_find_part("libheaptape.so", shim, sizeof(shim), err);

	if (!ret && strpbrk(shim, " :"))
		ret = err_set(err, ERR_ARG, 0,
			      "%s cannot be preloaded: its path holds a space "
			      "or colon; install heaptape elsewhere",
			      shim);
	if (ret) {
		log_error("%s", err->text);
		return EXIT_RECORD_FAILED;
	}
	config.shim = shim;
	ret = session_run(&config, &result, err);
	if (ret && !result.started)
		return failed_to_start(&result, err);
	record_tell(&config, &result, ret ? err : NULL);
	return exit_code(&result);
}

/*
 * A standard descriptor that is closed must not become our tape or our rings;
 * for the program it stays closed.
 */
static void hold_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* Find the word in a list that ends with NULL; -1: it is not there. */
static int find_word(const char *const *words, const char *word)
{
	int i;

	for (i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

static int check_words(struct err *err)
{
	static const char *const follows[] = { "none", "exec", "all", NULL };
	static const char *const fulls[] = { "wait", "drop", NULL };
	static const char *const whens[] = { "auto", "always", "never", NULL };
	int i = follow ? find_word(follows, follow) : RING_FOLLOW_NONE;
	int j = on_full ? find_word(fulls, on_full) : RING_FULL_WAIT;
	int k = progress ? find_word(whens, progress) : LIVE_AUTO;

	if (i < 0)
		return err_set(err, ERR_ARG, 0,
			       "--follow=%s: it is none, exec or all", follow);
	if (j < 0)
		return err_set(err, ERR_ARG, 0,
			       "--on-full=%s: it is wait or drop", on_full);
	if (k < 0)
		return err_set(err, ERR_ARG, 0,
			       "--progress=%s: it is auto, always or never",
			       progress);
	if (config.max_size_bytes && config.max_size_bytes < MIN_SIZE)
		return err_set(err, ERR_ARG, 0,
			       "--max-size: a tape has at least 64 KiB");
	config.progress = (enum live_when)k;
	config.follow = (enum ring_follow)i;
	config.on_full = (enum ring_on_full)j;
	i = stack_rate_parse(&config.stacks, stacks, unwind, depth, err);
	return i ? i : pattern_check(config.output, err);
}

int record_verb(int argc, char **argv)
{
	struct err err = { 0 };
	int first, ret;

	hold_standard_descriptors();
	ret = opt_parse(&spec, argc, argv, true, &first, &err);
	if (ret == OPT_DONE)
		return EXIT_OK;
	if (!ret)
		ret = check_words(&err);
	if (!ret && first == argc)
		ret = err_set(&err, ERR_ARG, 0, "no command to record");
	if (ret) {
		opt_usage_error(&spec, &err);
		return EXIT_RECORD_FAILED;
	}
	config.argv = argv + first;
	return run(&err);
}
