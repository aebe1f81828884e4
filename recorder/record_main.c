// SPDX-License-Identifier: MIT
/* heaptape record: the command line and the words at the end. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/explain.h"
#include "recorder/pattern.h"
#include "recorder/session.h"
#include "recorder/verbs.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/log.h"
#include "traces/base/options.h"
#include "traces/base/units.h"

static struct session_config config = { .output = PATTERN_DEFAULT };
static const char *follow, *on_full;

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
	{ 0, "stacks", "RATE", OPT_TEXT, &config.stacks,
	  "record who allocates: off, all, 1/N of calls, or once\n"
	  "in so many BYTES on average (default: off)" },
	{ 0, "depth", "N", OPT_COUNT, &config.depth,
	  "frames per stack at most (default: 64)" },
	{ 0, "unwind", "HOW", OPT_TEXT, &config.unwind,
	  "walk stacks by unwind tables, or by frame pointers\n"
	  "where there are any: auto, fp (default: auto)" },
	{ 0, "latency", NULL, OPT_FLAG, &config.latency,
	  "record how long each call took" },
	{ 0, "residency", NULL, OPT_FLAG, &config.residency,
	  "record how much of large blocks had been touched" },
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

/* What went wrong while recording; the program went on all the same. */
static void tell_failure(const struct session_result *r, const struct err *err)
{
	log_error("recording stopped early: %s; %s is readable up to there",
		  err->text, r->output);
}

static void tell_blind_spots(const struct session_result *r)
{
	char text[512];
	uint32_t children;

	if (!r->registered || r->unseen[0]) {
		explain_unloaded(r->registered ? r->unseen : r->exe, text,
				 sizeof(text));
		log_warn("%s", text);
	} else if (r->foreign) {
		log_warn("no events were recorded: malloc is defined by %s "
			 "itself; build it without that allocator and preload "
			 "the allocator instead",
			 r->allocator);
	}
	if (r->earlier_events)
		log_note("%llu events of %s, which became %s, are not on the "
			 "tape",
			 (unsigned long long)r->earlier_events,
			 r->earlier[0] ? r->earlier : "an earlier program",
			 r->exe);
	/* A child that forks and then executes may be in both numbers. */
	children = r->forked > r->execed ? r->forked : r->execed;
	if (children)
		log_note("%u child process%s with heap traffic of %s own %s "
			 "not recorded",
			 children, children == 1 ? "" : "es",
			 children == 1 ? "its" : "their",
			 children == 1 ? "was" : "were");
	if (r->interrupted)
		log_debug("%llu calls were left by a signal handler's longjmp",
			  (unsigned long long)r->interrupted);
	if (r->lost)
		log_warn("%llu events were lost: more threads at a time than "
			 "there are rings",
			 (unsigned long long)r->lost);
}

static void tell_summary(const struct session_result *r)
{
	char events[32], bytes[32], duration[32], status[64];

	if (WIFSIGNALED(r->status))
		snprintf(status, sizeof(status), "was ended by signal %d (%s)",
			 WTERMSIG(r->status), strsignal(WTERMSIG(r->status)));
	else
		snprintf(status, sizeof(status), "exited with %d",
			 WEXITSTATUS(r->status));
	units_format_count(events, sizeof(events), (double)r->events);
	units_format_bytes(bytes, sizeof(bytes), (double)r->bytes);
	units_format_ns(duration, sizeof(duration), (double)r->duration_ns);
	log_note("%s %s after %s: %s events, %u thread%s, %llu lost",
		 r->exe[0] ? r->exe : config.argv[0], status, duration, events,
		 r->threads, r->threads == 1 ? "" : "s",
		 (unsigned long long)r->lost);
	if (r->events)
		log_note("%s: %s, %.2f bytes per event; next: heaptape info %s",
			 r->output, bytes, (double)r->bytes / (double)r->events,
			 r->output);
	else
		log_note("%s: %s", r->output, bytes);
}

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
	if (ret)
		tell_failure(&result, err);
	else
		tell_summary(&result);
	tell_blind_spots(&result);
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
	int i = follow ? find_word(follows, follow) : RING_FOLLOW_NONE;
	int j = on_full ? find_word(fulls, on_full) : RING_FULL_WAIT;

	if (i < 0)
		return err_set(err, ERR_ARG, 0,
			       "--follow=%s: it is none, exec or all", follow);
	if (j < 0)
		return err_set(err, ERR_ARG, 0,
			       "--on-full=%s: it is wait or drop", on_full);
	config.follow = (enum ring_follow)i;
	config.on_full = (enum ring_on_full)j;
	return pattern_check(config.output, err);
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
