// SPDX-License-Identifier: MIT
/*
 * heaptape allocators: the registered allocators with path, version and knobs
 * worth trying, and which package brings those that are not installed.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocators/registry.h"
#include "traces/base/err.h"
#include "traces/base/log.h"
#include "traces/base/options.h"

static bool as_json;

static const struct opt_def defs[] = {
	{ 'j', "json", NULL, OPT_FLAG, &as_json,
	  "print one JSON document instead of the table" },
	{ 0, NULL, NULL, OPT_FLAG, NULL, NULL },
};

static const struct opt_spec spec = {
	.verb = "allocators",
	.synopsis = "[OPTION]...",
	.summary = "List the allocators that replay knows, and their knobs.",
	.examples =
		"  heaptape allocators          what is installed, by name\n"
		"  heaptape allocators -v       with the knobs worth trying\n",
	.exits = "0 done, 2 usage",
	.defs = defs,
};

static const char *or_dash(const char *text)
{
	return text && *text ? text : "-";
}

/* The names of the variables in a list of knobs, each once. */
static void knob_names(const struct alloc_entry *entry, char *buf, size_t len)
{
	const char *const *knob, *last = "";
	size_t used = 0, key;

	snprintf(buf, len, "-");
	for (knob = entry->knobs; *knob; knob++) {
		key = strcspn(*knob, "=");
		if (strncmp(*knob, last, key + 1) && used < len)
			used += (size_t)snprintf(buf + used, len - used,
						 "%s%.*s", used ? " " : "",
						 (int)key, *knob);
		last = *knob;
	}
}

static void print_knobs(const struct alloc_entry *entry)
{
	const char *const *knob;

	for (knob = entry->knobs; *knob; knob++) {
		const char *what = strstr(*knob, "  ");

		printf("    -a %s,%.*s\n", entry->name, (int)(what - *knob),
		       *knob);
		printf("        %s\n", what + 2);
	}
}

static void print_installed(const struct alloc_entry *entry)
{
	struct alloc_arm arm;
	const char *path;
	char names[256];

	if (alloc_arm_parse(&arm, entry->name, NULL))
		return;
	path = arm.is_null       ? "(no library)"
	       : *entry->sonames ? arm.path
				 : "(the C library)";
	if (log_level() > 0) {
		printf("%s %s  %s\n    %s\n", arm.name, arm.version, path,
		       entry->summary);
		print_knobs(entry);
	} else {
		knob_names(entry, names, sizeof(names));
		printf("%-10s %-8s %s\n", arm.name, or_dash(arm.version), path);
		if (*entry->knobs)
			printf("%-19s knobs: %s\n", "", names);
	}
	alloc_arm_release(&arm);
}

static void print_missing(const struct alloc_entry *entries, size_t nr)
{
	const char *sep = "not installed: ";
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!alloc_entry_find(&entries[i], path, sizeof(path), NULL))
			continue;
		printf("%s%s (%s%s)", sep, entries[i].name,
		       entries[i].package ? "package " : "no package: give ",
		       entries[i].package ? entries[i].package
					  : "NAME=PATH.so");
		sep = ", ";
	}
	if (*sep == ',')
		putchar('\n');
}

static json_t *knobs_json(const struct alloc_entry *entry)
{
	json_t *list = json_array();
	const char *const *knob;

	for (knob = entry->knobs; *knob; knob++) {
		const char *what = strstr(*knob, "  ");

		json_array_append_new(list,
				      json_pack("{s:s%, s:s}", "setting", *knob,
						(size_t)(what - *knob), "help",
						what + 2));
	}
	return list;
}

static json_t *entry_json(const struct alloc_entry *entry)
{
	struct alloc_arm arm;
	bool installed = !alloc_arm_parse(&arm, entry->name, NULL);
	json_t *object;

	if (!installed)
		memset(&arm, 0, sizeof(arm));
	object = json_pack("{s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:o}", "name",
			   entry->name, "summary", entry->summary, "installed",
			   installed, "path", arm.path, "version", arm.version,
			   "build_id", arm.build_id, "package",
			   entry->package ? entry->package : "", "knobs",
			   knobs_json(entry));
	alloc_arm_release(&arm);
	return object;
}

static int print_json(const struct alloc_entry *entries, size_t nr)
{
	json_t *list = json_array(), *root;
	size_t i;
	int failed;

	for (i = 0; i < nr; i++)
		json_array_append_new(list, entry_json(&entries[i]));
	root = json_pack("{s:s, s:o}", "schema", "heaptape-allocators/1",
			 "allocators", list);
	failed = !root || json_dumpf(root, stdout, JSON_INDENT(2));
	json_decref(root);
	putchar('\n');
	return failed;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	int first_arg, rc;
	size_t nr, i;
	const struct alloc_entry *entries = alloc_entries(&nr);

	log_init("heaptape-allocators", 0);
	rc = opt_parse(&spec, argc, argv, false, &first_arg, &err);
	if (rc == OPT_DONE)
		return EXIT_OK;
	if (rc >= 0 && first_arg < argc)
		rc = err_set(&err, ERR_ARG, 0, "unexpected argument '%s'",
			     argv[first_arg]);
	if (rc < 0)
		return opt_usage_error(&spec, &err);
	rc = 0;
	if (as_json)
		rc = print_json(entries, nr);
	else if (log_level() <= 0)
		printf("%-10s %-8s %s\n", "NAME", "VERSION", "LIBRARY");
	for (i = 0; i < nr && !as_json; i++)
		print_installed(&entries[i]);
	if (!as_json)
		print_missing(entries, nr);
	if (fflush(stdout) || ferror(stdout) || rc) {
		log_error("cannot write the list to the standard output");
		return EXIT_ENVIRONMENT;
	}
	return EXIT_OK;
}
