// SPDX-License-Identifier: MIT
/*
 * The verify pass: is what the allocator returns memory that a program can
 * rely on? Every block is checked when it comes (overlap, alignment, zeros of
 * calloc, usable size), filled, and checked again at its realloc, its free, or
 * the end. The first fault goes into the report and ends the worker.
 */
#ifndef REPLAYER_WORKER_VERIFY_H
#define REPLAYER_WORKER_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "replayer/plan.h"

struct worker;
struct worker_thread;

/* One live block, by slot. Those who look for a neighbour read the first two. */
struct verify_block {
	_Atomic uint64_t addr; /* 0: there is none */
	_Atomic uint64_t size;
	char *p;       /* also while it is in a realloc */
	uint64_t used; /* bytes that the pattern is written for */
	uint64_t key;
	uint64_t call; /* the one after which it was written */
	uint32_t thread;
	enum plan_code code;
};

/* A thread's place in its stream. */
struct verify_place {
	uint64_t call;    /* number of this call in the stream */
	uint64_t time_ns; /* the tape's */
	uint64_t blocks;  /* checked to their ends */
	uint64_t nulls;   /* the thread's, before this call */
	enum plan_code code;
};

/* false: a message is in the report. */
bool verify_init(struct worker *w);
/* Around each op at that place of the stream; blocks from before the tape. */
void verify_before(struct worker_thread *t, const uint64_t *at);
void verify_after(struct worker_thread *t, const uint64_t *at);
void verify_born(struct worker_thread *t, uint32_t slot, uint64_t size);
/* When all threads are through: check and free what is left; count. */
void verify_finish(struct worker *w);

/* What a fault is about. */
struct verify_scene {
	const struct verify_place *place;
	const struct verify_block *block;
	uint32_t thread;
	uint32_t slot;
};

/* verify_fault.c. All of them end the worker; other: NULL when not known. */
_Noreturn void verify_overlap(const struct verify_scene *scene,
			      const struct verify_block *other,
			      uint32_t other_slot);
_Noreturn void verify_fault(const struct verify_scene *scene,
			    const char *before, uint64_t number,
			    const char *after);
/* A byte of the block is not what was written there after a call. */
_Noreturn void verify_changed(const struct verify_scene *scene, uint64_t byte,
			      const char *how);

#endif
