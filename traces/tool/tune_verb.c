// SPDX-License-Identifier: MIT
/* heaptape tune: settings of an allocator fitted to what is on tapes. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/base/log.h"
#include "traces/base/options.h"
#include "traces/base/units.h"
#include "traces/tape_reader.h"
#include "traces/tool/class_table.h"
#include "traces/tool/tape_tool.h"

static bool classes;
static bool as_json;
static bool force;
static const char *out_path;

static const struct opt_def defs[] = {
	{ 0, "classes", NULL, OPT_FLAG, &classes,
	  "fit the size classes of arena; has to be given" },
	{ 'o', "output", "FILE", OPT_TEXT, &out_path,
	  "write the table to FILE instead of standard output" },
	{ 'f', "force", NULL, OPT_FLAG, &force, "replace FILE if it exists" },
	{ 'j', "json", NULL, OPT_FLAG, &as_json,
	  "print one JSON document; with -o beside the table" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "tune",
	.synopsis = "--classes [OPTION]... TAPE...",
	.summary = "Fit arena's size classes to the sizes on tapes.",
	.examples = "  heaptape tune --classes -o app.classes app.tape\n"
		    "  heaptape replay app.tape -a arena "
		    "-a arena,ARENA_CONF=classes:app.classes\n"
		    "  ARENA_CONF=classes:app.classes LD_PRELOAD=libarena.so "
		    "./app\n",
	.exits = "0 done, 2 usage, 4 a tape is corrupt, 5 not possible here",
	.defs = defs,
};

struct tuned {
	struct size_profile profile;
	struct class_table plain, fitted;
	double asked_bytes; /* of blocks that classes hold */
};

static double percent(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : 0;
}

static double waste_percent(const struct class_table *t,
			    const struct tuned *all)
{
	return percent(t->rounding_bytes + t->page_bytes, all->asked_bytes);
}

static int add_tape(struct size_profile *p, const char *path, struct err *err)
{
	struct tape_reader *r;
	int ret = tape_reader_open(&r, path, 0, err);

	if (ret)
		return ret;
	tool_warn_cut(r);
	ret = size_profile_add(p, r, err);
	tape_reader_close(r);
	return ret;
}

static int tune(struct tuned *t, char **tapes, struct err *err)
{
	size_t i;
	int ret = 0;

	for (; *tapes && !ret; tapes++)
		ret = add_tape(&t->profile, *tapes, err);
	if (ret)
		return ret;
	for (i = 0; i <= CLASS_GRAINS; i++)
		t->asked_bytes += t->profile.bytes[i];
	class_table_plain(&t->plain, &t->profile);
	return class_table_fit(&t->fitted, &t->profile, err);
}

static void print_waste(FILE *to, const char *name, const struct class_table *t,
			const struct tuned *all)
{
	fprintf(to,
		"# %s: %zu classes, waste %.2f %%: rounding %.2f %%, their "
		"last pages %.2f %%\n",
		name, t->nr, waste_percent(t, all),
		percent(t->rounding_bytes, all->asked_bytes),
		percent(t->page_bytes, all->asked_bytes));
}

/* One size a line; what explains it stands behind a #. */
static void print_table(FILE *to, const struct tuned *t)
{
	char asked[32], above[32];
	size_t i;

	units_format_bytes(asked, sizeof(asked), t->asked_bytes);
	units_format_bytes(above, sizeof(above), t->profile.bytes_above);
	fprintf(to,
		"# size classes for arena: ARENA_CONF=classes:THIS_FILE\n"
		"# fitted to %s alive on average (and %s above %d bytes)\n",
		asked, above, CLASS_LAST_BYTES);
	print_waste(to, "arena's own", &t->plain, t);
	print_waste(to, "these", &t->fitted, t);
	for (i = 0; i < t->fitted.nr; i++)
		fprintf(to, "%u\n", t->fitted.sizes[i]);
}

static int write_table(const struct tuned *t, struct err *err)
{
	struct outfile out = { 0 };
	int ret = outfile_open(&out, out_path, force, err);

	if (ret)
		return ret;
	print_table(out.stream, t);
	return outfile_commit(&out, err);
}

static json_t *table_object(const struct class_table *t)
{
	json_t *sizes = json_array();
	size_t i;

	for (i = 0; i < t->nr; i++)
		json_array_append_new(sizes, json_integer(t->sizes[i]));
	return json_pack("{s:f, s:f, s:o}", "rounding_bytes", t->rounding_bytes,
			 "page_bytes", t->page_bytes, "classes", sizes);
}

static int print_json(const struct tuned *t, struct err *err)
{
	json_t *root;
	int ret = 0;

	root = json_pack("{s:s, s:f, s:f, s:o, s:o}", "schema",
			 "heaptape-tune/1", "live_mean_bytes", t->asked_bytes,
			 "live_mean_above_bytes", t->profile.bytes_above,
			 "plain", table_object(&t->plain), "fitted",
			 table_object(&t->fitted));
	if (!root || json_dumpf(root, stdout, JSON_INDENT(2)))
		ret = err_set(err, ERR_IO, 0, "cannot write the document");
	json_decref(root);
	putchar('\n');
	return ret;
}

static int print(const struct tuned *t, struct err *err)
{
	int ret = out_path ? write_table(t, err) : 0;

	if (!ret && as_json)
		ret = print_json(t, err);
	else if (!ret && !out_path)
		print_table(stdout, t);
	else if (!ret)
		printf("%s: its classes waste %.2f %% of what lives, arena's "
		       "own %.2f %%\n",
		       out_path, waste_percent(&t->fitted, t),
		       waste_percent(&t->plain, t));
	return ret ? ret : tool_finish_output(err);
}

static int check_args(int nr, struct err *err)
{
	if (!classes)
		return err_set(err, ERR_ARG, 0, "say what to fit: --classes");
	if (!nr)
		return err_set(err, ERR_ARG, 0, "name a tape");
	return 0;
}

int tune_verb(int argc, char **argv)
{
	struct err err = { 0 };
	struct tuned *t;
	int first, ret = opt_parse(&spec, argc, argv, false, &first, &err);

	if (ret == OPT_DONE)
		return EXIT_OK;
	if (!ret)
		ret = check_args(argc - first, &err);
	if (ret)
		return opt_usage_error(&spec, &err);
	t = calloc(1, sizeof(*t));
	if (!t)
		ret = err_set(&err, ERR_NOMEM, 0, "out of memory");
	if (!ret)
		ret = tune(t, argv + first, &err);
	if (!ret)
		ret = print(t, &err);
	free(t);
	return ret ? log_failure(&err) : EXIT_OK;
}
