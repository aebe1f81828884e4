// SPDX-License-Identifier: MIT
/*
 * The line on the terminal while a program is recorded. It is drawn only
 * where that cannot delay or stop us: never onto a terminal that is full,
 * halted, another job's, or used by a program that draws on it itself. One
 * user at a time.
 */
#ifndef RECORDER_LIVE_LINE_H
#define RECORDER_LIVE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum live_when {
	LIVE_AUTO = 0, /* on a terminal */
	LIVE_ALWAYS,   /* elsewhere a plain line every 30 s */
	LIVE_NEVER,
};

/* What there is to tell; sums over all processes. */
struct live_facts {
	uint64_t elapsed_ns;
	uint64_t events;
	uint64_t live_bytes; /* as estimated, see live_bytes.h */
	uint64_t rss_bytes;
	uint64_t tape_bytes;
	uint64_t dropped;
	unsigned processes;
	bool paused;
};

struct live_line {
	bool on;
	bool tty;
	bool drawn;
	uint64_t next_ns;
	uint64_t last_ns; /* what the rate is counted from */
	uint64_t last_events;
};

/* Nothing is drawn when the log is quiet. now_ns is any clock that goes on. */
void live_line_start(struct live_line *l, enum live_when when, uint64_t now_ns);

static inline bool live_line_is_due(const struct live_line *l, uint64_t now_ns)
{
	return l->on && now_ns >= l->next_ns;
}

/* Draw if it is due. */
void live_line_draw(struct live_line *l, const struct live_facts *facts,
		    uint64_t now_ns);

/* Erase it; the next draw draws it anew. */
void live_line_erase(struct live_line *l);

/* The text of it, for at most width columns. Returns buf. */
char *live_line_format(char *buf, size_t len, const struct live_facts *facts,
		       double events_per_s, unsigned width);

#endif
