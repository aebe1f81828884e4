// SPDX-License-Identifier: MIT
/*
 * Inside of libheaptape.so, the library that is preloaded into the recorded
 * program: libc only, no heap, no lock, no output, errno untouched.
 *
 * Reading order: wrap.c (the functions that the program calls), record.h (how
 * an event is written), record.c and room.c (the seldom ways), special.h
 * (calls of which more is told), attach.c (threads), join.c (processes),
 * real.c (the allocator underneath).
 */
#ifndef RECORDER_SHIM_SHIM_H
#define RECORDER_SHIM_SHIM_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
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

	/* stack.c: calls or bytes until a stack is taken, and what it keeps. */
	int64_t stack_left;
	struct stack_thread *stacks;
} __attribute__((aligned(64)));

enum shim_state {
	SHIM_NEW = 0, /* also: a forked child that has not joined yet */
	SHIM_STARTING,
	SHIM_ON,
	SHIM_OFF, /* not recording, for good */
};

/* How far this process is. Zero in a forked child, as the blocks are. */
struct shim_life {
	_Atomic int state; /* enum shim_state */
	_Atomic int late;  /* 0 no ring yet, 1 being claimed, 2 there, 3 none */
};

/* The one state of this library. */
struct shim {
	/* This process's mode word, or one of ours: it never is NULL. */
	_Atomic(const _Atomic uint32_t *) mode;
	_Atomic(struct shim_life *) life; /* behind the blocks */
	struct rec_thread *blocks;        /* one per slot, and the late one */
	uint32_t clock;                   /* enum ring_clock */
	uint32_t nr_slots;
	struct ring_control *control;
	struct ring_process *processes;
	struct ring_process *process; /* this one's entry */
	struct ring_slot *slots;
	bool probing; /* a first call has not arrived here */
	pthread_key_t key;
	_Atomic(struct ring_record *) chunks[SHIM_CHUNKS];
};

extern struct shim shim;
extern __thread struct rec_thread *rec_self;
extern struct rec_thread rec_ended;   /* stands in: the thread has ended */
extern struct rec_thread rec_refused; /* stands in: there was no slot */

/* Bits of enum ring_mode; 0: record each call, no more. */
static inline uint32_t shim_mode(void)
{
	return atomic_load_explicit(
		atomic_load_explicit(&shim.mode, memory_order_relaxed),
		memory_order_relaxed);
}

static inline struct shim_life *shim_life(void)
{
	/* Acquire: it is set for who sees the pointer. */
	return atomic_load_explicit(&shim.life, memory_order_acquire);
}

/* Or the largest number when it does not fit. */
static inline size_t shim_product(size_t nr, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(nr, size, &bytes) ? SIZE_MAX : bytes;
}

/* enum shim_state */
static inline int shim_state(void)
{
	/* Acquire: what was set up is seen with SHIM_ON. */
	return atomic_load_explicit(&shim_life()->state, memory_order_acquire);
}

/*
 * join.c: make this process known to the drain, if it is not and shall be;
 * signals must be blocked. Returns enum shim_state.
 */
int shim_join(void);
/* The program asks how large its blocks are: what it does may depend on it. */
void shim_note_usable(void);
/* Stop recording in this process, for good. */
void shim_stop(void);
/* Whether nobody reads any more what we write. */
int shim_drain_gone(void);
/* The rings of one chunk of slots, mapped at first use; NULL: that failed. */
struct ring_record *shim_map_chunk(uint32_t chunk);
/* Raise *top to at least that. */
void shim_raise(_Atomic uint32_t *top, uint32_t least);

/* attach.c: give the calling thread a ring. NULL: not recorded. Keeps errno. */
struct rec_thread *shim_attach(void);
/* Join, but leave the thread without a ring as yet. Keeps errno. */
void shim_prepare(void);
/* The ring that events of ended threads share; NULL: none. Several writers. */
struct rec_thread *shim_late(void);
/* Called at the end of a thread that has a ring. */
void shim_thread_exit(void *arg);
void shim_block_signals(sigset_t *saved);
void shim_unblock_signals(const sigset_t *saved);

/* wake.c: wake the drain if its state is at least that (NAP, SLEEP). */
void shim_wake_drain(uint32_t least);
/* Sleep while *word is seen, at most so long; no cancellation point. */
void shim_futex_wait(const void *word, uint32_t seen, long timeout_ns);

#endif
