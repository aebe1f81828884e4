// SPDX-License-Identifier: MIT
/* The values of options in words, as documents have them. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replayer/replay.h"
#include "traces/base/err.h"

static const char *const pass_names[WORKER_PASSES] = {
	"time",  "alone",        "latency",   "memory",
	"calls", "instructions", "callgrind", "verify"
};
static const char *const touch_names[] = { "none", "first", "pages", "all" };

const char *replay_pass_name(enum worker_pass pass)
{
	return pass_names[pass];
}

const char *replay_touch_name(enum worker_touch touch)
{
	return touch_names[touch];
}

int replay_parse_passes(const char *text, bool passes[WORKER_PASSES],
			struct err *err)
{
	size_t len;
	int i;

	memset(passes, 0, WORKER_PASSES * sizeof(*passes));
	for (; *text; text += len + (text[len] == ',')) {
		len = strcspn(text, ",");
		for (i = 0; i < WORKER_PASSES; i++)
			if (strlen(pass_names[i]) == len &&
			    !strncmp(text, pass_names[i], len))
				break;
		if (i == WORKER_PASSES)
			return err_set(err, ERR_ARG, 0,
				       "unknown pass '%.*s'; there are time, "
				       "alone, latency, memory, calls, "
				       "instructions, callgrind, verify",
				       (int)(len < 80 ? len : 80), text);
		passes[i] = true;
	}
	for (i = 0; i < WORKER_PASSES; i++)
		if (passes[i])
			return 0;
	return err_set(err, ERR_ARG, 0, "--passes names no pass");
}

int replay_parse_pace(const char *text, struct worker_order *order,
		      struct err *err)
{
	char *end = NULL;

	order->speed = 1;
	order->pace = WORKER_RECORDED;
	if (!strcmp(text, "asap"))
		order->pace = WORKER_ASAP;
	else if (!strcmp(text, "virtual"))
		order->pace = WORKER_VIRTUAL;
	else if (*text == 'x')
		order->speed = strtod(text + 1, &end);
	else if (strcmp(text, "recorded") != 0)
		order->speed = NAN;
	if (end && (end == text + 1 || *end))
		order->speed = NAN;
	if (order->speed >= 1e-3 && order->speed <= 1e6)
		return 0;
	return err_set(err, ERR_ARG, 0,
		       "unknown pace '%.80s'; there are asap, recorded, "
		       "virtual, and x10 for ten times as fast (x0.001 to "
		       "x1000000)",
		       text);
}

void replay_pace_name(const struct worker_order *order, char name[32])
{
	if (order->pace == WORKER_RECORDED && order->speed != 1)
		snprintf(name, 32, "x%.10g", order->speed);
	else
		strcpy(name, order->pace == WORKER_ASAP      ? "asap"
			     : order->pace == WORKER_VIRTUAL ? "virtual"
							     : "recorded");
}

int replay_parse_threads(const char *text, uint32_t *threads, size_t *nr,
			 struct err *err)
{
	size_t i;

	*nr = 0;
	for (;; text++) {
		char *end;
		unsigned long n = strtoul(text, &end, 10);

		if (!isdigit((unsigned char)*text) || !n ||
		    n > REPLAY_MAX_THREADS || (*end && *end != ','))
			return err_set(err, ERR_ARG, 0,
				       "--threads must be numbers from 1 to %d "
				       "with commas between, not '%.80s'",
				       REPLAY_MAX_THREADS, text);
		for (i = 0; i < *nr; i++)
			if (threads[i] == n)
				return err_set(err, ERR_ARG, 0,
					       "--threads names %lu twice", n);
		if (*nr == REPLAY_THREAD_COUNTS)
			return err_set(err, ERR_ARG, 0,
				       "--threads takes %d numbers at most",
				       REPLAY_THREAD_COUNTS);
		threads[(*nr)++] = (uint32_t)n;
		text = end;
		if (!*text)
			return 0;
	}
}

int replay_parse_touch(const char *text, enum worker_touch *touch,
		       struct err *err)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (strcmp(text, touch_names[i]) != 0)
			continue;
		*touch = (enum worker_touch)i;
		return 0;
	}
	return err_set(err, ERR_ARG, 0,
		       "unknown touch policy '%.80s'; there are none, first, "
		       "pages, all",
		       text);
}
