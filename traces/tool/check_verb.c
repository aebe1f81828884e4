// SPDX-License-Identifier: MIT
/*
 * heaptape check: reads every block and event of tapes, verifies them, and
 * saves what is whole of one that is damaged.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/log.h"
#include "traces/base/options.h"
#include "traces/base/units.h"
#include "traces/tape_reader.h"
#include "traces/tape_repair.h"
#include "traces/tape_stacks.h"
#include "traces/tape_writer.h"
#include "traces/tool/tape_stats.h"
#include "traces/tool/tape_tool.h"

static const char *repair_path;
static bool force;

static const struct opt_def defs[] = {
	{ 'r', "repair", "OUT", OPT_TEXT, &repair_path,
	  "write all whole blocks to a new tape OUT" },
	{ 'f', "force", NULL, OPT_FLAG, &force, "replace OUT if it exists" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "check",
	.synopsis = "[OPTION]... TAPE...",
	.summary = "Verify tapes, block by block; save what is whole.",
	.examples = "  heaptape check app.tape\n"
		    "  heaptape check --repair whole.tape cut.tape\n",
	.exits = "0 all whole (or repaired), 2 usage, 4 a tape is corrupt, "
		 "5 not possible here",
	.defs = defs,
};

typedef unsigned long long ull;

static void print_notes(const struct tape_reader *r, const struct tape_stats *s)
{
	const struct tape_info *info = tape_reader_info(r);

	if (info->frames)
		printf(", stacks of %u frames in %u modules", info->frames,
		       info->modules);
	if (info->dropped)
		printf(", %llu dropped while recording", (ull)info->dropped);
	if (s->unknown_frees)
		printf(", %llu frees of unknown blocks", (ull)s->unknown_frees);
	if (s->overlap_repairs)
		printf(", %llu blocks taken while they were live",
		       (ull)s->overlap_repairs);
}

/* Every event, and the tables that the events do not lead to. */
static int read_all(struct tape_stats *stats, struct tape_reader *r,
		    struct err *err)
{
	struct tape_frame_node *nodes = NULL;
	struct tape_module *modules = NULL;
	size_t nr;
	int ret = tape_stats_collect(stats, r, err);

	if (!ret)
		ret = tape_reader_modules(r, &modules, &nr, err);
	if (!ret)
		ret = tape_reader_frames(r, &nodes, &nr, err);
	free(nodes);
	free(modules);
	return ret;
}

/* Read all of it, strictly. 0: sound; EXIT_MEASURE: cut; negative: error. */
static int check_strict(const char *path, struct err *err)
{
	struct tape_stats stats = { 0 };
	struct tape_reader *r;
	int ret = tape_reader_open(&r, path, 0, err);

	if (ret)
		return ret;
	ret = read_all(&stats, r, err);
	if (!ret) {
		const struct tape_info *info = tape_reader_info(r);

		if (!tape_reader_end(r)->clean) {
			printf("%s: cut at offset %llu, %llu events before "
			       "are whole",
			       path, (ull)(info->bytes - info->lost_bytes),
			       (ull)info->events);
			ret = EXIT_MEASURE;
		} else {
			printf("%s: ok, %llu events", path, (ull)info->events);
		}
		print_notes(r, &stats);
		if (!info->indexed && !ret)
			printf(", its index is missing");
		putchar('\n');
	}
	tape_stats_release(&stats);
	tape_reader_close(r);
	return ret;
}

/* Say what is damaged, and how much is whole. */
static int tell_damage(const char *path, const struct err *damage,
		       struct err *err)
{
	struct tape_stats stats = { 0 };
	struct tape_reader *r;
	int ret = tape_reader_open(&r, path, TAPE_SALVAGE, err);

	if (ret) {
		puts(damage->text);
		err_clear(err);
		return EXIT_MEASURE;
	}
	ret = read_all(&stats, r, err);
	if (!ret) {
		const struct tape_info *info = tape_reader_info(r);

		printf("%s; %llu of %llu blocks are damaged, %llu events in "
		       "the others are whole\n",
		       damage->text, (ull)info->bad_blocks, (ull)info->blocks,
		       (ull)info->events);
	}
	tape_stats_release(&stats);
	tape_reader_close(r);
	return ret ? ret : EXIT_MEASURE;
}

/* As check_strict; damage is told and is no error any more. */
static int check_tape(const char *path, struct err *err)
{
	struct err why = { 0 };
	int ret = check_strict(path, &why);

	if (ret == -ERR_FORMAT || ret == -ERR_TRUNCATED)
		return tell_damage(path, &why, err);
	if (ret < 0)
		return err_set(err, (enum err_code)why.code, 0, "%s", why.text);
	return ret;
}

static int write_stream(void *ctx, const void *buf, size_t len)
{
	errno = 0;
	if (fwrite(buf, 1, len, ctx) == len)
		return 0;
	return errno ? errno : EIO;
}

static int repair(const char *path, struct err *err)
{
	struct outfile out = { 0 };
	struct tape_reader *r;
	const struct tape_info *info;
	char lost[32];
	int ret = tape_reader_open(&r, path, TAPE_SALVAGE, err);

	if (ret)
		return ret;
	info = tape_reader_info(r);
	ret = outfile_open(&out, repair_path, force, err);
	if (!ret) {
		struct tape_sink sink = { write_stream, out.stream };

		ret = tape_repair(r, &sink, err);
	}
	if (!ret)
		ret = outfile_commit(&out, err);
	else
		outfile_abort(&out);
	if (!ret) {
		units_format_bytes(lost, sizeof(lost),
				   (double)info->lost_bytes);
		printf("%s: %llu events saved to %s, %llu blocks and %s left "
		       "out\n",
		       path, (ull)info->events, repair_path,
		       (ull)info->bad_blocks, lost);
	}
	tape_reader_close(r);
	return ret;
}

static int check_args(int nr, struct err *err)
{
	if (!nr)
		return err_set(err, ERR_ARG, 0, "name a tape");
	if (repair_path && nr > 1)
		return err_set(err, ERR_ARG, 0, "--repair takes one tape");
	return 0;
}

int check_verb(int argc, char **argv)
{
	struct err err = { 0 };
	int first, i, worst = EXIT_OK;
	int ret = opt_parse(&spec, argc, argv, false, &first, &err);

	if (ret == OPT_DONE)
		return EXIT_OK;
	if (!ret)
		ret = check_args(argc - first, &err);
	if (ret)
		return opt_usage_error(&spec, &err);
	for (i = first; i < argc && ret >= 0; i++) {
		ret = repair_path ? repair(argv[i], &err)
				  : check_tape(argv[i], &err);
		if (ret > worst)
			worst = ret;
	}
	if (ret >= 0)
		ret = tool_finish_output(&err);
	return ret < 0 ? log_failure(&err) : worst;
}
