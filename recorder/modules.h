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

struct modules {
	struct modules_entry {
		uint64_t start;
		uint64_t end;
		uint64_t bias;
		uint64_t first; /* generations in which it was seen there */
		uint64_t last;
		char *path;
		char *build_id; /* in hex */
	} * entries;            /* number 1 is the first one */
	size_t nr;
	size_t last; /* the number that was found last */
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
