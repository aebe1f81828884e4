// SPDX-License-Identifier: MIT
/* heaptape report: the results of a folder as one HTML file. */
#include <string.h>

#include "results/comparison.h"
#include "results/report.h"
#include "results/verbs.h"
#include "traces/base/files.h"
#include "traces/base/log.h"
#include "traces/base/options.h"

static const char *base, *tape, *output, *title = "Allocators compared";
static bool force, require_plots;

static const struct opt_def defs[] = {
	{ 'o', "output", "FILE", OPT_TEXT, &output, "where the page goes" },
	{ 'f', "force", NULL, OPT_FLAG, &force, "replace an existing file" },
	{ 'b', "base", "ARM", OPT_TEXT, &base,
	  "arm to compare with (default: glibc or first)" },
	{ 't', "tape", "PATTERN", OPT_TEXT, &tape,
	  "only tapes whose path or name matches" },
	{ 0, "title", "TEXT", OPT_TEXT, &title, "the title of the page" },
	{ 0, "require-plots", NULL, OPT_FLAG, &require_plots,
	  "fail when a figure cannot be drawn" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "report",
	.synopsis = "[OPTION]... DIR -o FILE",
	.summary = "Write the figures and tables of a campaign into one HTML "
		   "file.",
	.examples =
		"  heaptape report run/ -o report.html\n"
		"  heaptape report run/ -o report.html -f --base jemalloc\n",
	.exits = "0 written, 2 usage, 3 nothing to compare, 4 broken result, "
		 "5 not possible here",
	.defs = defs,
};

/* The output opens first: an unwritable place is told before the work. */
static int write_report(struct report *report, struct err *err)
{
	struct outfile out;
	int rc = outfile_open(&out, output, force, err);

	if (rc)
		return rc;
	report->out = out.stream;
	rc = render_html(report, err);
	if (!rc && report->plot_err.code && require_plots)
		rc = err_set(err, ERR_MISSING, 0, "%s", report->plot_err.text);
	if (rc) {
		outfile_abort(&out);
		return rc;
	}
	return outfile_commit(&out, err);
}

static int report_folder(const char *dir, struct err *err)
{
	static const char *const all[] = { "all" };
	const struct comparison_options options = {
		.base = base,
		.metrics = all,
		.nr_metrics = 1,
		.tape = tape,
	};
	struct campaign campaign;
	struct comparison cmp;
	struct report report = { .cmp = &cmp, .title = title };
	int rc = campaign_load(&campaign, dir, err);

	if (rc)
		return rc;
	rc = comparison_build(&cmp, &campaign, &options, err);
	if (!rc)
		rc = write_report(&report, err);
	if (!rc && report.plot_err.code)
		log_warn("figures are missing in %s: %s", output,
			 report.plot_err.text);
	comparison_release(&cmp);
	campaign_release(&campaign);
	return rc;
}

int html_main(int argc, char **argv)
{
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
	if (rc >= 0 && !output)
		rc = err_set(&err, ERR_ARG, 0, "-o FILE is missing");
	if (rc < 0)
		return opt_usage_error(&spec, &err);
	return report_folder(argv[first_arg], &err) ? log_failure(&err)
						    : EXIT_OK;
}
