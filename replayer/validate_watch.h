// SPDX-License-Identifier: MIT
/*
 * Looks at a running program's memory from outside: it and all of its
 * descendants, orphans too (the caller must be their subreaper). Nothing is
 * traced or stopped. One user at a time.
 */
#ifndef REPLAYER_VALIDATE_WATCH_H
#define REPLAYER_VALIDATE_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct result_point;

/* One process while it runs one executable; exec makes another one. */
struct watch_process {
	pid_t pid;
	bool live;
	bool wanted;      /* its executable has the name that is looked for */
	bool has_preload; /* the library was seen in its address space */
	int status_fd;    /* -1: not open */
	char exe[4096];
	uint64_t begin_ns; /* of the samples, by CLOCK_MONOTONIC */
	uint64_t last_ns;
	uint64_t last_bytes; /* resident: anonymous, files, shared */
	uint64_t peak_bytes; /* highest, as the kernel keeps it */
	double byte_ns;      /* bytes x time, a line between samples */
	uint64_t nr_samples;
	struct result_point *curve; /* some of them, evenly; owned */
	size_t nr_curve;
	uint64_t stride; /* each so manieth sample is in the curve */
};

struct watch;

/*
 * root: a child that was just started. name: of executables, the last part of
 * their path. library: path of what must be preloaded into them, or NULL. *out
 * goes to watch_close.
 */
int watch_open(struct watch **out, pid_t root, const char *name,
	       const char *library, struct err *err);
void watch_close(struct watch *w);

/* Take a sample of every wanted process. Never fails. */
void watch_look(struct watch *w);
/* How long to wait until the next: from 1 ms, sparser in long runs. */
uint64_t watch_interval_ns(const struct watch *w);

/* The wanted process with the highest peak, or NULL; until watch_close. */
const struct watch_process *watch_largest(const struct watch *w);
/* Its mean over the time from the first to the last sample. */
double watch_mean_bytes(const struct watch_process *p);

#endif
