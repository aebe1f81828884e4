// SPDX-License-Identifier: MIT
/* One run of the real program, watched or not, until all of it has ended. */
#ifndef REPLAYER_VALIDATE_RUN_H
#define REPLAYER_VALIDATE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "allocators/registry.h"
#include "replayer/validate_watch.h"

struct err;

struct validate_launch {
	char *const *argv;
	const char *input; /* opened anew as its stdin */
	bool show_output;
	int words_fd; /* its stderr goes there; -1: as show_output says */
	const struct alloc_arm *arm; /* NULL: the environment as it is */
	/* The program has another allocator by itself than the C library's. */
	bool brings_allocator;
	const char *process; /* executable to watch; NULL: none */
	uint64_t timeout_ns; /* 0: never */
};

struct validate_run {
	int status; /* exit code, or 128 + signal */
	bool timed_out;
	uint64_t wall_ns;
	struct watch *watch; /* NULL: not watched */
};

/*
 * Start it and wait until no descendant is left. An orphan comes to this
 * process: it must have no children of its own, and stays their subreaper.
 * SIGINT, SIGTERM and SIGCHLD must be blocked; the first two end everything
 * with -ERR_INTERRUPT. run goes to validate_run_release in any case.
 */
int validate_run(const struct validate_launch *l, struct validate_run *run,
		 struct err *err);
void validate_run_release(struct validate_run *run);

#endif
