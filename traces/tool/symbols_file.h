// SPDX-License-Identifier: MIT
/*
 * One file with its symbols, behind symbols.h: the only door to elfutils,
 * which a build may lack.
 */
#ifndef TRACES_TOOL_SYMBOLS_FILE_H
#define TRACES_TOOL_SYMBOLS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols_file;

/* A frame as the file tells it: names as they are there, or NULL. */
struct symbols_raw {
	const char *function; /* perhaps mangled */
	const char *source;
	unsigned line;
};

#define SYMBOLS_INLINED_MAX 64

/*
 * Open the file of a module, or where it is gone or another one, the debug
 * file that the system keeps under its build id (hex, "" when unknown). NULL:
 * *why says why not, as a text that is never freed.
 */
struct symbols_file *symbols_file_open(const char *path, const char *build_id,
				       const char **why);
/* Whether lines and inlined calls can be told. */
bool symbols_file_has_debug(struct symbols_file *f);
/*
 * The frames at an address of the file, innermost first, at most
 * SYMBOLS_INLINED_MAX; 0: nothing is known there. Texts live as long as f.
 */
size_t symbols_file_frames(struct symbols_file *f, uint64_t address,
			   struct symbols_raw *frames);
void symbols_file_close(struct symbols_file *f);

#endif
