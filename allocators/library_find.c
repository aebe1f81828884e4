// SPDX-License-Identifier: MIT
/*
 * Where the dynamic loader would find a shared object: LD_LIBRARY_PATH, the
 * folders that ld.so.conf and the files beside it name, the standard ones.
 */
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocators/library.h"

struct search {
	const char *soname;
	char *path;
	size_t len;
};

static bool in_dir(const struct search *search, const char *dir, size_t dir_len)
{
	int n = snprintf(search->path, search->len, "%.*s/%s", (int)dir_len,
			 dir, search->soname);

	return n > 0 && (size_t)n < search->len &&
	       !library_check(search->path, NULL);
}

/* dirs: parted by colons, as in LD_LIBRARY_PATH; empty parts do not count. */
static bool in_dirs(const struct search *search, const char *dirs)
{
	for (; dirs && *dirs; dirs += *dirs == ':') {
		size_t len = strcspn(dirs, ":");

		if (len && in_dir(search, dirs, len))
			return true;
		dirs += len;
	}
	return false;
}

/* One file of the loader's configuration: the folders, one a line. */
static bool in_conf(const struct search *search, const char *conf)
{
	FILE *stream = fopen(conf, "re");
	char line[PATH_MAX];
	bool found = false;

	while (stream && !found && fgets(line, sizeof(line), stream)) {
		size_t len = strcspn(line, " \t\n#");

		found = line[0] == '/' && in_dir(search, line, len);
	}
	if (stream)
		fclose(stream);
	return found;
}

static bool in_confs(const struct search *search)
{
	bool found = in_conf(search, "/etc/ld.so.conf");
	glob_t confs;
	size_t i;

	if (found || glob("/etc/ld.so.conf.d/*.conf", 0, NULL, &confs))
		return found;
	for (i = 0; i < confs.gl_pathc && !found; i++)
		found = in_conf(search, confs.gl_pathv[i]);
	globfree(&confs);
	return found;
}

/* The last match that can be preloaded: the newest of numbered folders. */
static int find_pattern(const char *pattern, char *path, size_t len)
{
	bool found = false;
	glob_t matches;
	size_t i;

	if (glob(pattern, 0, NULL, &matches))
		return -1;
	for (i = matches.gl_pathc; i > 0 && !found; i--) {
		const char *match = matches.gl_pathv[i - 1];

		found = strlen(match) < len && !library_check(match, NULL);
		if (found)
			strcpy(path, match);
	}
	globfree(&matches);
	return found ? 0 : -1;
}

int library_find(const char *soname, char *path, size_t len)
{
	struct search search = { .soname = soname, .path = path, .len = len };

	if (strchr(soname, '/'))
		return find_pattern(soname, path, len);
	if (in_dirs(&search, getenv("LD_LIBRARY_PATH")) || in_confs(&search) ||
	    in_dirs(&search, "/lib64:/usr/lib64:/lib:/usr/lib"))
		return 0;
	path[0] = '\0';
	return -1;
}
