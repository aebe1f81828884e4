// SPDX-License-Identifier: MIT
/*
 * The libraries of a baseline's arms, by their SHA-256 in the folder
 * "libraries" beside it: to be measured again. Any thread.
 */
#ifndef RESULTS_BASELINE_LIBRARY_H
#define RESULTS_BASELINE_LIBRARY_H

#include "results/baseline.h"

/*
 * Keep a copy of that one, unless it is there.
 * -ERR_ARG: it cannot be read, or was changed after that document began.
 */
int baseline_library_keep(const struct baseline *b, const char *from,
			  const struct result_doc *doc, char sha[SHA256_HEX],
			  struct err *err);
/* Where it is kept; -ERR_ARG: it is not there, or not what its name says. */
int baseline_library_path(const struct baseline *b, const char *sha,
			  char path[PATH_MAX], struct err *err);
/* Keep those of all arms but the reference in the newest sessions of it. */
int baseline_libraries_keep(struct baseline *b, const struct campaign *campaign,
			    struct err *err);
/* Remove what no baseline of the folder names; *removed: how many. */
int baseline_libraries_prune(const char *folder, size_t *removed,
			     struct err *err);

#endif
