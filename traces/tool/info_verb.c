// SPDX-License-Identifier: MIT
/* heaptape info: what is on a tape, in numbers. */
#include <jansson.h>
#include <stdio.h>

#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/options.h"
#include "traces/tape_reader.h"
#include "traces/tool/info_render.h"
#include "traces/tool/tape_stats.h"
#include "traces/tool/tape_tool.h"

static bool as_json;
static uint64_t top = 10;

static const struct opt_def defs[] = {
	{ 'j', "json", NULL, OPT_FLAG, &as_json,
	  "print one JSON document; an array for several tapes" },
	{ 'n', "top", "N", OPT_COUNT, &top,
	  "busiest threads to show (default: 10)" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "info",
	.synopsis = "[OPTION]... TAPE...",
	.summary =
		"Tell what is on a tape: events, live bytes, sizes, threads.",
	.examples =
		"  heaptape info app.tape\n"
		"  heaptape info --json app.tape | jq .live_peak_bytes\n"
		"  heaptape info --top=100 app.tape      more of its threads\n",
	.exits = "0 done, 2 usage, 4 a tape is corrupt, 5 not possible here",
	.defs = defs,
};

static int add_json(json_t *list, struct tape_reader *r,
		    const struct tape_stats *stats, struct err *err)
{
	char hash[33];
	int ret = tape_reader_hash(r, hash, err);

	if (!ret)
		json_array_append_new(list, info_json(r, stats, top, hash));
	return ret;
}

static int one_tape(const char *path, json_t *list, bool first, struct err *err)
{
	struct tape_stats stats = { 0 };
	struct tape_reader *r;
	int ret = tape_reader_open(&r, path, 0, err);

	if (ret)
		return ret;
	tool_warn_cut(r);
	ret = tape_stats_collect(&stats, r, err);
	if (!ret && list) {
		ret = add_json(list, r, &stats, err);
	} else if (!ret) {
		if (!first)
			putchar('\n');
		if (info_print(r, &stats, top))
			ret = err_set(err, ERR_NOMEM, 0, "out of memory");
	}
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
	struct err err = { 0 };
	json_t *list = NULL;
	int first, i, ret = opt_parse(&spec, argc, argv, false, &first, &err);

	if (ret == OPT_DONE)
		return EXIT_OK;
	if (!ret && first == argc)
		ret = err_set(&err, ERR_ARG, 0, "name a tape");
	if (ret)
		return opt_usage_error(&spec, &err);
	if (as_json)
		list = json_array();
	for (i = first; i < argc && !ret; i++)
		ret = one_tape(argv[i], list, i == first, &err);
	if (!ret && list)
		print_json(list);
	json_decref(list);
	if (!ret)
		ret = tool_finish_output(&err);
	return ret ? log_failure(&err) : EXIT_OK;
}
