// SPDX-License-Identifier: MIT
/* What only the registry itself needs to know of each registered allocator. */
#ifndef ALLOCATORS_REGISTRY_ENTRIES_H
#define ALLOCATORS_REGISTRY_ENTRIES_H

#include <stddef.h>

/* How to tell an allocator and its version from the outside; NULL: not so. */
struct alloc_traits {
	const char *file_prefix;    /* its file names start so */
	const char *symbol;         /* only it exports this */
	const char *version_text;   /* fnmatch of a constant text in it */
	const char *version_soname; /* that text lies in this one beside it */
};

/* Traits of alloc_entries()[i]. */
const struct alloc_traits *alloc_traits(size_t i);

#endif
