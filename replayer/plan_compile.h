// SPDX-License-Identifier: MIT
/*
 * Compiles a tape into a plan (replayer/plan.h). Memory is bounded by the
 * live objects of the tape and its threads, not by its length.
 */
#ifndef REPLAYER_PLAN_COMPILE_H
#define REPLAYER_PLAN_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "replayer/plan_file.h"

struct err;
struct plan_compiler;
struct tape_reader;
struct tape_step;

struct plan_source {
	uint64_t events;  /* expected, for the spacing of the marks */
	uint32_t threads; /* their numbers are below this */
	/*
	 * Tell a thread the tape's time when it has moved by so much since the
	 * thread was told last; 0: never.
	 */
	uint64_t clock_step_ns;
	bool residency; /* notes tell what was touched of large blocks */
	bool born;      /* the heap was not empty at the start */
	/*
	 * The tape has more threads, which are left out. What they make is
	 * unknown to the others, and so are all blocks of the start; what they
	 * would free stays.
	 */
	bool partial;
};

/*
 * Compile step by step: open, add in merged order, close. The file at path is
 * made anew, and is a plan only after finish. free releases everything (and
 * removes an unfinished file); NULL is fine. One thread at a time.
 */
int plan_compiler_open(struct plan_compiler **out, const char *path,
		       const struct plan_source *source, struct err *err);
int plan_compiler_add(struct plan_compiler *c, const struct tape_step *step,
		      struct err *err);
/* *header gets what the plan's header says. */
int plan_compiler_finish(struct plan_compiler *c, struct plan_header *header,
			 struct err *err);
void plan_compiler_free(struct plan_compiler *c);

/*
 * The whole tape, or the part of it that want asks for: clock_step_ns, and
 * where partial is set, threads and events; the rest is the tape's. progress
 * is called now and then with the steps read; when it returns true the work
 * stops with -ERR_INTERRUPT. It may be NULL.
 */
int plan_compile(struct tape_reader *r, const char *path,
		 const struct plan_source *want,
		 bool (*progress)(void *ctx, uint64_t steps), void *ctx,
		 struct plan_header *header, struct err *err);

/* Read and check the header of the plan at path. */
int plan_read_header(const char *path, struct plan_header *header,
		     struct err *err);

/* How many calls were not replayed, and how many were mended. */
uint64_t plan_skipped(const struct plan_header *header);
uint64_t plan_repaired(const struct plan_header *header);

#endif
