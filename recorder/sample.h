// SPDX-License-Identifier: MIT
/*
 * Looks at the recorded process from outside: resident memory, swap, faults,
 * threads, from /proc. One user at a time.
 */
#ifndef RECORDER_SAMPLE_H
#define RECORDER_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "traces/tape.h"

struct sampler {
	pid_t pid;
	int status_fd; /* of the main thread, or of one that is still there */
	int stat_fd;
	unsigned sparser;        /* times; set by the user, 0 is 1 */
	uint64_t next_ns;        /* when it is time again */
	uint64_t interval_ns;    /* grows while nothing changes */
	struct tape_sample last; /* as given out */
	struct tape_sample held; /* the same, seen later; time 0: none */
};

/* A sampler of nothing. */
void sampler_init(struct sampler *s);
/* Never fails: what cannot be read is not sampled. */
void sampler_open(struct sampler *s, pid_t pid);
void sampler_close(struct sampler *s);

/*
 * Take a sample if it is time (now_ns on the tape's clock). ring_bytes is
 * what our own memory adds to the process; it is taken off. Returns how many
 * of out are worth writing: none while nothing changes, then also the last
 * one before the change, so that readers may draw lines between samples.
 */
unsigned sampler_take(struct sampler *s, uint64_t now_ns, uint64_t ring_bytes,
		      struct tape_sample out[2]);

/*
 * Where recording starts or stops: take one in any case, if there is a process
 * to look at. Returns how many of out are worth writing, as above.
 */
unsigned sampler_edge(struct sampler *s, uint64_t now_ns, uint64_t ring_bytes,
		      struct tape_sample out[2]);

/* Fill in from the text of the two files; false when a line is missing. */
bool sample_parse(struct tape_sample *sample, const char *status,
		  const char *stat);

#endif
