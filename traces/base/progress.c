// SPDX-License-Identifier: MIT
/* The progress line: when to draw, how it looks, when to be silent. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "traces/base/log.h"
#include "traces/base/progress.h"
#include "traces/base/units.h"

#define TTY_INTERVAL_NS   100000000ULL
#define PLAIN_INTERVAL_NS 30000000000ULL

static struct {
	char label[64];
	uint64_t total;
	uint64_t start_ns;
	uint64_t next_ns;
	bool active;
	bool drawn;
	bool tty;
} line;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

void progress_start(const char *label, uint64_t total)
{
	const char *term = getenv("TERM");

	memset(&line, 0, sizeof(line));
	snprintf(line.label, sizeof(line.label), "%s", label);
	line.total = total;
	line.start_ns = now_ns();
	line.tty = isatty(STDERR_FILENO) && !(term && !strcmp(term, "dumb"));
	line.next_ns = line.start_ns +
		       (line.tty ? TTY_INTERVAL_NS : PLAIN_INTERVAL_NS);
	line.active = log_level() >= 0;
}

static void format_state(char *buf, size_t len, uint64_t done, uint64_t now)
{
	uint64_t spent = now - line.start_ns;
	char eta[32];

	if (!line.total || !done || done > line.total) {
		snprintf(buf, len, "%s", line.label);
		return;
	}
	units_format_ns(eta, sizeof(eta),
			(double)spent * (double)(line.total - done) /
				(double)done);
	snprintf(buf, len, "%s %3u %%, about %s left", line.label,
		 (unsigned)(100.0 * (double)done / (double)line.total), eta);
}

void progress_update(uint64_t done, const char *detail)
{
	uint64_t now;
	char state[160];

	if (!line.active)
		return;
	now = now_ns();
	if (now < line.next_ns)
		return;
	line.next_ns = now + (line.tty ? TTY_INTERVAL_NS : PLAIN_INTERVAL_NS);
	format_state(state, sizeof(state), done, now);
	if (!line.tty) {
		fprintf(stderr, "%s  %s\n", state, detail ? detail : "");
		return;
	}
	fprintf(stderr, "\r\033[K%s  %s", state, detail ? detail : "");
	fflush(stderr);
	line.drawn = true;
}

void progress_clear(void)
{
	if (!line.drawn)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	line.drawn = false;
}

void progress_stop(void)
{
	progress_clear();
	line.active = false;
}
