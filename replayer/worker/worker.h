// SPDX-License-Identifier: MIT
/*
 * The process that is measured. It is nearly empty: libc only, no stdio, no
 * call of malloc but those of the plan. All of its own memory lies in files or
 * memfds, so its anonymous memory is the allocator's (and a floor that a
 * null allocator shows).
 *
 * worker_main.c sets up and measures, replay.c runs streams, threads.c makes
 * threads, sync.c makes them wait, calls.c finds the allocator, memory.c
 * samples, checkpoints.c looks where the bytes are, calls_filter.c shows system
 * calls to the driver, verify.c checks what the allocator returns, clock.h is
 * about time.
 */
#ifndef REPLAYER_WORKER_WORKER_H
#define REPLAYER_WORKER_WORKER_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "replayer/plan.h"
#include "replayer/plan_file.h"
#include "replayer/worker/calls.h"
#include "replayer/worker/ticks.h"
#include "replayer/worker_report.h"

enum { WORKER_STACK_BYTES = 1 << 20 }; /* of them few are ever touched */

/* How threads meet at a slot; apart from its pointer, as few ops need it. */
struct worker_gate {
	_Atomic uint32_t gen;     /* raised by ops that others wait for */
	_Atomic uint32_t waiting; /* threads that sleep on gen */
};

/* One replaying thread. Others read told and write wake_at. */
struct worker_thread {
	_Alignas(128) _Atomic uint64_t told; /* all its ops before are done */
	_Atomic uint64_t wake_at; /* ring the bell when told gets here */
	_Atomic uint32_t bell;
	_Atomic uint32_t sleepers;   /* on the bell */
	_Alignas(64) uint64_t limit; /* told seqs up to here need no look */
	uint64_t waits;
	uint64_t waits_slept; /* switches made by them */
	uint64_t nulls;
	uint64_t touched; /* the PLAN_TOUCHED of the next op, or 0 */
	uint64_t time_ns; /* of the last PLAN_CLOCK */
	uint64_t due_ns;  /* recorded pace: when it was due, in real time */
	uint64_t now_ns;  /* of real time, or before */
	struct ticks_anchor anchor;
	struct worker_copy *copy; /* that it is a thread of */
	pthread_t handle;
	bool exits; /* its stream has ended with its exit */
	bool joined;
	/* Memory: of the blocks that it made, less those that it freed. */
	_Atomic uint64_t requested, usable, blocks;
	struct hist *hists; /* latency: [WORKER_HISTS][WORKER_GROUPS] */
};

/*
 * One replay of the plan. Several go on side by side, and meet only at the
 * start, at the end, and at the marks of a memory pass.
 */
struct worker_copy {
	void **slots;    /* each object's pointer */
	uint64_t *sizes; /* memory: each object's requested size, else NULL */
	struct worker_gate *gates;
	struct worker_thread *threads;
	char *stacks;              /* one more than the plan has */
	_Atomic uint64_t *unended; /* a bit per thread: it has not ended */
	_Alignas(128) _Atomic uint64_t safe; /* all threads have told this */
};

struct worker {
	const uint64_t *words; /* the plan's mapping */
	const struct plan_header *h;
	const struct plan_thread *table;
	struct worker_calls calls;
	struct worker_copy *copies; /* order.copies of them */
	/* Of one copy's arrays; those of the next one follow. */
	size_t slots_bytes, sizes_bytes, gates_bytes, threads_bytes;
	struct worker_report *report;
	struct worker_sample *samples;
	/* Where copies meet: how many are at a mark, and 1 more to go on. */
	_Atomic uint32_t *arrivals;
	struct worker_order order;
	uint64_t window; /* steps that a thread may run ahead */
	cpu_set_t cpus;  /* that threads are spread over */
	unsigned spins;  /* looks at what is waited for, before sleeping */
	/* Not beside what all threads read at each op. */
	_Alignas(128) _Atomic uint32_t running; /* threads that replay */
	_Atomic uint32_t parked; /* 1 while ended threads must stay */
	_Atomic uint32_t baton; /* alone: 1 one thread has it, 2 some want it */
	_Atomic uint32_t started; /* 1 when all copies may begin */
	_Atomic uint32_t ready;   /* copies that wait for it */
};

extern struct worker worker;

/* calls.c: false: a message is in the report. */
bool worker_find_calls(struct worker *w);

/*
 * replay.c: take the blocks from before the recording; run a thread's stream,
 * true when the thread is to exit.
 */
void worker_bear(struct worker_copy *copy);
bool worker_replay(struct worker_thread *t);

/* clock.c: the tape's time of what follows, at PLAN_CLOCK. */
void worker_clock(struct worker_thread *t, uint64_t time_ns);

/* memory.c */
bool worker_memory_init(struct worker *w);
/* At mark number i. */
void worker_memory_sample(struct worker *w, uint32_t i);
/* Memory now, counted page by page. */
void worker_memory_exact(struct worker_checkpoint *c);
/* Resident pages of the program and its libraries, the plan's left out. */
uint64_t worker_memory_files(const struct worker *w);

/* checkpoints.c: find the statistics; look now; look, if one is due there. */
void worker_checkpoints_init(struct worker *w);
void worker_checkpoint(struct worker *w, enum worker_place place);
void worker_checkpoint_mark(struct worker *w, uint32_t mark);

/* calls_filter.c: from here on the driver sees the calls that count. */
bool worker_filter(struct worker *w);

/* instructions.c */
bool worker_count_start(struct worker *w);
void worker_count_stop(struct worker *w);

/* worker_main.c */
/* Zeroed shared memory that is not anonymous; NULL: message in the report. */
void *worker_map(struct worker *w, size_t bytes, const char *what);
/* Store why the worker cannot go on; returns false. */
bool worker_fail(struct worker *w, const char *what, const char *why);

#endif
