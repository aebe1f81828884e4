// SPDX-License-Identifier: MIT
/* What the live line says, and when it may be drawn. */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "recorder/live_line.h"
#include "traces/base/log.h"
#include "traces/base/units.h"

#define TTY_NS   250000000u
#define PLAIN_NS 30000000000u
#define FULL     100u /* columns where nobody tells */
#define ERASE    "\r\033[K"

void live_line_start(struct live_line *l, enum live_when when, uint64_t now_ns)
{
	const char *term = getenv("TERM");

	memset(l, 0, sizeof(*l));
	l->tty = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
	l->on = log_level() >= 0 &&
		(when == LIVE_ALWAYS || (when == LIVE_AUTO && l->tty));
	l->last_ns = now_ns;
	l->next_ns = now_ns + (l->tty ? TTY_NS : PLAIN_NS);
}

/* Append a part, or nothing if it does not fit. */
__attribute__((format(printf, 3, 4))) static char *
add(char *at, const char *end, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(at, (size_t)(end - at), fmt, ap);
	va_end(ap);
	if (len < 0 || len >= end - at)
		*at = '\0';
	else
		at += len;
	return at;
}

char *live_line_format(char *buf, size_t len, const struct live_facts *f,
		       double events_per_s, unsigned width)
{
	char text[32];
	char *at = buf, *end = buf + (width + 1 < len ? width + 1 : len);

	*buf = '\0';
	units_format_ns(text, sizeof(text), (double)f->elapsed_ns);
	at = add(at, end, "%s", text);
	if (f->paused)
		at = add(at, end, ", paused");
	units_format_count(text, sizeof(text), events_per_s);
	at = add(at, end, ", %s events/s", text);
	units_format_count(text, sizeof(text), (double)f->events);
	at = add(at, end, ", %s events", text);
	units_format_bytes(text, sizeof(text), (double)f->live_bytes);
	at = add(at, end, ", live %s", text);
	units_format_bytes(text, sizeof(text), (double)f->rss_bytes);
	at = add(at, end, ", RSS %s", text);
	units_format_bytes(text, sizeof(text), (double)f->tape_bytes);
	at = add(at, end, ", tape %s", text);
	if (f->dropped) {
		units_format_count(text, sizeof(text), (double)f->dropped);
		at = add(at, end, ", %s dropped", text);
	}
	if (f->processes != 1)
		add(at, end, ", %u processes", f->processes);
	return buf;
}

/* Whether to write there would neither block, stop us, nor spoil a screen. */
static bool may_draw(void)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
	struct termios mode;

	return tcgetpgrp(STDERR_FILENO) == getpgrp() &&
	       !tcgetattr(STDERR_FILENO, &mode) && mode.c_lflag & ICANON &&
	       poll(&out, 1, 0) == 1 && out.revents & POLLOUT;
}

static unsigned columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return FULL;
	/* The last column would wrap. */
	return size.ws_col - 1u;
}

static void put(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return;
}

void live_line_draw(struct live_line *l, const struct live_facts *facts,
		    uint64_t now_ns)
{
	char text[240], line[256];
	double rate;

	if (!live_line_is_due(l, now_ns))
		return;
	l->next_ns = now_ns + (l->tty ? TTY_NS : PLAIN_NS);
	rate = now_ns > l->last_ns ? (double)(facts->events - l->last_events) *
					     1e9 / (double)(now_ns - l->last_ns)
				   : 0;
	l->last_ns = now_ns;
	l->last_events = facts->events;
	if (!l->tty) {
		live_line_format(text, sizeof(text), facts, rate, FULL);
		log_note("%s", text);
		return;
	}
	if (!may_draw())
		return;
	live_line_format(text, sizeof(text), facts, rate, columns());
	snprintf(line, sizeof(line), ERASE "%s", text);
	put(line);
	l->drawn = true;
}

void live_line_erase(struct live_line *l)
{
	if (!l->drawn)
		return;
	if (may_draw())
		put(ERASE);
	l->drawn = false;
}
