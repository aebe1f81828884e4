// SPDX-License-Identifier: MIT
/* heaptape compare: the results of a folder as a table or as JSON. */
#include <limits.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "results/compare_filter.h"
#include "results/comparison.h"
#include "results/render.h"
#include "results/result_calibration.h"
#include "results/verbs.h"
#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/options.h"

static const char *base, *tape, *filter, *calibration_path;
static struct opt_list metrics, thresholds;
static bool as_json, as_markdown, as_csv, intervals;

static const struct opt_def defs[] = {
	{ 'b', "base", "ARM", OPT_TEXT, &base,
	  "arm to compare with (default: glibc or first)" },
	{ 'm', "metric", "NAME", OPT_LIST, &metrics,
	  "show this metric, repeatable; all: every one\n"
	  "(default: the main ones)" },
	{ 't', "tape", "PATTERN", OPT_TEXT, &tape,
	  "only tapes whose path or name matches" },
	{ 0, "threshold", "METRIC=PCT", OPT_LIST, &thresholds,
	  "what change matters, in percent; repeatable" },
	{ 'i', "intervals", NULL, OPT_FLAG, &intervals,
	  "show both ends of intervals, not half their width" },
	{ 0, "filter", "EXPR", OPT_TEXT, &filter,
	  "only what matches: tape:PATTERN arm:PATTERN\n"
	  "metric:PATTERN, apart by blanks" },
	{ 0, "calibration", "FILE", OPT_TEXT, &calibration_path,
	  "what heaptape calibrate wrote: the noise floor\n"
	  "(default: the one in DIR, if there is one)" },
	{ 0, "json", NULL, OPT_FLAG, &as_json, "print one JSON document" },
	{ 0, "markdown", NULL, OPT_FLAG, &as_markdown,
	  "print tables for GitHub and GitLab" },
	{ 0, "csv", NULL, OPT_FLAG, &as_csv,
	  "print comma-separated values, a row per cell" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "compare",
	.synopsis = "[OPTION]... DIR",
	.summary = "Compare the allocators of a campaign, with intervals and "
		   "verdicts.",
	.examples = "  heaptape compare run/\n"
		    "  heaptape compare run/ --base jemalloc -m wall_ns\n"
		    "  heaptape compare run/ --json | jq '.cells[]'\n",
	.exits = "0 compared, 2 usage, 3 nothing to compare, 4 broken result",
	.defs = defs,
};

static unsigned width(void)
{
	struct winsize size;

	if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) &&
	    size.ws_col)
		return size.ws_col;
	return 100;
}

static int render(const struct comparison *cmp, struct err *err)
{
	int rc = 0;

	if (as_json)
		rc = render_json(cmp, stdout, err);
	else if (as_markdown)
		rc = render_markdown(cmp, stdout, err);
	else if (as_csv)
		rc = render_csv(cmp, stdout, err);
	else
		rc = render_terminal(cmp, stdout, width(),
				     log_may_colour(STDOUT_FILENO), intervals,
				     err);
	if (!rc && (fflush(stdout) || ferror(stdout)))
		rc = err_set(err, ERR_IO, 0,
			     "cannot write to the standard output");
	return rc;
}

/* 1: none was named, and none is there. */
static int read_calibration(struct calibration *calibration, const char *dir,
			    struct err *err)
{
	char path[PATH_MAX];

	if (calibration_path)
		return calibration_read(calibration, calibration_path, err);
	snprintf(path, sizeof(path), "%s/" CALIBRATION_FILE, dir);
	if (access(path, F_OK))
		return 1;
	return calibration_read(calibration, path, err);
}

static int compare(const char *dir, struct comparison_options *options,
		   struct err *err)
{
	struct calibration calibration = { 0 };
	struct campaign campaign;
	struct comparison cmp = { 0 };
	int rc = campaign_load(&campaign, dir, err);

	if (rc)
		return rc;
	rc = comparison_build(&cmp, &campaign, options, err);
	if (!rc)
		rc = read_calibration(&calibration, dir, err);
	if (!rc)
		cmp.calibration = &calibration;
	if (rc >= 0)
		rc = render(&cmp, err);
	calibration_release(&calibration);
	comparison_release(&cmp);
	campaign_release(&campaign);
	return rc;
}

/* The options of the model, from those of the command line. */
static int fill_options(struct comparison_options *options,
			struct compare_filter *words, struct err *err)
{
	*options = (struct comparison_options){
		.base = base,
		.metrics = metrics.items,
		.nr_metrics = metrics.nr,
		.thresholds = thresholds.items,
		.nr_thresholds = thresholds.nr,
		.tape = tape,
	};
	if (as_json + as_markdown + as_csv > 1)
		return err_set(err, ERR_ARG, 0,
			       "give one of --json, --markdown and --csv");
	return filter ? compare_filter_parse(words, filter, options, err) : 0;
}

int compare_main(int argc, char **argv)
{
	struct comparison_options options;
	struct compare_filter words;
	struct err err = { 0 };
	int first_arg, rc;

	rc = opt_parse(&spec, argc, argv, false, &first_arg, &err);
	if (rc == OPT_DONE)
		return EXIT_OK;
	if (rc >= 0 && argc - first_arg != 1)
		rc = err_set(&err, ERR_ARG, 0, "%s",
			     argc == first_arg
				     ? "the folder of results is missing"
				     : "give one folder of results");
	if (rc >= 0)
		rc = fill_options(&options, &words, &err);
	if (rc < 0)
		return opt_usage_error(&spec, &err);
	rc = compare(argv[first_arg], &options, &err);
	opt_list_release(&metrics);
	opt_list_release(&thresholds);
	return rc ? log_failure(&err) : EXIT_OK;
}
