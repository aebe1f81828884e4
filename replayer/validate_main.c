// SPDX-License-Identifier: MIT
/* heaptape validate: its options, and what it prints when all is done. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "replayer/replay.h"
#include "replayer/replay_launch.h"
#include "replayer/validate.h"
#include "replayer/verbs.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/log.h"
#include "traces/base/options.h"

static struct {
	struct opt_list arms;
	uint64_t rounds;
	const char *pace;
	const char *touch;
	const char *fail_above;
	double limit;
	bool json;
} opts = { .rounds = 3, .pace = "virtual", .touch = "pages" };

static struct validate_config config = {
	.timeout_ns = 1800 * 1000000000ULL,
	.dir = "validate",
};

static const struct opt_def defs[] = {
	{ 'a', "allocator", "ARM", OPT_LIST, &opts.arms,
	  "allocator to try, repeatable: NAME, FILE.so,\n"
	  "each with knobs: NAME,KEY=VALUE (default: all found)" },
	{ 'n', "rounds", "N", OPT_COUNT, &opts.rounds,
	  "record the program, run and replay each arm so often\n"
	  "(default: 3)" },
	{ 0, "process", "NAME", OPT_TEXT, &config.process,
	  "executable to judge, when the command has children\n"
	  "(default: that of the highest RSS)" },
	{ 0, "stdin", "FILE", OPT_TEXT, &config.input,
	  "what each run reads (default: the file that stdin is)" },
	{ 0, "pace", "PACE", OPT_TEXT, &opts.pace,
	  "of the replay: asap, recorded, x10, virtual\n"
	  "(default: virtual)" },
	{ 0, "touch", "HOW", OPT_TEXT, &opts.touch,
	  "of the replay: none, first, pages or all (default:\n"
	  "pages)" },
	{ 0, "timeout", "TIME", OPT_TIME, &config.timeout_ns,
	  "end a run that takes longer (default: 30m, 0: never)" },
	{ 0, "show-output", NULL, OPT_FLAG, &config.show_output,
	  "show what the program prints" },
	{ 'o', "output", "DIR", OPT_TEXT, &config.dir,
	  "folder of tapes and results (default: validate)" },
	{ 'f', "force", NULL, OPT_FLAG, &config.force,
	  "start over; forget what the folder has" },
	{ 0, "fail-above", "PERCENT", OPT_TEXT, &opts.fail_above,
	  "exit with 1 when a peak is off by more" },
	{ 0, "json", NULL, OPT_FLAG, &opts.json,
	  "print one JSON document instead of a table" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "validate",
	.synopsis = "[OPTION]... [--] COMMAND [ARG]...",
	.summary = "Hold predicted memory against that of the real program.",
	.examples = "  heaptape validate -a glibc -a jemalloc -- ./app\n"
		    "  heaptape validate sqlite3 :memory: <workload.sql\n"
		    "  heaptape validate --process=cc1 -- gcc -O2 -c big.c\n",
	.exits = "0 done, 1 an error above --fail-above, 2 usage, 4 a run "
		 "failed, 5 not possible here, 130 interrupted",
	.defs = defs,
};

/* A word as a shell would take it. */
static void put_word(const char *word, FILE *out)
{
	if (*word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
					"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789_-+=./,:@%")]) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++)
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	fputc('\'', out);
}

static char *line_of(char *const *argv)
{
	char *line = NULL;
	size_t len, i;
	FILE *out = open_memstream(&line, &len);

	if (!out)
		return NULL;
	for (i = 0; argv[i]; i++) {
		if (i)
			fputc(' ', out);
		put_word(argv[i], out);
	}
	return fclose(out) ? NULL : line;
}

static int fill_config(struct err *err)
{
	uint32_t seed = 1;
	char *end;
	int rc = replay_parse_pace(opts.pace, &config.order, err);

	if (!rc)
		rc = replay_parse_touch(opts.touch, &config.order.touch, err);
	if (!rc && (!opts.rounds || opts.rounds > 1000))
		rc = err_set(err, ERR_ARG, 0,
			     "--rounds must be 1 to 1000, not %llu",
			     (unsigned long long)opts.rounds);
	if (!rc && opts.fail_above) {
		opts.limit = strtod(opts.fail_above, &end) / 100;
		if (end == opts.fail_above || *end || !(opts.limit >= 0))
			rc = err_set(err, ERR_ARG, 0,
				     "--fail-above: '%.40s' is not a number",
				     opts.fail_above);
	}
	if (getrandom(&seed, sizeof(seed), 0) == sizeof(seed))
		config.seed = seed;
	config.arms = opts.arms.items;
	config.nr_arms = opts.arms.nr;
	config.rounds = opts.rounds;
	config.order.idle_ns = 1000000;
	return rc;
}

static int keep(const struct validate_outcome *o, struct err *err)
{
	struct outfile out;
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%.4000s/validate.json", o->dir);
	rc = outfile_open(&out, path, true, err);
	if (rc)
		return rc;
	validate_render_json(o, out.stream);
	return outfile_commit(&out, err);
}

/* Print it, and find the exit code. */
static int report(const struct validate_outcome *o)
{
	const struct validate_summary *peak =
		&o->figures.summary[VALIDATE_PEAK];
	struct err err = { 0 };

	if (keep(o, &err))
		return log_failure(&err);
	if (opts.json)
		validate_render_json(o, stdout);
	else if (log_level() >= 0)
		validate_render(o, stdout);
	if (fflush(stdout)) {
		log_error("cannot write to stdout: %s", strerror(errno));
		return EXIT_MEASURE;
	}
	if (o->status)
		log_note("the program ends with status %d", o->status);
	if (o->failed) {
		log_error("%zu runs failed; the first: %s; --show-output "
			  "shows what the program says",
			  o->failed, o->failure);
		return EXIT_MEASURE;
	}
	if (!opts.fail_above || peak->worst_error <= opts.limit)
		return EXIT_OK;
	log_error("the peak of %s is off by %.2f %%, more than %s %%",
		  o->figures.arms[peak->worst_arm].label,
		  100 * peak->worst_error, opts.fail_above);
	return EXIT_REGRESSION;
}

static int run(void)
{
	struct validate_outcome outcome;
	struct err err = { 0 };
	int rc = validate(&config, &outcome, &err);

	if (rc == -ERR_INTERRUPT) {
		log_note("interrupted; what is complete is in %s. To go on, "
			 "run the same command again",
			 config.dir);
		rc = 128 + replay_interrupted();
	} else {
		rc = rc ? log_failure(&err) : report(&outcome);
	}
	validate_release(&outcome);
	return rc;
}

int validate_verb(int argc, char **argv)
{
	static char *line; /* as long as the process */
	struct err err = { 0 };
	int first, rc;

	rc = opt_parse(&spec, argc, argv, true, &first, &err);
	if (rc == OPT_DONE)
		return EXIT_OK;
	if (!rc && first == argc)
		rc = err_set(&err, ERR_ARG, 0, "no command given");
	if (!rc)
		rc = fill_config(&err);
	if (rc)
		return opt_usage_error(&spec, &err);
	config.argv = argv + first;
	line = line_of(config.argv);
	config.line = line ? line : "";
	rc = run();
	opt_list_release(&opts.arms);
	return rc;
}
