// SPDX-License-Identifier: MIT
/* Rendering of an option table: --help for a terminal, roff for a man page. */
#include <stdio.h>
#include <string.h>

#include "traces/base/options.h"
#include "traces/base/options_help.h"
#include "traces/base/version.h"

#define HELP_COLUMN 28
#define HELP_WIDTH  62 /* of words; "; see heaptape(1)." must fit behind */

static const struct opt_def common_defs[] = {
	{ 'q', "quiet", NULL, OPT_FLAG, NULL, "say only warnings and errors" },
	{ 'v', "verbose", NULL, OPT_FLAG, NULL,
	  "say more; repeat for still more" },
	{ 'h', "help", NULL, OPT_FLAG, NULL, "show this help" },
	{ 'V', "version", NULL, OPT_FLAG, NULL, "show the version" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static void help_def(const struct opt_def *def)
{
	const char *text = def->help, *nl;
	int used =
		printf(def->short_name ? "  -%c, --%s%s%s" : "  %c   --%s%s%s",
		       def->short_name ? def->short_name : ' ', def->long_name,
		       def->arg && *def->arg != '[' ? "=" : "",
		       def->arg ? def->arg : "");

	if (used >= HELP_COLUMN - 1) {
		putchar('\n');
		used = 0;
	}
	while ((nl = strchr(text, '\n'))) {
		printf("%*s%.*s\n", HELP_COLUMN - used, "", (int)(nl - text),
		       text);
		text = nl + 1;
		used = 0;
	}
	printf("%*s%s\n", HELP_COLUMN - used, "", text);
}

/* Print words, broken into lines of HELP_WIDTH; column is where it starts. */
static void help_words(const char *text, size_t column)
{
	while (*text) {
		size_t len = strcspn(text, " ");

		if (column + len + 1 > HELP_WIDTH) {
			fputs("\n", stdout);
			column = 0;
		}
		column += (size_t)printf(column ? " %.*s" : "%.*s", (int)len,
					 text);
		text += len;
		text += strspn(text, " ");
	}
}

void opt_print_help(const struct opt_spec *spec)
{
	const struct opt_def *def;

	printf("Usage: heaptape %s %s\n%s\n\nOptions:\n", spec->verb,
	       spec->synopsis, spec->summary);
	for (def = spec->defs; def->long_name; def++)
		help_def(def);
	for (def = common_defs; def->long_name; def++)
		help_def(def);
	if (spec->examples)
		printf("\nExamples:\n%s", spec->examples);
	fputs("\nExit status:", stdout);
	help_words(spec->exits, strlen("Exit status:"));
	fputs("; see heaptape(1).\n", stdout);
}

/* roff: a leading dot or quote and every backslash or dash need care. */
static void roff(const char *text)
{
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else if (*text == '\n')
			putchar(' ');
		else
			putchar(*text);
	}
}

static void man_def(const struct opt_def *def)
{
	fputs(".TP\n", stdout);
	if (def->short_name)
		printf("\\fB\\-%c\\fR, ", def->short_name);
	fputs("\\fB\\-\\-", stdout);
	roff(def->long_name);
	fputs("\\fR", stdout);
	if (def->arg)
		printf("%s\\fI%s\\fR", *def->arg == '[' ? "" : "=", def->arg);
	fputs("\n\\&", stdout);
	roff(def->help);
	putchar('\n');
}

void opt_print_man(const struct opt_spec *spec)
{
	const struct opt_def *def;

	printf(".SH NAME\nheaptape\\-%s \\- ", spec->verb);
	roff(spec->summary);
	printf("\n.SH SYNOPSIS\n.B heaptape %s\n", spec->verb);
	roff(spec->synopsis);
	fputs("\n.SH OPTIONS\n", stdout);
	for (def = spec->defs; def->long_name; def++)
		man_def(def);
	for (def = common_defs; def->long_name; def++)
		man_def(def);
	if (spec->examples) {
		const char *line = spec->examples, *nl;

		fputs(".SH EXAMPLES\n.nf\n", stdout);
		for (; (nl = strchr(line, '\n')); line = nl + 1) {
			fputs("\\&", stdout);
			for (; line < nl; line++)
				fputs(*line == '\\'  ? "\\e"
				      : *line == '-' ? "\\-"
						     : (char[]){ *line, 0 },
				      stdout);
			putchar('\n');
		}
		fputs(".fi\n", stdout);
	}
	fputs(".SH \"EXIT STATUS\"\n\\&", stdout);
	roff(spec->exits);
	fputs("; heaptape(1) lists all codes.\n", stdout);
}

void opt_print_version(const struct opt_spec *spec)
{
	printf("heaptape %s %s (tape format %d, result format %d)\n",
	       spec->verb, HEAPTAPE_VERSION, HEAPTAPE_TAPE_FORMAT,
	       HEAPTAPE_RESULT_FORMAT);
}
