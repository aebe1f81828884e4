// SPDX-License-Identifier: MIT
/* heaptape report: the results of a folder as one HTML file, or Markdown. */
#include <string.h>

#include "results/comparison.h"
#include "results/redact.h"
#include "results/report.h"
#include "results/report_markdown.h"
#include "results/verbs.h"
#include "traces/base/files.h"
#include "traces/base/log.h"
#include "traces/base/options.h"

static const char *base, *tape, *output, *markdown, *theme;
static const char *title = "Allocators compared";
static bool force, require_plots, no_plots, redact, comment;

static const struct opt_def defs[] = {
	{ 'o', "output", "FILE", OPT_TEXT, &output, "where the page goes" },
	{ 'f', "force", NULL, OPT_FLAG, &force, "replace an existing file" },
	{ 0, "markdown", "FILE", OPT_TEXT, &markdown,
	  "a short report in Markdown; - for standard output" },
	{ 0, "comment", NULL, OPT_FLAG, &comment,
	  "keep the Markdown small enough for a comment" },
	{ 'b', "base", "ARM", OPT_TEXT, &base,
	  "arm to compare with (default: glibc or first)" },
	{ 't', "tape", "PATTERN", OPT_TEXT, &tape,
	  "only tapes whose path or name matches" },
	{ 0, "title", "TEXT", OPT_TEXT, &title, "the title of the page" },
	{ 0, "theme", "THEME", OPT_TEXT, &theme,
	  "light, dark, or auto: as the reader has it (default)" },
	{ 0, "redact", NULL, OPT_FLAG, &redact,
	  "leave out host, paths and command lines" },
	{ 0, "no-plots", NULL, OPT_FLAG, &no_plots, "tables only" },
	{ 0, "require-plots", NULL, OPT_FLAG, &require_plots,
	  "fail when a figure cannot be drawn" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "report",
	.synopsis = "[OPTION]... DIR -o FILE",
	.summary = "Write the figures and tables of a campaign into one HTML "
		   "file.",
	.examples = "  heaptape report run/ -o report.html\n"
		    "  heaptape report run/ -o report.html -f --base jemalloc\n"
		    "  heaptape report run/ --markdown - "
		    ">>\"$GITHUB_STEP_SUMMARY\"\n",
	.exits = "0 written, 2 usage, 3 nothing to compare, 4 broken result, "
		 "5 not possible here",
	.defs = defs,
};

/* The output opens first: an unwritable place is told before the work. */
static int write_page(struct report *report, struct err *err)
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

static int write_markdown(const struct comparison *cmp, struct err *err)
{
	size_t limit = comment ? MARKDOWN_COMMENT : MARKDOWN_SUMMARY;
	const char *slash = output ? strrchr(output, '/') : NULL;
	const char *page = slash ? slash + 1 : output;
	struct outfile out;
	int rc;

	if (!strcmp(markdown, "-")) {
		rc = report_markdown(cmp, title, page, limit, stdout, err);
		if (!rc && fflush(stdout))
			rc = err_set(err, ERR_IO, 0, "cannot write Markdown");
		return rc;
	}
	rc = outfile_open(&out, markdown, force, err);
	if (rc)
		return rc;
	rc = report_markdown(cmp, title, page, limit, out.stream, err);
	if (rc) {
		outfile_abort(&out);
		return rc;
	}
	return outfile_commit(&out, err);
}

static int write_all(const struct comparison *cmp, struct err *err)
{
	struct report report = {
		.cmp = cmp,
		.title = title,
		.theme = theme && strcmp(theme, "auto") != 0 ? theme : NULL,
		.no_figures = no_plots,
	};
	int rc = 0;

	if (output)
		rc = write_page(&report, err);
	if (!rc && report.plot_err.code)
		log_warn("figures are missing in %s: %s", output,
			 report.plot_err.text);
	plotter_release(&report.plotter);
	if (!rc && markdown)
		rc = write_markdown(cmp, err);
	return rc;
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
	struct comparison cmp = { 0 };
	int rc = campaign_load(&campaign, dir, err);

	if (rc)
		return rc;
	if (redact)
		rc = campaign_redact(&campaign, err);
	if (!rc)
		rc = comparison_build(&cmp, &campaign, &options, err);
	if (!rc)
		rc = write_all(&cmp, err);
	comparison_release(&cmp);
	campaign_release(&campaign);
	return rc;
}

static int check_options(int nr_folders, struct err *err)
{
	if (nr_folders != 1)
		return err_set(err, ERR_ARG, 0, "%s",
			       nr_folders ? "give one folder of results"
					  : "the folder of results is missing");
	if (!output && !markdown)
		return err_set(err, ERR_ARG, 0, "-o FILE is missing");
	if (no_plots && require_plots)
		return err_set(err, ERR_ARG, 0,
			       "--no-plots and --require-plots exclude each "
			       "other");
	if (theme && strcmp(theme, "light") != 0 &&
	    strcmp(theme, "dark") != 0 && strcmp(theme, "auto") != 0)
		return err_set(err, ERR_ARG, 0,
			       "theme '%.40s' is not light, dark or auto",
			       theme);
	return 0;
}

int html_main(int argc, char **argv)
{
	struct err err = { 0 };
	int first_arg, rc;

	rc = opt_parse(&spec, argc, argv, false, &first_arg, &err);
	if (rc == OPT_DONE)
		return EXIT_OK;
	if (rc >= 0)
		rc = check_options(argc - first_arg, &err);
	if (rc < 0)
		return opt_usage_error(&spec, &err);
	return report_folder(argv[first_arg], &err) ? log_failure(&err)
						    : EXIT_OK;
}
