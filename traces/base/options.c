// SPDX-License-Identifier: MIT
/*
 * Parsing of a verb's option table with getopt_long. What --help and the man
 * page print is in options_help.c.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/options.h"
#include "traces/base/options_help.h"
#include "traces/base/units.h"

#define MAX_OPTS   64
#define VALUE_BASE 1000 /* getopt value of table entry 0 */

enum { VAL_HELP = 1, VAL_HELP_MAN, VAL_VERSION, VAL_QUIET, VAL_VERBOSE };

static const struct option common_longs[] = {
	{ "help", no_argument, NULL, VAL_HELP },
	{ "help-man", no_argument, NULL, VAL_HELP_MAN },
	{ "version", no_argument, NULL, VAL_VERSION },
	{ "quiet", no_argument, NULL, VAL_QUIET },
	{ "verbose", no_argument, NULL, VAL_VERBOSE },
};

#define NR_COMMON (sizeof(common_longs) / sizeof(common_longs[0]))

static int list_add(struct opt_list *list, const char *item)
{
	const char **items =
		realloc(list->items, (list->nr + 1) * sizeof(*items));

	if (!items)
		return -1;
	items[list->nr++] = item;
	list->items = items;
	return 0;
}

void opt_list_release(struct opt_list *list)
{
	free(list->items);
	memset(list, 0, sizeof(*list));
}

static int parse_count(const char *text, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return *end || errno ? -1 : 0;
}

/* What a value of that type looks like, for the message. */
static const char *wanted(enum opt_type type)
{
	switch (type) {
	case OPT_COUNT:
		return "a number";
	case OPT_BYTES:
		return "a size such as 64K or 2G";
	case OPT_TIME:
		return "a time such as 250ms or 10s";
	case OPT_FLAG:
	case OPT_TEXT:
	case OPT_LIST:
		break;
	}
	return "valid";
}

static int set_value(const struct opt_def *def, const char *arg,
		     struct err *err)
{
	int bad = 0;

	switch (def->type) {
	case OPT_FLAG:
		*(bool *)def->value = true;
		break;
	case OPT_TEXT:
		*(const char **)def->value = arg ? arg : "";
		break;
	case OPT_COUNT:
		bad = parse_count(arg, def->value);
		break;
	case OPT_BYTES:
		bad = units_parse_bytes(arg, def->value);
		break;
	case OPT_TIME:
		bad = units_parse_ns(arg, def->value);
		break;
	case OPT_LIST:
		if (list_add(def->value, arg))
			return err_set(err, ERR_NOMEM, 0, "out of memory");
		break;
	}
	if (bad)
		return err_set(err, ERR_ARG, 0, "--%s: '%s' is not %s",
			       def->long_name, arg, wanted(def->type));
	return 0;
}

/* "[=NAME]" is a value that may be left out, of long options only. */
static int arg_rule(const struct opt_def *def)
{
	if (!def->arg)
		return no_argument;
	return *def->arg == '[' ? optional_argument : required_argument;
}

/* Build getopt's two tables from ours. */
static void build_tables(const struct opt_spec *spec, bool stop_at_args,
			 struct option *longs, char *shorts)
{
	int i, nr;
	char *s = shorts;

	s = stpcpy(s, stop_at_args ? "+:" : ":");
	s = stpcpy(s, "hVqv");
	for (nr = 0; spec->defs[nr].long_name; nr++) {
		const struct opt_def *def = &spec->defs[nr];

		longs[nr] = (struct option){ def->long_name, arg_rule(def),
					     NULL, VALUE_BASE + nr };
		if (def->short_name) {
			*s++ = def->short_name;
			if (def->arg)
				*s++ = ':';
		}
	}
	*s = '\0';
	for (i = 0; i < (int)NR_COMMON; i++)
		longs[nr + i] = common_longs[i];
	memset(&longs[nr + i], 0, sizeof(longs[0]));
}

static int find_short(const struct opt_spec *spec, int c)
{
	int i;

	for (i = 0; spec->defs[i].long_name; i++)
		if (spec->defs[i].short_name == c)
			return i;
	return -1;
}

static int bad_option(int c, char **argv, struct err *err)
{
	if (optopt > 0 && optopt < 256 && optopt >= ' ')
		return err_set(err, ERR_ARG, 0,
			       c == ':' ? "option -%c needs a value"
					: "unknown option -%c",
			       optopt);
	return err_set(err, ERR_ARG, 0,
		       c == ':' ? "option %s needs a value"
				: "unknown option %s",
		       argv[optind - 1]);
}

/* 1: done, print nothing more; 0: go on; -1: not a common option. */
static int common_option(const struct opt_spec *spec, int c)
{
	switch (c) {
	case 'h':
	case VAL_HELP:
		opt_print_help(spec);
		return 1;
	case VAL_HELP_MAN:
		opt_print_man(spec);
		return 1;
	case 'V':
	case VAL_VERSION:
		opt_print_version(spec);
		return 1;
	case 'q':
	case VAL_QUIET:
		log_set_level(-1);
		return 0;
	case 'v':
	case VAL_VERBOSE:
		log_set_level(log_level() + 1);
		return 0;
	}
	return -1;
}

int opt_parse(const struct opt_spec *spec, int argc, char **argv,
	      bool stop_at_args, int *first_arg, struct err *err)
{
	struct option longs[MAX_OPTS + NR_COMMON + 1];
	char shorts[3 * MAX_OPTS + 8];
	int c, ret;

	build_tables(spec, stop_at_args, longs, shorts);
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == '?' || c == ':')
			return bad_option(c, argv, err);
		ret = common_option(spec, c);
		if (ret == 1)
			return OPT_DONE;
		if (ret == 0)
			continue;
		c = c >= VALUE_BASE ? c - VALUE_BASE : find_short(spec, c);
		ret = set_value(&spec->defs[c], optarg, err);
		if (ret)
			return ret;
	}
	*first_arg = optind;
	return OPT_RUN;
}

int opt_usage_error(const struct opt_spec *spec, const struct err *err)
{
	log_error("%s. Try 'heaptape %s --help'.", err->text, spec->verb);
	return EXIT_USAGE;
}
