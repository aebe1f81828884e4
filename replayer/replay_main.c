// SPDX-License-Identifier: MIT
/* heaptape replay: its options, and what it prints when all is done. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "replayer/replay.h"
#include "replayer/replay_launch.h"
#include "replayer/verbs.h"
#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/options.h"
#include "traces/base/units.h"

/* The options as they were given. */
static struct {
	struct opt_list arms;
	const char *threads;
	uint64_t rounds; /* UINT64_MAX: as many as decide */
	uint64_t max_rounds;
	const char *passes;
	bool verify;
	const char *touch;
	const char *pace;
	uint64_t idle_ns;
	uint64_t timeout_ns;
	uint64_t seed;
	const char *dir;
	bool force;
	bool keep_plan;
	bool json;
} opts = {
	.rounds = UINT64_MAX,
	.max_rounds = 44,
	.passes = "time,alone,latency,memory,calls",
	.touch = "pages",
	.pace = "asap",
	.idle_ns = 1000000000ULL,
	.timeout_ns = 1800 * 1000000000ULL,
	.seed = UINT64_MAX, /* choose one */
};

static const struct opt_def defs[] = {
	{ 'a', "allocator", "ARM", OPT_LIST, &opts.arms,
	  "allocator to measure, repeatable: NAME, FILE.so,\n"
	  "each with knobs: NAME,KEY=VALUE (default: all found)" },
	{ 0, "threads", "N[,N...]", OPT_TEXT, &opts.threads,
	  "the first N threads of the tape, or copies of it\n"
	  "side by side until there are N (default: those\n"
	  "recorded)" },
	{ 'n', "rounds", "N", OPT_COUNT, &opts.rounds,
	  "every arm once per round (default: as many as\n"
	  "decide time, memory and tail: from 10 or 11 on)" },
	{ 0, "max-rounds", "N", OPT_COUNT, &opts.max_rounds,
	  "but no more than that (default: 44)" },
	{ 0, "passes", "LIST", OPT_TEXT, &opts.passes,
	  "what to measure: time, alone, latency, memory,\n"
	  "calls, instructions, callgrind, verify\n"
	  "(default: the first five)" },
	{ 0, "verify", NULL, OPT_FLAG, &opts.verify,
	  "also check what the allocators return:\n"
	  "the verify pass" },
	{ 0, "touch", "HOW", OPT_TEXT, &opts.touch,
	  "use of the blocks: none, first, pages or all\n"
	  "(default: pages)" },
	{ 0, "pace", "PACE", OPT_TEXT, &opts.pace,
	  "asap: without the program's pauses (default);\n"
	  "recorded: as it was; x10: ten times as fast;\n"
	  "virtual: asap, but clocks show the tape's time" },
	{ 0, "idle", "TIME", OPT_TIME, &opts.idle_ns,
	  "pause before memory is looked at again\n"
	  "(default: 1s)" },
	{ 0, "timeout", "TIME", OPT_TIME, &opts.timeout_ns,
	  "end a pass that runs longer (default: 30m, 0: never)" },
	{ 0, "seed", "N", OPT_COUNT, &opts.seed,
	  "of the random order of the arms (default: random)" },
	{ 'o', "output", "DIR", OPT_TEXT, &opts.dir,
	  "folder of the results (default: TAPE-replay)" },
	{ 'f', "force", NULL, OPT_FLAG, &opts.force,
	  "replace the results of another campaign" },
	{ 0, "keep-plan", NULL, OPT_FLAG, &opts.keep_plan,
	  "leave the compiled tapes in DIR/.plans" },
	{ 0, "json", NULL, OPT_FLAG, &opts.json,
	  "print one JSON document instead of a table" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "replay",
	.synopsis = "[OPTION]... TAPE...",
	.summary = "Replay tapes against allocators and measure each of them.",
	.examples =
		"  heaptape replay app.tape                  all allocators\n"
		"  heaptape replay -a glibc -a arena -n 10 -o run app.tape\n"
		"  heaptape replay -a jemalloc,MALLOC_CONF=dirty_decay_ms:0 "
		"app.tape\n",
	.exits = "0 done, 2 usage, 4 a replay failed, 5 not possible here, "
		 "130 interrupted",
	.defs = defs,
};

/* The command as it was given, for the documents. */
static char *command_line(int argc, char **argv)
{
	size_t len = sizeof("heaptape replay");
	char *line;
	int i;

	for (i = 1; i < argc; i++)
		len += strlen(argv[i]) + 1;
	line = malloc(len);
	if (!line)
		return NULL;
	strcpy(line, "heaptape replay");
	for (i = 1; i < argc; i++)
		strcat(strcat(line, " "), argv[i]);
	return line;
}

static int check_rounds(const char *option, uint64_t rounds, struct err *err)
{
	if (rounds && (rounds <= 100000 || rounds == UINT64_MAX))
		return 0;
	return err_set(err, ERR_ARG, 0, "%s must be 1 to 100000, not %llu",
		       option, (unsigned long long)rounds);
}

static int fill_config(struct replay_config *config, struct err *err)
{
	static uint32_t threads[REPLAY_THREAD_COUNTS];
	int rc = replay_parse_passes(opts.passes, config->passes, err);

	if (opts.verify)
		config->passes[WORKER_VERIFY] = true;
	if (!rc)
		rc = replay_parse_touch(opts.touch, &config->order.touch, err);
	if (!rc && opts.threads)
		rc = replay_parse_threads(opts.threads, threads,
					  &config->nr_threads, err);
	config->threads = threads;
	if (!rc)
		rc = replay_parse_pace(opts.pace, &config->order, err);
	if (!rc)
		rc = check_rounds("--rounds", opts.rounds, err);
	if (!rc)
		rc = check_rounds("--max-rounds", opts.max_rounds, err);
	config->arms = opts.arms.items;
	config->nr_arms = opts.arms.nr;
	config->dir = opts.dir;
	config->rounds = opts.rounds == UINT64_MAX ? 0 : opts.rounds;
	config->max_rounds = opts.max_rounds;
	config->order.idle_ns = opts.idle_ns;
	config->timeout_ns = opts.timeout_ns;
	config->force = opts.force;
	config->keep_plan = opts.keep_plan;
	config->seed = opts.seed;
	if (config->seed == UINT64_MAX) {
		uint32_t seed = 1;

		if (getrandom(&seed, sizeof(seed), 0) == sizeof(seed))
			config->seed = seed;
	}
	return rc;
}

static int report_end(const struct replay_outcome *outcome)
{
	struct err err = { 0 };

	if (opts.json)
		replay_summary_json(outcome, stdout);
	else if (log_level() >= 0 && replay_summary(outcome->dir, stdout, &err))
		return log_failure(&err);
	if (fflush(stdout)) {
		log_error("cannot write to stdout: %s", strerror(errno));
		return EXIT_MEASURE;
	}
	if (!outcome->failed) {
		log_note("next: heaptape compare %s", outcome->dir);
		return EXIT_OK;
	}
	log_error("%zu runs failed; the first: %s", outcome->failed,
		  outcome->failure);
	return EXIT_MEASURE;
}

static int run(const struct replay_config *config)
{
	struct replay_outcome outcome;
	struct err err = { 0 };
	int rc = replay_campaign(config, &outcome, &err);

	if (rc == -ERR_INTERRUPT) {
		log_note("interrupted; %zu documents are complete in %s. "
			 "To go on, run the same command again: %s",
			 outcome.documents, outcome.dir,
			 config->command ? config->command : "");
		return 128 + replay_interrupted();
	}
	return rc ? log_failure(&err) : report_end(&outcome);
}

int replay_verb(int argc, char **argv)
{
	struct replay_config config = { 0 };
	static char *command; /* as long as the process */
	struct err err = { 0 };
	int first, rc;

	command = command_line(argc, argv);
	rc = opt_parse(&spec, argc, argv, false, &first, &err);
	if (rc == OPT_DONE)
		return EXIT_OK;
	if (!rc && first == argc)
		rc = err_set(&err, ERR_ARG, 0, "no tape given");
	if (!rc)
		rc = fill_config(&config, &err);
	if (rc)
		return opt_usage_error(&spec, &err);
	config.tapes = (const char *const *)&argv[first];
	config.nr_tapes = (size_t)(argc - first);
	config.command = command;
	rc = run(&config);
	opt_list_release(&opts.arms);
	return rc;
}
