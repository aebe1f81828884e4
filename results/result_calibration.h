// SPDX-License-Identifier: MIT
/*
 * What a machine can tell apart: a campaign of one arm against itself (A/A),
 * metric by metric: the noise, and the smallest change that so many rounds
 * find. A document, "format": "heaptape-calibration", made once per machine
 * and read by comparisons and gates. Any thread, each its own struct.
 */
#ifndef RESULTS_RESULT_CALIBRATION_H
#define RESULTS_RESULT_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "results/result.h"

struct err;

#define CALIBRATION_FILE "calibration.json" /* in the campaign's folder */

/* One metric on one tape. Parts of 1: 0.05 is 5 %. */
struct calibration_entry {
	char tape[512];
	char metric[48];
	size_t n;      /* pairs */
	double noise;  /* standard deviation of the log-ratios */
	double change; /* of the arm against itself: near 0 */
	double change_low, change_high; /* 95 % interval */
	double threshold;               /* the metric's limit */
	double smallest;      /* change that n rounds find, 4 of 5 times */
	size_t rounds_needed; /* that find a change of the limit */
	bool equal;           /* in all pairs */
	bool false_label;     /* WORSE or BETTER: that is chance */
};

struct calibration {
	char arm[256];
	size_t checks; /* main metrics, judged together */
	struct calibration_entry *entries;
	size_t nr_entries;
	struct result_pair *environment; /* of the machine */
	size_t nr_environment;
};

/* From a folder of two arms; errors as of campaign_load. */
int calibration_make(struct calibration *c, const char *dir, struct err *err);
/* Atomically; an existing one is replaced. */
int calibration_write(const struct calibration *c, const char *path,
		      struct err *err);
/* -ERR_ARG: not there, or no calibration; -ERR_FORMAT: a broken one. */
int calibration_read(struct calibration *c, const char *path, struct err *err);
/* Safe on a zeroed struct. */
void calibration_release(struct calibration *c);

/* That metric of that tape, or of the noisiest tape; NULL: there is none. */
const struct calibration_entry *calibration_find(const struct calibration *c,
						 const char *tape,
						 const char *metric);
/* The machine's entry, or NULL. */
const char *calibration_environment(const struct calibration *c,
				    const char *key);

/* A table for a person, or the document itself. 0 or -ERR_NOMEM. */
void calibration_print(const struct calibration *c, FILE *out);
int calibration_print_json(const struct calibration *c, FILE *out,
			   struct err *err);

#endif
