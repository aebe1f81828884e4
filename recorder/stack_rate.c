// SPDX-License-Identifier: MIT
/* The options about stacks; see stack_rate.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/stack_rate.h"
#include "traces/base/err.h"
#include "traces/base/units.h"

#define DEPTH_DEFAULT 64
#define PERIOD_MAX    (1ull << 48)

static int parse_rate(struct stack_rate *rate, const char *text)
{
	char *end;

	if (!strcmp(text, "off") || !strcmp(text, "all")) {
		rate->on = text[0] == 'a';
		return 0;
	}
	rate->on = true;
	if (!strncmp(text, "1/", 2)) {
		rate->stacks = RING_STACKS_CALLS;
		rate->period = strtoull(text + 2, &end, 10);
		if (text[2] < '0' || text[2] > '9' || *end)
			return -1;
	} else {
		rate->stacks = RING_STACKS_BYTES;
		if (units_parse_bytes(text, &rate->period))
			return -1;
	}
	if (rate->period == 1)
		rate->stacks = RING_STACKS_ALL;
	return rate->period && rate->period <= PERIOD_MAX ? 0 : -1;
}

int stack_rate_parse(struct stack_rate *rate, const char *stacks,
		     const char *unwind, uint64_t depth, struct err *err)
{
	*rate = (struct stack_rate){ .depth = DEPTH_DEFAULT, .period = 1 };
	if (stacks && parse_rate(rate, stacks))
		return err_set(err, ERR_ARG, 0,
			       "--stacks=%s: it is off, all, 1/N or a size "
			       "such as 512K",
			       stacks);
	if (depth > RING_DEPTH_MAX)
		return err_set(err, ERR_ARG, 0,
			       "--depth=%" PRIu64 ": it is %d at most", depth,
			       RING_DEPTH_MAX);
	if (depth)
		rate->depth = (uint32_t)depth;
	if (!unwind || !strcmp(unwind, "auto"))
		rate->unwind = RING_UNWIND_AUTO;
	else if (!strcmp(unwind, "dwarf"))
		rate->unwind = RING_UNWIND_DWARF;
	else if (!strcmp(unwind, "fp"))
		rate->unwind = RING_UNWIND_FP;
	else
		return err_set(err, ERR_ARG, 0,
			       "--unwind=%s: it is auto, dwarf or fp", unwind);
	return 0;
}

void stack_rate_describe(const struct stack_rate *rate, char *text, size_t len)
{
	if (rate->stacks == RING_STACKS_ALL)
		snprintf(text, len, "all");
	else
		snprintf(text, len, "%s/%" PRIu64,
			 rate->stacks == RING_STACKS_CALLS ? "1" : "bytes",
			 rate->period);
}

void stack_rate_announce(const struct stack_rate *rate,
			 struct ring_control *control)
{
	control->stacks = rate->stacks;
	control->unwind = rate->unwind;
	control->stack_depth = rate->depth;
	control->stack_period = rate->period;
}
