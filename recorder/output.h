// SPDX-License-Identifier: MIT
/*
 * The file of one tape while it is written: a stream with limits. Some room on
 * the disk is reserved ahead of its end, so that a tape that meets a full disk
 * still gets its last blocks, its END and its index. One user at a time.
 */
#ifndef RECORDER_OUTPUT_H
#define RECORDER_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* Why a tape must end now. */
enum output_stop {
	OUTPUT_GOES_ON = 0,
	OUTPUT_DISK_FULL, /* also a quota, or the limit on file sizes */
	OUTPUT_MAX_SIZE,
};

struct output {
	char path[PATH_MAX]; /* where it is; changes when it had to be saved */
	int fd;
	bool created; /* there was no such file before */
	bool regular; /* not a pipe or device: it can be truncated */
	bool ending;  /* the room that is kept for the end may be used */
	bool saved; /* the file was removed or moved; path tells where it is */
	bool no_reserve; /* the file system knows no reservations */
	enum output_stop stop;
	enum output_stop limit_kind;
	uint64_t limit_bytes;  /* 0: none */
	uint64_t margin_bytes; /* so much before it the tape ends */
	uint64_t bytes;        /* written */
	uint64_t nr_writes;
	uint64_t reserved_bytes; /* disk space is ours up to this offset */
	uint64_t ahead_bytes;    /* so much beyond what is needed now */
};

/*
 * Open path before the program starts; what is there stays until
 * output_rewind. An existing file needs force (-ERR_EXISTS). max_bytes 0: no
 * limit but those of the system. On failure nothing is left open.
 */
int output_open(struct output *o, const char *path, bool force,
		uint64_t max_bytes, struct err *err);

/* Forget what was written or there before; devices and pipes cannot. */
int output_rewind(struct output *o, struct err *err);

/*
 * For struct tape_sink: write one block whole, or return an errno value and
 * leave the file as it was.
 */
int output_write(void *output, const void *buf, size_t len);

/*
 * Whether so many bytes, not yet compressed, could be more than still fit: to
 * write them now tells, and none gets lost. Only with a limit.
 */
bool output_wants_flush(const struct output *o, uint64_t waiting);

/* Whether the tape must end now, while there is some room left. Cheap. */
enum output_stop output_must_stop(const struct output *o);

/* "disk full" or "max-size", for the END of the tape. */
const char *output_stop_name(enum output_stop stop);

/* END and index come: they may use what was kept for them. */
void output_end(struct output *o);

/*
 * Give back the room that was reserved and close. A file that was removed
 * meanwhile is saved under its own path if that works, else in $TMPDIR or /tmp
 * (o->saved, o->path); a file that was moved is told of likewise.
 */
int output_close(struct output *o, struct err *err);

/* Close, and remove the file if it was not there before. */
void output_discard(struct output *o);

#endif
