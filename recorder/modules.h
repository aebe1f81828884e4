// SPDX-License-Identifier: MIT
/*
 * The loaded files of one process, as the shim tells of them. Files come and
 * go at the same addresses; how often code had been unloaded tells them apart.
 * One user at a time.
 */
#ifndef RECORDER_MODULES_H
#define RECORDER_MODULES_H

#include <stddef.h>
#include <stdint.h>

struct tape_module;

#define MODULES_SEEN 1024 /* the latest; older ones nobody asks for */

struct modules {
	struct modules_file {
		uint64_t start;
		uint64_t end;
		uint64_t bias;
		char *path;
		char *build_id; /* in hex */
	} * files;              /* number 1 is the first one */
	size_t nr;

	/* Which file was where, in which generation. */
	struct modules_seen {
		uint64_t generation;
		uint32_t file; /* number */
	} * seen;
	size_t nr_seen; /* so far; the latest are kept */
	size_t last;    /* the one that was found last */
};

/*
 * Take the words of a RING_MODULE_DEF. An empty path is exe. Returns the number
 * of the module, whose texts are lent to *out if it is new, or 0: it is no
 * sensible definition, or there is no memory.
 */
uint32_t modules_add(struct modules *m, const uint64_t *words, size_t nr,
		     const char *exe, struct tape_module *out);

/* The module that held an address in a generation, and its bias; 0: none. */
uint32_t modules_find(struct modules *m, uint64_t generation, uint64_t addr,
		      uint64_t *bias);

void modules_release(struct modules *m);

#endif
