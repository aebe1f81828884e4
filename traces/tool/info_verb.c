// SPDX-License-Identifier: MIT
/* heaptape info: what is on a tape, in numbers. */
#include <jansson.h>
#include <stdio.h>

#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/options.h"
#include "traces/tape_reader.h"
#include "traces/tool/info_plot.h"
#include "traces/tool/info_render.h"
#include "traces/tool/info_sites.h"
#include "traces/tool/tape_stats.h"
#include "traces/tool/tape_tool.h"

static bool as_json;
static bool timeline;
static bool force;
static uint64_t top = 10;
static const char *sites;
static const char *folded;
static const char *plot_path;

static const struct opt_def defs[] = {
	{ 'j', "json", NULL, OPT_FLAG, &as_json,
	  "print one JSON document; an array for several tapes" },
	{ 'n', "top", "N", OPT_COUNT, &top,
	  "rows of threads, pairs, marks, sites (default: 10)" },
	{ 0, "sites", "[=WHAT]", OPT_TEXT, &sites,
	  "where blocks were taken, by allocs, bytes (default),\n"
	  "peak or leaked; needs a tape with stacks" },
	{ 0, "folded", "[=WHAT]", OPT_TEXT, &folded,
	  "the same as folded stacks, for flame graphs" },
	{ 'p', "plot", "FILE", OPT_TEXT, &plot_path,
	  "draw live bytes and RSS over time: FILE.svg or .png" },
	{ 't', "timeline", NULL, OPT_FLAG, &timeline,
	  "print live bytes and RSS over time as CSV" },
	{ 'f', "force", NULL, OPT_FLAG, &force, "replace FILE if it exists" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "info",
	.synopsis = "[OPTION]... TAPE...",
	.summary = "Tell what is on a tape: events, live bytes, sizes, "
		   "lifetimes, sites.",
	.examples =
		"  heaptape info app.tape\n"
		"  heaptape info --json app.tape | jq .live_peak_bytes\n"
		"  heaptape info --top=100 app.tape      more of its threads\n"
		"  heaptape info --sites=peak app.tape   who held the peak\n"
		"  heaptape info --folded app.tape | flamegraph.pl >app.svg\n"
		"  heaptape info --plot=live.svg app.tape\n",
	.exits = "0 done, 2 usage, 4 a tape is corrupt, 5 not possible here",
	.defs = defs,
};

/* What --sites and --folded are by. */
static int parse_metric(const char *text, enum site_metric *metric,
			struct err *err)
{
	int found = text && *text ? site_metric_parse(text) : SITE_BYTES;

	if (found < 0)
		return err_set(err, ERR_ARG, 0,
			       "'%s' is none of allocs, bytes, peak and leaked",
			       text);
	*metric = (enum site_metric)found;
	return 0;
}

static int check_options(int nr_tapes, enum site_metric *metric,
			 struct err *err)
{
	if (nr_tapes < 1)
		return err_set(err, ERR_ARG, 0, "name a tape");
	if ((folded != NULL) + timeline + (plot_path != NULL) +
		    (sites || as_json) >
	    1)
		return err_set(err, ERR_ARG, 0,
			       "choose one of --folded, --timeline, --plot, "
			       "and --sites or --json");
	if (plot_path && nr_tapes > 1)
		return err_set(err, ERR_ARG, 0, "--plot takes one tape");
	if (plot_path && info_plot_check(plot_path, err))
		return -ERR_ARG;
	return parse_metric(folded ? folded : sites, metric, err);
}

static int show_sites(struct tape_reader *r, const struct tape_stats *stats,
		      enum site_metric metric, json_t *doc, struct err *err)
{
	struct site_list list = { 0 };
	json_t *object = NULL;
	int ret = site_list_open(&list, r, stats, metric, err);

	if (!ret && stats->sites.nr)
		site_list_warn(&list);
	if (!ret && folded)
		ret = sites_folded(&list, err);
	else if (!ret && doc)
		ret = sites_json(&list, top, &object, err);
	else if (!ret)
		ret = sites_print(&list, top, err);
	if (object)
		json_object_set_new(doc, "sites", object);
	site_list_release(&list);
	return ret;
}

static int add_json(json_t *list, struct tape_reader *r,
		    const struct tape_stats *stats, enum site_metric metric,
		    struct err *err)
{
	char hash[33];
	json_t *doc;
	int ret = tape_reader_hash(r, hash, err);

	if (ret)
		return ret;
	doc = info_json(r, stats, top, hash);
	if (sites)
		ret = show_sites(r, stats, metric, doc, err);
	json_array_append_new(list, doc);
	return ret;
}

static int show_text(struct tape_reader *r, const struct tape_stats *stats,
		     enum site_metric metric, bool first, struct err *err)
{
	if (!first)
		putchar('\n');
	if (sites) {
		tool_print_text(tape_reader_name(r));
		putchar('\n');
		return show_sites(r, stats, metric, NULL, err);
	}
	if (info_print(r, stats, top))
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	return 0;
}

static int one_tape(const char *path, json_t *list, enum site_metric metric,
		    bool first, struct err *err)
{
	struct tape_stats stats = { 0 };
	struct tape_reader *r;
	int ret = tape_reader_open(&r, path, 0, err);

	if (ret)
		return ret;
	tool_warn_cut(r);
	ret = tape_stats_collect(&stats, r, err);
	if (ret)
		goto out;
	if (list)
		ret = add_json(list, r, &stats, metric, err);
	else if (folded)
		ret = show_sites(r, &stats, metric, NULL, err);
	else if (plot_path)
		ret = info_plot(r, &stats, plot_path, force, err);
	else if (timeline)
		info_timeline(&stats);
	else
		ret = show_text(r, &stats, metric, first, err);
out:
	tape_stats_release(&stats);
	tape_reader_close(r);
	return ret;
}

static void print_json(const json_t *list)
{
	const json_t *what =
		json_array_size(list) == 1 ? json_array_get(list, 0) : list;

	json_dumpf(what, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	putchar('\n');
}

int info_verb(int argc, char **argv)
{
	enum site_metric metric = SITE_BYTES;
	struct err err = { 0 };
	json_t *list = NULL;
	int first, i, ret = opt_parse(&spec, argc, argv, false, &first, &err);

	if (ret == OPT_DONE)
		return EXIT_OK;
	if (!ret)
		ret = check_options(argc - first, &metric, &err);
	if (ret)
		return opt_usage_error(&spec, &err);
	if (as_json)
		list = json_array();
	for (i = first; i < argc && !ret; i++)
		ret = one_tape(argv[i], list, metric, i == first, &err);
	if (!ret && list)
		print_json(list);
	json_decref(list);
	if (!ret)
		ret = tool_finish_output(&err);
	return ret ? log_failure(&err) : EXIT_OK;
}
