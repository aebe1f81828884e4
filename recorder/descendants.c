// SPDX-License-Identifier: MIT
/* Walks /proc from the recorded processes down. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "recorder/descendants.h"
#include "recorder/recordings.h"

#define DEPTH_MAX 32 /* generations that are not recorded */

struct walk {
	struct recordings *all;
	void (*visit)(void *ctx, pid_t pid, const char *parent_exe);
	void *ctx;
};

static void walk_children(const struct walk *w, pid_t pid, unsigned depth);

/* The pids in one thread's list of children; a very long list is cut. */
static void walk_list(const struct walk *w, const char *list, const char *exe,
		      unsigned depth)
{
	char *end;
	long pid;

	for (; (pid = strtol(list, &end, 10)) > 0; list = end) {
		/* Recorded ones are walked for themselves. */
		if (recordings_by_pid(w->all, (pid_t)pid))
			continue;
		w->visit(w->ctx, (pid_t)pid, exe);
		walk_children(w, (pid_t)pid, depth + 1);
	}
}

static void walk_thread(const struct walk *w, const char *path, const char *exe,
			unsigned depth)
{
	char list[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, list, sizeof(list) - 1) : -1;

	if (fd >= 0)
		close(fd);
	list[n > 0 ? n : 0] = '\0';
	if (n > 0)
		walk_list(w, list, exe, depth);
}

/* Each thread has children of its own. */
static void walk_children(const struct walk *w, pid_t pid, unsigned depth)
{
	const struct dirent *entry;
	char path[300], exe[PATH_MAX];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = depth < DEPTH_MAX ? opendir(path) : NULL;
	if (!dir)
		return;
	process_exe(pid, exe, sizeof(exe));
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/children",
			 (int)pid, entry->d_name);
		walk_thread(w, path, exe, depth);
	}
	closedir(dir);
}

void descendants_visit(struct recordings *all,
		       void (*visit)(void *ctx, pid_t pid,
				     const char *parent_exe),
		       void *ctx)
{
	const struct walk w = { all, visit, ctx };
	size_t i;

	if (!all->first.process.over)
		walk_children(&w, all->first.process.pid, 0);
	for (i = 0; i < all->nr; i++)
		if (!all->other[i]->process.over)
			walk_children(&w, all->other[i]->process.pid, 0);
}
