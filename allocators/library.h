// SPDX-License-Identifier: MIT
/*
 * Shared objects on disk: where the dynamic loader would find one, and what
 * its ELF headers tell. Nothing is ever loaded into this process. Any thread.
 */
#ifndef ALLOCATORS_LIBRARY_H
#define ALLOCATORS_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/*
 * Path of an object that library_check accepts, by soname, in the order of
 * LD_LIBRARY_PATH, ld.so.conf and the standard folders. A name with a slash
 * is a glob pattern instead; its last match wins. 0, or -1 if there is none.
 */
int library_find(const char *soname, char *path, size_t len);

/*
 * 0 if path can be preloaded as an allocator: an ELF shared object of this
 * machine that exports malloc and free. Else -ERR_MISSING with the reason.
 */
int library_check(const char *path, struct err *err);

/* Whether the object defines the symbol for others; false on any failure. */
bool library_exports(const char *path, const char *symbol);

/* The ELF build-id in hex, "" where there is none. */
void library_build_id(const char *path, char *hex, size_t len);

/*
 * The first line of text in the object's data that matches the fnmatch pattern,
 * cut to fit; "" where there is none.
 */
void library_text(const char *path, const char *pattern, char *text,
		  size_t len);

#endif
