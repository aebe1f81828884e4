// SPDX-License-Identifier: MIT
/*
 * The callgrind pass: valgrind runs the worker as in a time pass, and counts
 * the instructions of each thread's stream. It needs nothing of the CPU and
 * is exact, but some 20 to 50 times slower, with one thread running at a time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replayer/replay_launch.h"

unsigned replay_callgrind_words(char **argv)
{
	static const char *const words[] = {
		"valgrind",
		"--tool=callgrind",
		"--callgrind-out-file=/dev/null",
		"--toggle-collect=worker_replay",
		"--fair-sched=try",
	};
	unsigned i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		argv[i] = (char *)words[i];
	return i;
}

void replay_callgrind_read(struct worker_report *report, int words_fd)
{
	char text[4096];
	off_t room = sizeof(text) - 1;
	off_t end = lseek(words_fd, 0, SEEK_END);
	ssize_t n = pread(words_fd, text, (size_t)room,
			  end > room ? end - room : 0);
	const char *found;

	text[n > 0 ? n : 0] = '\0';
	found = strstr(text, "Collected :");
	if (found)
		report->instructions =
			strtoull(strchr(found, ':') + 1, NULL, 10);
	if (found || report->state)
		return;
	report->barred = 1;
	snprintf(report->message, sizeof(report->message),
		 "valgrind is not installed, or fails here");
}
