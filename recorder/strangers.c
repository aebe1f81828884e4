// SPDX-License-Identifier: MIT
/* Walks /proc from the recorded processes down to their descendants. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder/clock.h"
#include "recorder/explain.h"
#include "recorder/recordings.h"
#include "recorder/strangers.h"

#define LOOK_NS   1000000000u
#define SPARE     100 /* so many times what a look took lie between two */
#define YOUNG_NS  300000000u /* its constructors may still be to run */
#define DEPTH_MAX 32

struct walk {
	struct strangers *s;
	struct recordings *all;
	bool again; /* some were too young to judge */
};

static size_t read_text(const char *path, char *text, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, len - 1) : -1;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static uint32_t hash(const char *text)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h;
}

/* Room for a program's reason; NULL: it has been told, or there is none. */
static char *take_note(struct strangers *s, const char *exe)
{
	uint32_t program = hash(exe);
	unsigned i;

	for (i = 0; i < s->nr; i++)
		if (s->program[i] == program)
			return NULL;
	if (s->nr == STRANGERS_MAX)
		return NULL;
	s->program[s->nr] = program;
	return s->told[s->nr++];
}

void strangers_add(struct strangers *s, const char *exe)
{
	char *text = take_note(s, exe);

	if (text)
		explain_unloaded(exe, text, sizeof(s->told[0]));
}

/* A child that is not recorded: one that has only forked is no stranger. */
static void judge(struct walk *w, pid_t pid, const char *parent)
{
	char exe[PATH_MAX], *text;

	process_exe(pid, exe, sizeof(exe));
	if (!strcmp(exe, parent))
		return;
	if (process_age_ns(pid) < YOUNG_NS) {
		w->again = true;
		return;
	}
	text = take_note(w->s, exe);
	if (text)
		explain_process(pid, exe, text, sizeof(w->s->told[0]));
}

static void visit(struct walk *w, pid_t pid, unsigned depth);

static void visit_children(struct walk *w, const char *list, const char *parent,
			   unsigned depth)
{
	char *end;
	long pid;

	for (; (pid = strtol(list, &end, 10)) > 0; list = end) {
		/* Recorded ones are visited for themselves. */
		if (recordings_by_pid(w->all, (pid_t)pid))
			continue;
		judge(w, (pid_t)pid, parent);
		visit(w, (pid_t)pid, depth + 1);
	}
}

/* Each thread has children of its own. */
static void visit(struct walk *w, pid_t pid, unsigned depth)
{
	const struct dirent *entry;
	char path[300], list[4096], exe[PATH_MAX];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = depth < DEPTH_MAX ? opendir(path) : NULL;
	if (!dir)
		return;
	process_exe(pid, exe, sizeof(exe));
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/children",
			 (int)pid, entry->d_name);
		if (entry->d_name[0] != '.' &&
		    read_text(path, list, sizeof(list)))
			visit_children(w, list, exe, depth);
	}
	closedir(dir);
}

/* The last word of /proc/loadavg is the process that was born last. */
static bool somebody_is_new(struct strangers *s)
{
	char text[128], *last;

	if (!read_text("/proc/loadavg", text, sizeof(text)))
		return true;
	last = strrchr(text, ' ');
	if (!last || !strcmp(last, s->newest))
		return false;
	snprintf(s->newest, sizeof(s->newest), "%.31s", last);
	return true;
}

void strangers_look(struct strangers *s, struct recordings *all,
		    uint64_t now_ns)
{
	struct walk w = { s, all, false };
	uint64_t took;
	size_t i;

	if (now_ns < s->next_ns)
		return;
	s->next_ns = now_ns + LOOK_NS;
	if (!somebody_is_new(s))
		return;
	if (!all->first.process.over)
		visit(&w, all->first.process.pid, 0);
	for (i = 0; i < all->nr; i++)
		visit(&w, all->other[i]->process.pid, 0);
	if (w.again)
		s->newest[0] = '\0';
	took = clock_monotonic_ns() - now_ns;
	if (took * SPARE > LOOK_NS)
		s->next_ns = now_ns + took * SPARE;
}
