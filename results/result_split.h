// SPDX-License-Identifier: MIT
/*
 * Where resident bytes are: parts that do not overlap and, with what is left
 * unexplained, add up to it.
 */
#ifndef RESULTS_RESULT_SPLIT_H
#define RESULTS_RESULT_SPLIT_H

#include <stdbool.h>

struct result_checkpoint;

enum split_part {
	SPLIT_RSS, /* the whole */
	SPLIT_REQUESTED,
	SPLIT_ROUNDING, /* usable, beyond what was asked for */
	SPLIT_CACHED,
	SPLIT_FREE,
	SPLIT_METADATA,
	SPLIT_DIRTY,
	SPLIT_UNEXPLAINED, /* what is left; may be below zero */
	SPLIT_PARTS,
};

/* "requested", ...; the metric that has it at the peak. */
const char *result_split_name(enum split_part part);
const char *result_split_metric(enum split_part part);

/*
 * The parts at a checkpoint, NAN where nobody tells. False when all beyond
 * what was asked for is unknown: then there is no split.
 */
bool result_split(const struct result_checkpoint *c, double parts[SPLIT_PARTS]);

#endif
