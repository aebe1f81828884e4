// SPDX-License-Identifier: MIT
/*
 * What shim and drain share: one file in memory (a memfd) that the drain
 * makes and the recorded processes map. It holds a control page, one entry per
 * process, one slot per live thread of any of them, and one ring of records
 * per slot. A forked child has the mapping already, whatever it may reach
 * through the file system.
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

#include "recorder/ring_mailbox.h"
#include "recorder/ring_process.h"
#include "recorder/ring_record.h"

#define RING_MAGIC     0x6570617470616568ull /* "heaptape" */
#define RING_ABI       3
#define RING_ENV       "HEAPTAPE_RECORD" /* shm=PATH */
#define RING_QUARTER   (RING_RECORDS / 4)
#define RING_STEP      (RING_RECORDS / 16) /* what a thread claims at a time */
#define RING_BYTES     (RING_RECORDS * sizeof(struct ring_record))
#define RING_SLOTS     16384u /* at most: threads alive at one time */
#define RING_CHUNK     64u    /* slots whose rings the program maps at a time */
#define RING_PROCESSES 4096u  /* at most: recorded at one time */

enum ring_slot_state {
	RING_FREE_SLOT = 0,
	RING_CLAIMED, /* being set up; the owner is 1 + an entry's index */
	RING_LIVE,
	RING_ENDED, /* the thread is gone; the drain empties it, then frees */
};

struct ring_slot {
	/* Written by the program. */
	_Atomic uint32_t state;
	uint32_t process; /* index of its entry */
	uint32_t thread;  /* index in order of birth in its process */
	uint32_t tid;
	uint64_t start_ticks;
	uint64_t end_ticks;
	uint64_t end_pos;            /* position after the last one taken */
	_Atomic uint64_t null_frees; /* free(NULL) so far */
	_Atomic uint64_t dropped;    /* events that found no room, so far */
	_Atomic uint64_t claim; /* positions from here on are not written to */

	/* Written by the drain, but for waiting. */
	_Atomic uint64_t tail __attribute__((aligned(64)));
	_Atomic uint32_t waiting;   /* for room; the program sleeps on it */
	_Atomic uint32_t shrinking; /* claim must not rise: pages are going */
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

enum ring_follow {
	RING_FOLLOW_NONE = 0, /* the process that was started, and no other */
	RING_FOLLOW_EXEC,     /* children that execute a program, too */
	RING_FOLLOW_ALL,      /* forked ones, too */
};

enum ring_on_full {
	RING_FULL_WAIT = 0, /* the program waits: nothing is lost */
	RING_FULL_DROP,     /* the event is counted as dropped */
};

enum ring_stacks {
	RING_STACKS_ALL = 0, /* every call that gives out a block */
	RING_STACKS_CALLS,   /* one call of so many, by chance */
	RING_STACKS_BYTES,   /* one byte of so many, by chance */
};

enum ring_unwind {
	RING_UNWIND_AUTO = 0, /* by tables; by pointers where is no file */
	RING_UNWIND_DWARF,    /* by the unwind tables alone */
	RING_UNWIND_FP,       /* by frame pointers alone */
};

#define RING_DEPTH_MAX 512

struct ring_control {
	/* Set by the drain before the program starts. */
	uint64_t magic;
	uint32_t abi;
	uint32_t target_pid;
	uint32_t clock;    /* enum ring_clock */
	uint32_t nr_slots; /* as many as the file has room for */
	uint32_t follow;   /* enum ring_follow */
	uint32_t on_full;  /* enum ring_on_full */
	/* enum ring_mode that new programs begin with; heaptape ctl moves it */
	_Atomic uint32_t mode;

	/* Of what calls the stack is told, and how it is found. */
	uint32_t stacks;       /* enum ring_stacks */
	uint32_t unwind;       /* enum ring_unwind */
	uint32_t stack_depth;  /* frames at most */
	uint64_t stack_period; /* mean, in calls or bytes */

	/* The drain's thread id; the kernel sets FUTEX_OWNER_DIED in it. */
	_Atomic uint32_t drain_owner __attribute__((aligned(64)));
	_Atomic uint32_t drain_state;

	/* Written by the programs, rarely. */
	_Atomic uint64_t nr_processes __attribute__((aligned(64))); /* so far */
	_Atomic uint32_t top_process; /* one past the highest entry taken */
	_Atomic uint32_t top_slot;    /* one past the highest slot ever taken */
	_Atomic uint32_t forked;      /* children seen, not recorded */
	_Atomic uint32_t execed;      /* children that ran another program */
	_Atomic uint32_t refused; /* processes that found no entry or memory */

	struct ring_mailbox mailbox; /* heaptape ctl and the drain */
};

#define RING_PROCESSES_OFFSET 4096u
#define RING_DIRECTORY_OFFSET \
 (RING_PROCESSES_OFFSET + RING_PROCESSES * sizeof(struct ring_process))
#define RING_RINGS_OFFSET                                                   \
 ((RING_DIRECTORY_OFFSET + RING_SLOTS * sizeof(struct ring_slot) + 65535) & \
  ~65535ull)

static inline uint64_t ring_offset(uint32_t slot)
{
	return RING_RINGS_OFFSET + (uint64_t)slot * RING_BYTES;
}

_Static_assert(sizeof(struct ring_slot) == 128, "a slot is two cache lines");
_Static_assert(sizeof(struct ring_control) <= RING_PROCESSES_OFFSET,
	       "the control page is one page");
_Static_assert(RING_DIRECTORY_OFFSET % 4096 == 0, "slots begin on a page");

#endif
