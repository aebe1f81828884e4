// SPDX-License-Identifier: MIT
/*
 * Allocators by name. An arm is one allocator with one set of knobs, given as
 * NAME[=PATH.so][,KEY=VALUE...]: "jemalloc", "je=/opt/libjemalloc.so.2",
 * "glibc,GLIBC_TUNABLES=glibc.malloc.arena_max=1". A path alone is an arm
 * too. "null" is the allocator that does nothing, for the harness's floor.
 */
#ifndef ALLOCATORS_REGISTRY_H
#define ALLOCATORS_REGISTRY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct err;

/* A registered allocator; all texts are static. */
struct alloc_entry {
	const char *name;
	const char *const *sonames; /* candidates, NULL-ended; empty: glibc */
	const char *package;        /* Debian package that brings it */
	const char *summary;
	const char *const *knobs; /* "KEY=VALUE  what it does", NULL-ended */
};

enum { ALLOC_KNOBS_MAX = 16 };

struct alloc_arm {
	char label[256];     /* the spec as given: names the arm in results */
	char name[64];       /* registry name, or what stood before '=' */
	char path[PATH_MAX]; /* to preload; "" for glibc and null */
	char version[64];    /* "" where unknown */
	char build_id[48];   /* hex of the ELF note, "" where none */
	char *knobs[ALLOC_KNOBS_MAX]; /* "KEY=VALUE", owned */
	size_t nr_knobs;
	bool is_null;
};

/* The registered entries, in order of listing; *nr gets their number. */
const struct alloc_entry *alloc_entries(size_t *nr);

/* Path of the first candidate that is installed: 0, or -ERR_MISSING. */
int alloc_entry_find(const struct alloc_entry *entry, char *path, size_t len,
		     struct err *err);

/*
 * Resolve a spec. -ERR_ARG for a bad spec or a knob that is not KEY=VALUE,
 * -ERR_MISSING (naming the package) when the library is not there, not an
 * ELF shared object of this machine, or has no malloc. Fills version and
 * build-id. On success arm goes to alloc_arm_release.
 */
int alloc_arm_parse(struct alloc_arm *arm, const char *spec, struct err *err);
void alloc_arm_release(struct alloc_arm *arm);

/*
 * The registry name of the allocator that a shared object is, by its file
 * name and exported symbols, such as the one that a program was recorded
 * over: "jemalloc" for ".../libjemalloc.so.2", "glibc" for libc; else "".
 */
const char *alloc_identify(const char *path);

#endif
