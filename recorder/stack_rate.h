// SPDX-License-Identifier: MIT
/* The options about stacks: of which calls, how deep, how found. Any thread. */
#ifndef RECORDER_STACK_RATE_H
#define RECORDER_STACK_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recorder/ring.h"

struct err;

struct stack_rate {
	bool on;
	enum ring_stacks stacks;
	enum ring_unwind unwind;
	uint32_t depth;
	uint64_t period;
};

/*
 * Read "off", "all", "1/N" or a number of bytes; how to walk: "auto", "dwarf"
 * or "fp"; the most frames. NULL and 0 are the defaults. 0, or -ERR_ARG.
 */
int stack_rate_parse(struct stack_rate *rate, const char *stacks,
		     const char *unwind, uint64_t depth, struct err *err);

/* As the metadata of a tape have it: "all", "1/100", "bytes/524288". */
void stack_rate_describe(const struct stack_rate *rate, char *text, size_t len);

/* Tell the programs; before they start. Sets no mode. */
void stack_rate_announce(const struct stack_rate *rate,
			 struct ring_control *control);

#endif
