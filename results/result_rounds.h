// SPDX-License-Identifier: MIT
/*
 * How many rounds a campaign needs, for who measures: a first number, then
 * looks at what is there. Looks share the error, see "looks" in the documents'
 * config.
 */
#ifndef RESULTS_RESULT_ROUNDS_H
#define RESULTS_RESULT_ROUNDS_H

#include <stddef.h>
#include <stdint.h>

struct err;

#define RESULT_LOOKS 3 /* at the first number of rounds, 2 and 4 times that */

/* Rounds until the first look; passes as in the config, "time,latency". */
uint64_t result_rounds_first(const char *passes);

/*
 * Whether the documents of that tape decide time, memory peak and tail of all
 * arms against the base: 1; else 0, and what is open goes into why. Negative
 * as of campaign_load. Any thread.
 */
int result_rounds_decided(const char *dir, const char *tape, char *why,
			  size_t len, struct err *err);

#endif
