// SPDX-License-Identifier: MIT
/*
 * Arms: from a spec to a path, a version and knobs. The table of allocators
 * is registry_entries.c; what ELF files tell is library.c.
 */
#include <ctype.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocators/arena/arena.h"
#include "allocators/library.h"
#include "allocators/registry.h"
#include "allocators/registry_entries.h"
#include "traces/base/err.h"
#include "traces/base/files.h"

/* Index of the entry of that name, or -1. */
static int entry_index(const char *name)
{
	size_t nr, i;
	const struct alloc_entry *entries = alloc_entries(&nr);

	for (i = 0; i < nr; i++)
		if (!strcmp(entries[i].name, name))
			return (int)i;
	return -1;
}

int alloc_entry_find(const struct alloc_entry *entry, char *path, size_t len,
		     struct err *err)
{
	const char *const *soname = entry->sonames;

	path[0] = '\0';
	if (!*soname)
		return 0;
	for (; *soname; soname++)
		if (!files_find_part(*soname, path, len, NULL) ||
		    !library_find(*soname, path, len))
			return 0;
	if (!strcmp(entry->name, "arena"))
		return files_find_part(entry->sonames[0], path, len, err);
	path[0] = '\0';
	if (!entry->package)
		return err_set(err, ERR_MISSING, 0,
			       "%s is not installed; give the path of its "
			       "library: %s=/path/%s",
			       entry->name, entry->name, entry->sonames[0]);
	return err_set(err, ERR_MISSING, 0,
		       "%s is not installed; install the package %s, or give "
		       "a path: %s=/path/%s",
		       entry->name, entry->package, entry->name,
		       entry->sonames[0]);
}

const char *alloc_identify(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;
	size_t nr, i;
	const struct alloc_entry *entries = alloc_entries(&nr);

	for (i = 0; i < nr; i++) {
		const char *prefix = alloc_traits(i)->file_prefix;

		if (prefix && !strncmp(file, prefix, strlen(prefix)))
			return entries[i].name;
	}
	for (i = 0; i < nr; i++) {
		const char *symbol = alloc_traits(i)->symbol;

		if (symbol && library_exports(path, symbol))
			return entries[i].name;
	}
	return "";
}

/* Keep the first number of a text, such as "2.10" of "gperftools 2.10". */
static void keep_number(struct alloc_arm *arm, const char *text)
{
	text += strcspn(text, "0123456789");
	snprintf(arm->version, sizeof(arm->version), "%.*s",
		 (int)strspn(text, "0123456789."), text);
}

/* The version by a text inside the object or inside the one beside it. */
static void version_by_text(struct alloc_arm *arm,
			    const struct alloc_traits *traits)
{
	const char *path = arm->path, *slash = strrchr(path, '/');
	char beside[PATH_MAX * 2], text[64] = "";

	if (traits->version_soname && slash) {
		snprintf(beside, sizeof(beside), "%.*s/%s", (int)(slash - path),
			 path, traits->version_soname);
		library_text(beside, traits->version_text, text, sizeof(text));
	} else {
		library_text(path, traits->version_text, text, sizeof(text));
	}
	keep_number(arm, text);
}

/* The version by the numbers that end the real name: libx.so.2.0 is 2.0. */
static void version_by_file(struct alloc_arm *arm)
{
	char real[PATH_MAX];
	const char *dot;

	if (!realpath(arm->path, real) || !(dot = strstr(real, ".so.")))
		return;
	if (strlen(dot) < 32 && strchr(dot + 4, '.'))
		keep_number(arm, dot + 4);
}

static void fill_version(struct alloc_arm *arm, const char *known)
{
	int i = entry_index(known);

	if (!strcmp(known, "glibc") && !arm->path[0])
		snprintf(arm->version, sizeof(arm->version), "%s",
			 gnu_get_libc_version());
	else if (!strcmp(known, "arena"))
		strcpy(arm->version, ARENA_VERSION);
	else if (!strcmp(known, "mimalloc"))
		version_by_file(arm);
	else if (i >= 0 && alloc_traits((size_t)i)->version_text)
		version_by_text(arm, alloc_traits((size_t)i));
}

/* Resolve a library named by the user: a path, or a soname to search. */
static int arm_set_library(struct alloc_arm *arm, const char *library,
			   struct err *err)
{
	char found[PATH_MAX];

	if (!strchr(library, '/') &&
	    !library_find(library, found, sizeof(found)))
		library = found;
	if (!realpath(library, arm->path))
		return err_set(err, ERR_MISSING, errno,
			       "cannot find the allocator library %s", library);
	if (strpbrk(arm->path, ": \t"))
		return err_set(err, ERR_ARG, 0,
			       "%s cannot be preloaded: its path has a space "
			       "or a colon",
			       arm->path);
	return library_check(arm->path, err);
}

static int arm_set_registered(struct alloc_arm *arm, const char *name,
			      struct err *err)
{
	int i = entry_index(name);
	size_t nr;

	if (i < 0)
		return err_set(err, ERR_ARG, 0,
			       "unknown allocator '%s'; 'heaptape allocators' "
			       "lists the known ones, NAME=PATH.so adds one",
			       name);
	arm->is_null = !strcmp(name, "null");
	return alloc_entry_find(&alloc_entries(&nr)[i], arm->path,
				sizeof(arm->path), err);
}

/* The first part of a spec: NAME, NAME=LIBRARY or a path. */
static int arm_set_allocator(struct alloc_arm *arm, char *text, struct err *err)
{
	char *equals = strchr(text, '='), *slash = strchr(text, '/');
	const char *library = NULL, *known;
	int rc;

	if (slash && (!equals || slash < equals)) {
		library = text;
	} else if (equals) {
		*equals = '\0';
		library = equals + 1;
	}
	rc = library ? arm_set_library(arm, library, err)
		     : arm_set_registered(arm, text, err);
	if (rc)
		return rc;
	known = library ? alloc_identify(arm->path) : text;
	if (library == text)
		text = *known ? (char *)known : strrchr(arm->path, '/') + 1;
	if (!*text || strlen(text) >= sizeof(arm->name))
		return err_set(err, ERR_ARG, 0,
			       "the name of an allocator must have 1 to %zu "
			       "letters: '%.80s'",
			       sizeof(arm->name) - 1, text);
	strcpy(arm->name, text);
	fill_version(arm, known);
	if (arm->path[0])
		library_build_id(arm->path, arm->build_id,
				 sizeof(arm->build_id));
	return 0;
}

/* Length of the variable's name in "KEY=VALUE"; 0 where it is none. */
static size_t key_length(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	return text[n] == '=' && !isdigit((unsigned char)text[0]) ? n : 0;
}

/*
 * Add one part after a comma. The options of some allocators are parted by
 * commas themselves (MALLOC_CONF=a:1,b:2): what is no KEY=VALUE but has a
 * colon goes on with the value before it.
 */
static int arm_add_knob(struct alloc_arm *arm, const char *text,
			struct err *err)
{
	char *joined;

	if (!key_length(text) && arm->nr_knobs && strchr(text, ':')) {
		char **last = &arm->knobs[arm->nr_knobs - 1];

		if (asprintf(&joined, "%s,%s", *last, text) < 0)
			return err_set(err, ERR_NOMEM, 0, "out of memory");
		free(*last);
		*last = joined;
		return 0;
	}
	if (!key_length(text))
		return err_set(err, ERR_ARG, 0,
			       "'%s' is no knob of the form KEY=VALUE in the "
			       "allocator '%s'",
			       text, arm->label);
	if (arm->nr_knobs == ALLOC_KNOBS_MAX)
		return err_set(err, ERR_ARG, 0,
			       "more than %d knobs in the allocator '%s'",
			       ALLOC_KNOBS_MAX, arm->label);
	joined = strdup(text);
	if (!joined)
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	arm->knobs[arm->nr_knobs++] = joined;
	return 0;
}

int alloc_arm_parse(struct alloc_arm *arm, const char *spec, struct err *err)
{
	char buf[sizeof(arm->label) + PATH_MAX], *rest = buf, *part;
	int rc;

	memset(arm, 0, sizeof(*arm));
	if (!*spec || strlen(spec) >= sizeof(arm->label))
		return err_set(err, ERR_ARG, 0,
			       "an allocator must be named with 1 to %zu "
			       "letters: '%.80s'",
			       sizeof(arm->label) - 1, spec);
	strcpy(arm->label, spec);
	strcpy(buf, spec);
	rc = arm_set_allocator(arm, strsep(&rest, ","), err);
	while (!rc && (part = strsep(&rest, ",")))
		rc = arm_add_knob(arm, part, err);
	if (rc)
		alloc_arm_release(arm);
	return rc;
}

void alloc_arm_release(struct alloc_arm *arm)
{
	while (arm->nr_knobs)
		free(arm->knobs[--arm->nr_knobs]);
}
