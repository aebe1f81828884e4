// SPDX-License-Identifier: MIT
/*
 * Empties the rings of all recorded processes into their tape writers, and
 * adds the births, ends and names of their threads. One user at a time.
 * Nothing that is read from the shared memory is trusted.
 */
#ifndef RECORDER_DRAIN_H
#define RECORDER_DRAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "recorder/shared.h"
#include "recorder/ticks.h"
#include "traces/base/err.h"

struct live_bytes;
struct tape_writer;
struct drain_slot;
struct unpack_stacks;

/* What becomes of the records of one process. */
struct drain_target {
	struct tape_writer *writer; /* NULL: read, count and forget */
	pid_t pid;                  /* for the names of threads; 0: none */
	bool last;                  /* it is over: nobody writes any more */
	const struct unpack_stacks *stacks; /* NULL: they are not kept */
	struct live_bytes *live_bytes;      /* counts along; NULL: not wanted */
	uint64_t events;      /* calls of the malloc family, written */
	uint64_t discarded;   /* ... read without a writer */
	uint64_t interrupted; /* calls left by a longjmp out of a handler */
	uint64_t dropped;     /* events that found no room in a ring */
	uint32_t threads;     /* seen so far */
	uint32_t live;        /* of these, not yet ended */
	uint64_t records;     /* read in the last pass */
	uint64_t ring_bytes;  /* what our memory adds to its resident one */
	char name[16];        /* of its main thread, as seen last */
	struct err err;       /* of the writer, which is used no more */
};

struct drain {
	const struct shared *shared;
	struct ticks *ticks;
	struct drain_slot *slots;
	uint64_t now_ns; /* of the present pass, on CLOCK_MONOTONIC */
	struct drain_target *targets[RING_PROCESSES]; /* by entry */
};

int drain_open(struct drain *d, const struct shared *shared,
	       struct ticks *ticks, struct err *err);
void drain_close(struct drain *d);

/* From here on the records of this entry's process go to target. */
void drain_attach(struct drain *d, uint32_t process,
		  struct drain_target *target);

/* It is over, or executed another program: its slots are free again. */
void drain_detach(struct drain *d, uint32_t process);

/* Read every ring once; returns how many records the fullest one held. */
uint64_t drain_pass(struct drain *d);

/* Read all that a process has left, which is over. */
void drain_rest(struct drain *d, uint32_t process);

/* Read the names of a process's live threads anew. */
void drain_names(struct drain *d, uint32_t process);

#endif
