// SPDX-License-Identifier: MIT
/*
 * Inside of libheaptape.so, the library that is preloaded into the recorded
 * program: libc only, no heap, no lock, no output, errno untouched.
 *
 * Reading order: wrap.c (the functions that the program calls), record.h (how
 * an event is written), record.c (the seldom ways), attach.c (threads and
 * processes), real.c (the allocator underneath).
 */
#ifndef RECORDER_SHIM_SHIM_H
#define RECORDER_SHIM_SHIM_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "recorder/ring.h"

#define SHIM_EXPORT __attribute__((visibility("default")))
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define SHIM_CHUNKS (RING_SLOTS / RING_CHUNK)
#define SHIM_BLOCKS (RING_SLOTS + 1) /* the last: events of ended threads */
#define SHIM_LATE   RING_SLOTS

/*
 * The writing side of one ring. Lies in memory that is zero in a forked
 * child, so that a child, however it was born, never writes on.
 */
struct rec_thread {
	_Atomic uint64_t cursor;  /* position that the next event takes */
	_Atomic uint64_t limit;   /* positions from here on need rec_room() */
	struct ring_record *ring; /* NULL: zeroed, or one of the stand-ins */
	struct ring_slot *slot;
	unsigned rounds; /* of thread-exit destructors seen */
} __attribute__((aligned(64)));

enum shim_state {
	SHIM_NEW = 0,
	SHIM_STARTING,
	SHIM_ON,
	SHIM_OFF, /* not recording, for good */
};

/* The one state of this library. */
struct shim {
	_Atomic int state;
	uint32_t clock; /* enum ring_clock */
	uint32_t nr_slots;
	struct ring_control *control;
	struct ring_process *processes;
	struct ring_process *process; /* this one's entry */
	struct ring_slot *slots;
	struct rec_thread *blocks; /* one per slot, and the late one */
	_Atomic(struct ring_record *) chunks[SHIM_CHUNKS];
	_Atomic int late; /* 0 no ring yet, 1 being claimed, 2 there, 3 none */
	pthread_key_t key;
	char path[64]; /* of the shared memory */
};

extern struct shim shim;
extern __thread struct rec_thread *rec_self;
extern struct rec_thread rec_ended;   /* stands in: the thread has ended */
extern struct rec_thread rec_refused; /* stands in: there was no slot */

/* attach.c: give the calling thread a ring. NULL: not recorded. Keeps errno. */
struct rec_thread *shim_attach(void);
/* The ring that events of ended threads share; NULL: none. Several writers. */
struct rec_thread *shim_late(void);
/* Stop recording in this process, for good. */
void shim_stop(void);
/* Wake the drain if its state is at least that (RING_DRAIN_NAP, _SLEEP). */
void shim_wake_drain(uint32_t least);
/* Whether this process is a forked child that only seems to record. */
int shim_is_child(void);

/* Sleep while *word is seen, at most so long; no cancellation point. */
void shim_futex_wait(const void *word, uint32_t seen, long timeout_ns);

#endif
