// SPDX-License-Identifier: MIT
/*
 * What the parts of validate share: validate.c (the order of things),
 * validate_folder.c, validate_record.c (tapes), validate_real.c (the program under the
 * arms). Internal to validate.
 */
#ifndef REPLAYER_VALIDATE_PARTS_H
#define REPLAYER_VALIDATE_PARTS_H

#include <stdint.h>

#include "allocators/registry.h"
#include "replayer/validate.h"

struct err;

struct validate_state {
	const struct validate_config *config;
	struct validate_outcome *outcome;
	struct alloc_arm *arms;
	const char **labels; /* of the arms: specs for the replay */
	size_t nr_arms;
	char input[PATH_MAX]; /* opened anew for each run */
	char input_name[PATH_MAX];
	int folder_fd; /* locked; -1: not open */
	bool warm;     /* the program has run before */
};

/*
 * validate_folder.c. Make and lock the folder. What it has of another program, process, arms or
 * pace is refused (-ERR_EXISTS), or removed with force.
 */
int validate_folder_open(struct validate_state *s, struct err *err);
/* Remove our files whose names begin so from a folder of it. */
int validate_folder_empty(const struct validate_state *s, const char *name,
			  const char *prefix, struct err *err);
/* A small file as text that the caller frees; NULL: no memory. */
char *validate_read_text(const char *path);
int validate_write_text(const char *path, const char *text, struct err *err);
/*
 * Have the round's tape; rounds count from 1, and come in turn. The first one
 * chooses the process: fills the outcome.
 */
int validate_record(struct validate_state *s, uint32_t round, struct err *err);

/*
 * Run the arms, unless the round's document is there; the figures get the real
 * values.
 */
int validate_real(struct validate_state *s, uint32_t round, struct err *err);

/* Count what failed; the first one's words are kept. */
void validate_fail(struct validate_outcome *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
