// SPDX-License-Identifier: MIT
/*
 * Files of the tools: outputs that appear whole or not at all, and the parts
 * of heaptape (tools, shared objects, plot scripts), found both in build/ and
 * installed. Any thread, each with its own structs.
 */
#ifndef TRACES_BASE_FILES_H
#define TRACES_BASE_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct err;

/* An output that is written beside its place and renamed when complete. */
struct outfile {
	FILE *stream; /* write here */
	char path[PATH_MAX];
	char tmp[PATH_MAX + 32];
};

/*
 * Open the temporary file, so that an unwritable place is told before the
 * work. Refuses an existing path unless force (-ERR_EXISTS).
 */
int outfile_open(struct outfile *out, const char *path, bool force,
		 struct err *err);
/* Flush, fsync and rename into place; on failure the temporary is removed. */
int outfile_commit(struct outfile *out, struct err *err);
/* Remove the temporary file; safe on a zeroed or committed struct. */
void outfile_abort(struct outfile *out);

/* Write all of buf, whatever signals and short writes there are. */
int files_write_all(int fd, const void *buf, size_t len);

/*
 * The full path of a part of heaptape, such as "libheaptape.so": it lies in
 * the folder of the running executable, in build/ and installed alike.
 * -ERR_MISSING when it is not there.
 */
int files_find_part(const char *name, char *path, size_t len, struct err *err);

/* Make a folder and its parents; one that exists is fine. */
int files_make_dir(const char *path, struct err *err);

/*
 * The last line of an open file that is not empty, as far as it fits; controls
 * become blanks. "" for an empty file.
 */
void files_last_line(int fd, char *buf, size_t len);

#endif
