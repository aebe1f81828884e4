// SPDX-License-Identifier: MIT
/* The table of processes in the shared memory: who is recorded, and how. */
#ifndef RECORDER_RING_PROCESS_H
#define RECORDER_RING_PROCESS_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * What is claimed tells by whom, in the bits above: whoever is killed before it
 * is filled in leaves it to the drain.
 */
#define RING_STATE_MASK  0xffu
#define RING_OWNER_SHIFT 8

enum ring_process_state {
	RING_FREE_PROCESS = 0,
	RING_PROCESS_CLAIMED, /* being filled in; the owner is a pid */
	RING_PROCESS_LIVE,    /* until the drain, which sees it end, frees it */
};

enum ring_birth {
	RING_BIRTH_EXEC = 0, /* a new program: its heap begins empty */
	RING_BIRTH_FORK,     /* its heap is its parent's */
};

/* Bits of a process's mode. 0: record each call, nothing else to do. */
enum ring_mode {
	RING_PAUSED = 1,     /* forward only */
	RING_WINDOW = 2,     /* blocks may be older: tell their usable size */
	RING_LATENCY = 4,    /* time each call */
	RING_STACKS = 8,     /* tell who called */
	RING_RESIDENCY = 16, /* tell how much of large blocks was touched */
	RING_MONOTONIC = 32, /* the clock is clock_gettime */
	RING_NEW = 64,       /* in the shim alone: not yet known */
};

/* Why calls of the family do not reach us. */
enum ring_foreign {
	RING_FOREIGN_NONE = 0,
	RING_FOREIGN_PROGRAM, /* it brings its own malloc */
	RING_FOREIGN_TOOL,    /* a tool like valgrind answers them before us */
};

/* One program image in one process; an exec begins another one. */
struct ring_process {
	/* Written by the program, but for the freeing of state and for mode. */
	_Atomic uint32_t state;
	_Atomic uint32_t mode; /* enum ring_mode */
	uint32_t birth;        /* enum ring_birth */
	uint32_t pid;
	uint32_t parent;  /* pid */
	uint32_t foreign; /* enum ring_foreign */
	uint64_t serial;  /* in order of registering, from 1 */
	uint64_t start_ticks;
	_Atomic uint32_t nr_threads;
	_Atomic uint32_t no_slot;     /* threads that found no slot or memory */
	_Atomic uint64_t lost;        /* events of these */
	_Atomic uint32_t asks_usable; /* it has called malloc_usable_size */
	char allocator[1024];         /* the object that serves malloc */
	char exe[1024];               /* the program's file */
} __attribute__((aligned(64)));

#endif
