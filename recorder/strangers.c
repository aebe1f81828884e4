// SPDX-License-Identifier: MIT
/* Judges descendants by the files that they run. */
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "recorder/clock.h"
#include "recorder/descendants.h"
#include "recorder/explain.h"
#include "recorder/recordings.h"
#include "recorder/strangers.h"

#define LOOK_NS  1000000000u
#define SPARE    100        /* so many times what a look took lie between two */
#define YOUNG_NS 300000000u /* its constructors may still be to run */

struct walk {
	struct strangers *s;
	bool again; /* some were too young to judge */
};

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
static void judge(void *ctx, pid_t pid, const char *parent_exe)
{
	struct walk *w = ctx;
	char exe[PATH_MAX], *text;

	process_exe(pid, exe, sizeof(exe));
	if (!strcmp(exe, parent_exe))
		return;
	if (process_age_ns(pid) < YOUNG_NS) {
		w->again = true;
		return;
	}
	text = take_note(w->s, exe);
	if (text)
		explain_process(pid, exe, text, sizeof(w->s->told[0]));
}

/* The last word of /proc/loadavg is the process that was born last. */
static bool somebody_is_new(struct strangers *s)
{
	int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
	char text[128], *last;
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return true;
	text[n] = '\0';
	last = strrchr(text, ' ');
	if (!last || !strcmp(last, s->newest))
		return false;
	snprintf(s->newest, sizeof(s->newest), "%.31s", last);
	return true;
}

void strangers_look(struct strangers *s, struct recordings *all,
		    uint64_t now_ns)
{
	struct walk w = { s, false };
	uint64_t took;

	if (now_ns < s->next_ns)
		return;
	s->next_ns = now_ns + LOOK_NS;
	if (!somebody_is_new(s))
		return;
	descendants_visit(all, judge, &w);
	if (w.again)
		s->newest[0] = '\0';
	took = clock_monotonic_ns() - now_ns;
	if (took * SPARE > LOOK_NS)
		s->next_ns = now_ns + took * SPARE;
}
