// SPDX-License-Identifier: MIT
/* heaptape calibrate: one arm against itself, and what that says of a machine. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "replayer/replay.h"
#include "replayer/replay_launch.h"
#include "replayer/verbs.h"
#include "results/result_calibration.h"
#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/options.h"

static struct {
	const char *arm;
	uint64_t rounds;
	const char *passes;
	const char *touch;
	uint64_t idle_ns;
	uint64_t timeout_ns;
	uint64_t seed;
	const char *dir;
	bool force;
	bool json;
} opts = {
	.arm = "glibc",
	.rounds = 20,
	.passes = "time,alone,latency,memory,calls",
	.touch = "pages",
	.idle_ns = 1000000000ULL,
	.timeout_ns = 1800 * 1000000000ULL,
	.seed = UINT64_MAX, /* choose one */
};

static const struct opt_def defs[] = {
	{ 'a', "allocator", "ARM", OPT_TEXT, &opts.arm,
	  "allocator to measure against itself\n"
	  "(default: glibc)" },
	{ 'n', "rounds", "N", OPT_COUNT, &opts.rounds,
	  "the arm twice per round (default: 20)" },
	{ 0, "passes", "LIST", OPT_TEXT, &opts.passes,
	  "what to measure, as in heaptape replay" },
	{ 0, "touch", "HOW", OPT_TEXT, &opts.touch,
	  "use of the blocks: none, first, pages or all\n"
	  "(default: pages)" },
	{ 0, "idle", "TIME", OPT_TIME, &opts.idle_ns,
	  "pause before memory is looked at again\n"
	  "(default: 1s)" },
	{ 0, "timeout", "TIME", OPT_TIME, &opts.timeout_ns,
	  "end a pass that runs longer (default: 30m, 0: never)" },
	{ 0, "seed", "N", OPT_COUNT, &opts.seed,
	  "of the random orders (default: random)" },
	{ 'o', "output", "DIR", OPT_TEXT, &opts.dir,
	  "folder of the results and of calibration.json\n"
	  "(default: calibration)" },
	{ 'f', "force", NULL, OPT_FLAG, &opts.force,
	  "replace the results of another campaign" },
	{ 0, "json", NULL, OPT_FLAG, &opts.json,
	  "print the document instead of a table" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "calibrate",
	.synopsis = "[OPTION]... TAPE...",
	.summary = "Measure an allocator against itself: the noise of this "
		   "machine.",
	.examples =
		"  heaptape calibrate app.tape\n"
		"  heaptape calibrate -n 40 --passes time -o ci-7 app.tape\n"
		"  heaptape compare run/ --calibration "
		"calibration/calibration.json\n",
	.exits = "0 done, 2 usage, 4 a replay failed, 5 not possible here, "
		 "130 interrupted",
	.defs = defs,
};

static int fill_config(struct replay_config *config, struct err *err)
{
	int rc = replay_parse_passes(opts.passes, config->passes, err);
	uint32_t seed = 1;

	if (!rc)
		rc = replay_parse_touch(opts.touch, &config->order.touch, err);
	if (!rc)
		rc = replay_parse_pace("asap", &config->order, err);
	if (!rc && (opts.rounds < 6 || opts.rounds > 100000))
		rc = err_set(err, ERR_ARG, 0,
			     "--rounds must be 6 to 100000, not %llu: fewer "
			     "have no interval",
			     (unsigned long long)opts.rounds);
	config->arms = &opts.arm;
	config->nr_arms = 1;
	config->again = true;
	config->dir = opts.dir ? opts.dir : "calibration";
	config->rounds = opts.rounds;
	config->order.idle_ns = opts.idle_ns;
	config->timeout_ns = opts.timeout_ns;
	config->force = opts.force;
	config->seed = opts.seed;
	config->command = "heaptape calibrate";
	if (config->seed == UINT64_MAX &&
	    getrandom(&seed, sizeof(seed), 0) == sizeof(seed))
		config->seed = seed;
	return rc;
}

static int tell(const char *dir, struct err *err)
{
	struct calibration calibration;
	char path[PATH_MAX + 32];
	int rc = calibration_make(&calibration, dir, err);

	if (rc)
		return rc;
	snprintf(path, sizeof(path), "%s/" CALIBRATION_FILE, dir);
	rc = calibration_write(&calibration, path, err);
	if (!rc && opts.json)
		rc = calibration_print_json(&calibration, stdout, err);
	else if (!rc && log_level() >= 0)
		calibration_print(&calibration, stdout);
	if (!rc && fflush(stdout))
		rc = err_set(err, ERR_IO, errno, "cannot write to stdout");
	if (!rc)
		log_note("wrote %s; heaptape compare --calibration reads it",
			 path);
	calibration_release(&calibration);
	return rc;
}

static int run(const struct replay_config *config)
{
	struct replay_outcome outcome;
	struct err err = { 0 };
	int rc = replay_campaign(config, &outcome, &err);

	if (rc == -ERR_INTERRUPT) {
		log_note("interrupted; %zu documents are complete in %s. To "
			 "go on, run the same command again",
			 outcome.documents, outcome.dir);
		return 128 + replay_interrupted();
	}
	if (!rc && outcome.failed) {
		log_error("%zu runs failed; the first: %s", outcome.failed,
			  outcome.failure);
		return EXIT_MEASURE;
	}
	if (!rc)
		rc = tell(outcome.dir, &err);
	return rc ? log_failure(&err) : EXIT_OK;
}

int calibrate_verb(int argc, char **argv)
{
	struct replay_config config = { 0 };
	struct err err = { 0 };
	int first, rc = opt_parse(&spec, argc, argv, false, &first, &err);

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
	return run(&config);
}
