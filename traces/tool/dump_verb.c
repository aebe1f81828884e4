// SPDX-License-Identifier: MIT
/* heaptape dump: the events of a tape as text or JSON lines, by time. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/options.h"
#include "traces/tape_merge.h"
#include "traces/tape_reader.h"
#include "traces/tape_stacks.h"
#include "traces/tool/dump_render.h"
#include "traces/tool/tape_tool.h"

static bool as_json;
static bool with_stacks;
static uint64_t only_thread = UINT64_MAX;
static uint64_t from_ns;
static uint64_t to_ns = UINT64_MAX;

static const struct opt_def defs[] = {
	{ 't', "thread", "N", OPT_COUNT, &only_thread,
	  "only this thread; 0 is the first one" },
	{ 0, "from", "TIME", OPT_TIME, &from_ns,
	  "only events from that time on (10s, 250ms)" },
	{ 0, "to", "TIME", OPT_TIME, &to_ns, "only events up to that time" },
	{ 's', "stacks", NULL, OPT_FLAG, &with_stacks,
	  "first print the modules and frames of their stacks" },
	{ 'j', "json", NULL, OPT_FLAG, &as_json,
	  "print one JSON object per line" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "dump",
	.synopsis = "[OPTION]... TAPE",
	.summary = "Print the events of a tape as text, in the order of time.",
	.examples =
		"  heaptape dump app.tape | less\n"
		"  heaptape dump --from=1.5s --to=1.6s --thread=3 app.tape\n"
		"  heaptape dump --json app.tape | jq 'select(.size > 1e6)'\n",
	.exits = "0 done, 2 usage, 4 the tape is corrupt, 5 not possible here",
	.defs = defs,
};

static int print_modules(struct tape_reader *r, struct err *err)
{
	struct tape_module *modules;
	size_t i, nr;
	int ret = tape_reader_modules(r, &modules, &nr, err);

	if (ret)
		return ret;
	for (i = 1; i <= nr; i++)
		(as_json ? dump_json_module : dump_text_module)(i, &modules[i]);
	free(modules);
	return 0;
}

static int print_frames(struct tape_reader *r, struct err *err)
{
	struct tape_frame_node *nodes;
	size_t i, nr;
	int ret = tape_reader_frames(r, &nodes, &nr, err);

	if (ret)
		return ret;
	for (i = 1; i <= nr; i++)
		(as_json ? dump_json_frame : dump_text_frame)(i, &nodes[i]);
	free(nodes);
	return 0;
}

static int print_events(struct tape_reader *r, struct err *err)
{
	struct tape_merge *m;
	struct tape_step step;
	int ret = tape_merge_open(&m, r, err);

	if (ret)
		return ret;
	while ((ret = tape_merge_next(m, &step, err)) > 0) {
		if (step.time_ns > to_ns || ferror(stdout)) {
			ret = 0;
			break;
		}
		if (step.phase == TAPE_FINISH || step.time_ns < from_ns ||
		    (only_thread != UINT64_MAX &&
		     step.ev.thread != only_thread))
			continue;
		if (as_json)
			dump_json_line(&step.ev);
		else
			dump_text_line(&step.ev);
	}
	tape_merge_close(m);
	return ret;
}

static int check_thread(const struct tape_reader *r, struct err *err)
{
	uint32_t threads = tape_reader_info(r)->threads;

	if (only_thread == UINT64_MAX || only_thread < threads)
		return 0;
	return err_set(
		err, ERR_ARG, 0, "%s has no thread %llu; it has %u, from 0 on",
		tape_reader_name(r), (unsigned long long)only_thread, threads);
}

int dump_verb(int argc, char **argv)
{
	struct tape_reader *r;
	struct err err = { 0 };
	int first, ret = opt_parse(&spec, argc, argv, false, &first, &err);

	if (ret == OPT_DONE)
		return EXIT_OK;
	if (!ret && first + 1 != argc)
		ret = err_set(&err, ERR_ARG, 0, "name one tape");
	if (ret)
		return opt_usage_error(&spec, &err);
	ret = tape_reader_open(&r, argv[first], 0, &err);
	if (ret)
		return log_failure(&err);
	tool_warn_cut(r);
	ret = check_thread(r, &err);
	if (!ret && with_stacks)
		ret = print_modules(r, &err);
	if (!ret && with_stacks)
		ret = print_frames(r, &err);
	if (!ret)
		ret = print_events(r, &err);
	if (!ret)
		ret = tool_finish_output(&err);
	tape_reader_close(r);
	return ret ? log_failure(&err) : EXIT_OK;
}
