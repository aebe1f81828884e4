// SPDX-License-Identifier: MIT
/* heaptape plot: the report's figures, each as files of its own. */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "results/comparison.h"
#include "results/figure.h"
#include "results/redact.h"
#include "results/report.h"
#include "results/verbs.h"
#include "traces/base/files.h"
#include "traces/base/log.h"
#include "traces/base/options.h"

static const char *base, *tape, *output;
static struct opt_list figures, formats;
static bool force, redact;

static const struct {
	const char *name;
	figure_fn *draw;
} all_figures[] = {
	{ "tradeoff", figure_tradeoff },
	{ "memory", figure_memory },
	{ "ratio", figure_ratio },
	{ "split", figure_split },
	{ "parts", figure_parts },
	{ "returned", figure_returned },
	{ "latency", figure_latencies },
	{ "counts", figure_counts },
	{ "contention", figure_contention },
	{ "rounds-time", figure_rounds_time },
	{ "rounds-memory", figure_rounds_memory },
};

#define NR_FIGURES (sizeof(all_figures) / sizeof(all_figures[0]))

static const struct opt_def defs[] = {
	{ 'o', "output", "DIR", OPT_TEXT, &output, "folder of the files" },
	{ 'f', "force", NULL, OPT_FLAG, &force, "replace existing files" },
	{ 0, "figure", "NAME", OPT_LIST, &figures,
	  "only this figure, repeatable: tradeoff, memory,\n"
	  "ratio, split, parts, returned, latency, counts,\n"
	  "contention, rounds-time, rounds-memory" },
	{ 0, "format", "FORMAT", OPT_LIST, &formats,
	  "svg or png, repeatable (default: both)" },
	{ 'b', "base", "ARM", OPT_TEXT, &base,
	  "arm to compare with (default: glibc or first)" },
	{ 't', "tape", "PATTERN", OPT_TEXT, &tape,
	  "only tapes whose path or name matches" },
	{ 0, "redact", NULL, OPT_FLAG, &redact,
	  "leave out paths, as report does" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "plot",
	.synopsis = "[OPTION]... DIR -o DIR",
	.summary = "Write the figures of a campaign's report as SVG and PNG "
		   "files.",
	.examples = "  heaptape plot run/ -o figures/\n"
		    "  heaptape plot run/ -o figures/ --figure memory "
		    "--format png\n",
	.exits = "0 written, 2 usage, 3 nothing to compare, 4 broken result, "
		 "5 not possible here",
	.defs = defs,
};

static bool wanted(const struct opt_list *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		if (!strcmp(list->items[i], name))
			return true;
	return !list->nr;
}

/* What a file's name may have: letters, digits, '-', '_', '.' within. */
static size_t append_name(char *buf, size_t used, size_t len, const char *name,
			  size_t n)
{
	size_t i;

	for (i = 0; i < n && used + 1 < len; i++, used++) {
		bool fine = isalnum((unsigned char)name[i]) ||
			    strchr("-_", name[i]) || (name[i] == '.' && used);

		buf[used] = fine ? name[i] : '_';
	}
	buf[used] = '\0';
	return used;
}

/* Of the tape that is drawn; a report hands it to take_figure. */
struct place {
	char stem[128];
	size_t files;
	struct err err;
};

static void write_file(struct report *report, struct figure *figure,
		       const char *script, enum plot_format format)
{
	struct place *place = report->taker;
	const char *suffix = format == PLOT_PNG ? "png" : "svg";
	char path[PATH_MAX], kind[48], *data = NULL;
	struct outfile out;
	size_t len;

	if (place->err.code || !wanted(&formats, suffix))
		return;
	if (plot_draw(&figure->plot, &report->plotter, format, script, &data,
		      &len, &place->err))
		return;
	append_name(kind, 0, sizeof(kind), figure->kind, strlen(figure->kind));
	snprintf(path, sizeof(path), "%s/%s.%s.%s", output, place->stem, kind,
		 suffix);
	if (!outfile_open(&out, path, force, &place->err)) {
		fwrite(data, 1, len, out.stream);
		if (!outfile_commit(&out, &place->err))
			place->files++;
	}
	free(data);
}

static void take_figure(struct report *report, struct figure *figure,
			const char *script)
{
	write_file(report, figure, script, PLOT_SVG);
	write_file(report, figure, script, PLOT_PNG);
}

/* The tape's name, with its number where there are several. */
static void make_stem(const struct comparison *cmp, size_t number, char *stem,
		      size_t len)
{
	const char *name = cmp->tapes[number].tape->name;
	const char *slash = strrchr(name, '/');
	size_t used = 0, n;

	name = slash ? slash + 1 : name;
	n = strlen(name);
	if (n > 5 && !strcmp(name + n - 5, ".tape"))
		n -= 5;
	if (cmp->nr_tapes > 1)
		used = (size_t)snprintf(stem, len, "%02zu-", number + 1);
	append_name(stem, used, len, name, n);
}

static int plot_all(const struct comparison *cmp, struct err *err)
{
	struct place place = { .files = 0 };
	struct report report = {
		.cmp = cmp,
		.take_figure = take_figure,
		.taker = &place,
	};
	size_t i, k;

	for (i = 0; i < cmp->nr_tapes; i++) {
		make_stem(cmp, i, place.stem, sizeof(place.stem));
		for (k = 0; k < NR_FIGURES && !place.err.code; k++)
			if (wanted(&figures, all_figures[k].name))
				all_figures[k].draw(&report, &cmp->tapes[i]);
	}
	plotter_release(&report.plotter);
	if (report.plot_err.code && !place.err.code)
		place.err = report.plot_err;
	if (place.err.code)
		return err_set(err, (enum err_code)place.err.code, 0, "%s",
			       place.err.text);
	if (!place.files)
		return err_set(err, ERR_COMPARE, 0,
			       "the campaign has nothing that such a figure "
			       "shows");
	log_note("%zu files in %s", place.files, output);
	return 0;
}

static int plot_folder(const char *dir, struct err *err)
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
		rc = files_make_dir(output, err);
	if (!rc)
		rc = plot_all(&cmp, err);
	comparison_release(&cmp);
	campaign_release(&campaign);
	return rc;
}

static int check_options(int nr_folders, struct err *err)
{
	size_t i, k;

	if (nr_folders != 1)
		return err_set(err, ERR_ARG, 0, "%s",
			       nr_folders ? "give one folder of results"
					  : "the folder of results is missing");
	if (!output)
		return err_set(err, ERR_ARG, 0, "-o DIR is missing");
	for (i = 0; i < figures.nr; i++) {
		for (k = 0; k < NR_FIGURES; k++)
			if (!strcmp(figures.items[i], all_figures[k].name))
				break;
		if (k == NR_FIGURES)
			return err_set(err, ERR_ARG, 0,
				       "there is no figure '%.40s'",
				       figures.items[i]);
	}
	for (i = 0; i < formats.nr; i++)
		if (strcmp(formats.items[i], "svg") != 0 &&
		    strcmp(formats.items[i], "png") != 0)
			return err_set(err, ERR_ARG, 0,
				       "format '%.40s' is neither svg nor png",
				       formats.items[i]);
	return 0;
}

int plot_main(int argc, char **argv)
{
	struct err err = { 0 };
	int first_arg, rc, status = EXIT_OK;

	rc = opt_parse(&spec, argc, argv, false, &first_arg, &err);
	if (rc >= 0 && rc != OPT_DONE)
		rc = check_options(argc - first_arg, &err);
	if (rc < 0)
		status = opt_usage_error(&spec, &err);
	else if (rc != OPT_DONE && plot_folder(argv[first_arg], &err))
		status = log_failure(&err);
	opt_list_release(&figures);
	opt_list_release(&formats);
	return status;
}
