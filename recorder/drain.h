// SPDX-License-Identifier: MIT
/*
 * Empties the rings of one process into a tape writer, and adds the
 * births, ends and names of its threads. One user at a time.
 */
#ifndef RECORDER_DRAIN_H
#define RECORDER_DRAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "recorder/shared.h"
#include "recorder/ticks.h"

struct err;
struct tape_writer;
struct drain_slot;

struct drain {
	const struct shared *shared;
	struct ticks *ticks;
	struct tape_writer *writer;         /* NULL: read and forget */
	pid_t pid;                          /* for the names of threads */
	const struct ring_process *process; /* the one that is recorded */
	struct drain_slot *slots;
	uint64_t events;      /* calls of the malloc family, this process */
	uint64_t discarded;   /* ... of its earlier images */
	uint64_t interrupted; /* calls left by a longjmp out of a handler */
	uint32_t threads;     /* seen so far, this process */
};

int drain_open(struct drain *d, const struct shared *shared,
	       struct ticks *ticks, pid_t pid, struct err *err);
void drain_close(struct drain *d);

/*
 * From here on events are this process's and go to writer. Those of images
 * that registered earlier are counted and discarded.
 */
void drain_set_process(struct drain *d, const struct ring_process *process,
		       struct tape_writer *writer);

/*
 * Read every ring once; last: nobody writes any more. *fullest is how many
 * records the fullest ring held. On an error of the writer nothing more is
 * written.
 */
int drain_pass(struct drain *d, bool last, uint64_t *fullest, struct err *err);

/* Read the names of all live threads anew. */
int drain_names(struct drain *d, struct err *err);

/* What our memory adds to the program's resident shared memory. */
uint64_t drain_ring_bytes(const struct drain *d);

#endif
