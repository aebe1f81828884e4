// SPDX-License-Identifier: MIT
/*
 * What shim and drain share: one file in memory (a memfd) that the drain
 * makes and the recorded program maps. It holds a control page, one slot per
 * live thread, and one ring of records per slot.
 *
 * A ring has no head. The program takes positions with one instruction that a
 * signal cannot split, fills the record, and stores its first word last; the
 * top bit of that word tells in which lap it was written, so the drain sees
 * by itself where the ring ends at present. A signal handler that records while
 * its thread is inside a record simply takes the next position. A position
 * that is never filled (a handler left by longjmp) is skipped by the drain.
 */
#ifndef RECORDER_RING_H
#define RECORDER_RING_H

#include <stdatomic.h>
#include <stdint.h>

#include "recorder/ring_record.h"

#define RING_MAGIC   0x6570617470616568ull /* "heaptape" */
#define RING_ABI     1
#define RING_ENV     "HEAPTAPE_RECORD" /* shm=PATH */
#define RING_QUARTER (RING_RECORDS / 4)
#define RING_BYTES   (RING_RECORDS * sizeof(struct ring_record))
#define RING_SLOTS   16384u /* at most: threads alive at one time */
#define RING_CHUNK   64u    /* slots whose rings the program maps at a time */

enum ring_slot_state {
	RING_FREE_SLOT = 0,
	RING_CLAIMED, /* being set up by its thread */
	RING_LIVE,
	RING_ENDED, /* the thread is gone; the drain empties it, then frees */
};

struct ring_slot {
	/* Written by the program. */
	_Atomic uint32_t state;
	uint32_t image;  /* which program image the thread belongs to */
	uint32_t thread; /* index in order of birth */
	uint32_t tid;
	uint64_t start_ticks;
	uint64_t end_ticks;
	uint64_t end_pos;            /* position after the last one taken */
	_Atomic uint64_t null_frees; /* free(NULL) so far */
	uint64_t pad[2];

	/* Written by the drain, but for waiting. */
	_Atomic uint64_t tail __attribute__((aligned(64)));
	_Atomic uint32_t waiting; /* the program sleeps on tail's low half */
};

enum ring_drain_state {
	RING_DRAIN_BUSY = 0,
	RING_DRAIN_NAP,     /* wake it when a ring is full */
	RING_DRAIN_SLEEP,   /* wake it at every quarter of a ring */
	RING_DRAIN_STOPPED, /* recording is over; the program goes on */
};

enum ring_clock {
	RING_CLOCK_COUNTER = 0, /* TSC, cntvct_el0 */
	RING_CLOCK_MONOTONIC,   /* clock_gettime, where that is not good */
};

struct ring_control {
	/* Set by the drain before the program starts. */
	uint64_t magic;
	uint32_t abi;
	uint32_t target_pid;
	uint32_t clock;    /* enum ring_clock */
	uint32_t nr_slots; /* as many as the file has room for */

	/* The drain's thread id; the kernel sets FUTEX_OWNER_DIED in it. */
	_Atomic uint32_t drain_owner __attribute__((aligned(64)));
	_Atomic uint32_t drain_state;

	/* Written by the program, rarely. */
	_Atomic uint32_t image __attribute__((aligned(64))); /* odd: changing */
	_Atomic uint32_t nr_threads;
	_Atomic uint32_t top_slot; /* one past the highest slot ever taken */
	_Atomic uint32_t forked;   /* children seen, not recorded */
	_Atomic uint32_t execed;   /* children that ran another program */
	_Atomic uint32_t no_slot;  /* threads that found no slot or memory */
	_Atomic uint64_t lost;     /* events of these */
	_Atomic uint32_t foreign;  /* 1: the program brings its own malloc */
	char allocator[1024];      /* the object that serves malloc */
	char exe[1024];            /* the program's file */
};

#define RING_DIRECTORY_OFFSET 4096u
#define RING_RINGS_OFFSET \
 (RING_DIRECTORY_OFFSET + RING_SLOTS * sizeof(struct ring_slot))

static inline uint64_t ring_offset(uint32_t slot)
{
	return RING_RINGS_OFFSET + (uint64_t)slot * RING_BYTES;
}

_Static_assert(sizeof(struct ring_slot) == 128, "a slot is two cache lines");
_Static_assert(sizeof(struct ring_control) <= RING_DIRECTORY_OFFSET,
	       "the control page is one page");

#endif
