// SPDX-License-Identifier: MIT
/*
 * Where threads of the replay wait, and how they are made and end. Functions
 * with a thread t are called by that thread itself.
 */
#ifndef REPLAYER_WORKER_SYNC_H
#define REPLAYER_WORKER_SYNC_H

#include "replayer/worker/worker.h"

/* sync.c: false: a message is in the report. */
bool worker_sync_init(struct worker *w);
void worker_wait_slot(struct worker_thread *t, struct worker_gate *gate,
		      uint32_t gen);
void worker_publish(struct worker_gate *gate);
/* All ops before seq are done; wait if others are too far behind. */
void worker_tell(struct worker_thread *t, uint64_t seq);
/* The thread has done all its ops. */
void worker_leave(struct worker_thread *t);
/* Until the thread of that number of the same copy has left. */
void worker_wait_left(struct worker_thread *t, uint32_t number);
/* Mark number i of a memory pass: sample it when all copies are there. */
void worker_meet(struct worker_thread *t, uint32_t i);
/*
 * Alone: one thread replays at a time, which has the baton. It is given up at
 * each sleep and at the end. In other passes these do nothing.
 */
void worker_take_baton(void);
void worker_give_baton(void);
/* Sleep while *word is value, without the baton. */
void worker_sleep(_Atomic uint32_t *word, uint32_t value);
void worker_wake(_Atomic uint32_t *word);
/* Voluntary switches of this thread so far. */
uint64_t worker_switches(void);

/* threads.c */
void worker_spawn(struct worker_thread *t, uint32_t number);
void worker_join(struct worker_thread *t, uint32_t number);
/* The first thread: make those of the other copies, which wait. */
void worker_make_copies(struct worker *w);
/* All copies begin now. */
void worker_start(struct worker *w);
/* The first thread: after its own stream, until all others are through. */
void worker_finish(struct worker_thread *t);
/* Threads of the replay that live, after worker_finish. */
uint32_t worker_nr_alive(const struct worker *w);

#endif
