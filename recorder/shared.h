// SPDX-License-Identifier: MIT
/*
 * The shared memory, from the drain's side: made here, found by the program
 * through /proc, gone with the last process that maps it. One user at a time.
 */
#ifndef RECORDER_SHARED_H
#define RECORDER_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "recorder/ring.h"

struct err;

struct shared {
	int fd;
	size_t len;
	uint32_t nr_slots; /* the programs' copy is not to be trusted */
	ino_t inode;       /* of the file: who maps it is recorded */
	struct ring_control *control;
	struct ring_process *processes;
	struct ring_slot *slots;
};

/* Make it and declare the calling thread its drain. */
int shared_open(struct shared *s, uint32_t clock, struct err *err);
void shared_close(struct shared *s);

/* "shm=...": what the program finds in its environment. */
void shared_describe(const struct shared *s, char *text, size_t len);

struct ring_record *shared_ring(const struct shared *s, uint32_t slot);

/* So many slots and entries have been in use, at most. */
uint32_t shared_top_slot(const struct shared *s);
uint32_t shared_top_process(const struct shared *s);

/*
 * Give back the pages of a ring that its thread is not about to write to:
 * those that lie neither behind tail nor before slot->claim. The thread waits
 * while that lasts if it wants to go on. False: it would be of no use.
 */
bool shared_shrink(const struct shared *s, uint32_t slot, uint64_t tail);

/* Forget all that is in a ring; nobody may write to it. */
void shared_clear(const struct shared *s, uint32_t slot);

/* Wake the threads of the program that wait for room in this slot's ring. */
void shared_wake_slot(struct ring_slot *slot);

/*
 * Sleep up to that long; the program wakes us earlier as state says. Signals
 * end the sleep, too.
 */
void shared_sleep(const struct shared *s, enum ring_drain_state state,
		  uint64_t ns);

/*
 * Whether any other process still maps the memory, and so may record. Costs a
 * mapping: not for each look.
 */
bool shared_in_use(struct shared *s);

/* Recording is over: the program shall not wait for us any more. */
void shared_stop(const struct shared *s);

#endif
