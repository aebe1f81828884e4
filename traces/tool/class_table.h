// SPDX-License-Identifier: MIT
/*
 * Size classes for an allocator of slabs, fitted to the sizes that tapes have.
 * Sizes are counted in grains of 16 bytes. Single-threaded.
 */
#ifndef TRACES_TOOL_CLASS_TABLE_H
#define TRACES_TOOL_CLASS_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct tape_reader;

#define CLASS_GRAIN_BYTES 16
#define CLASS_LAST_BYTES  32768 /* the largest class; every table ends in it */
#define CLASS_GRAINS      (CLASS_LAST_BYTES / CLASS_GRAIN_BYTES)
#define CLASSES_MAX       72

/* What lives on tapes up to CLASS_LAST_BYTES, averaged over their time. */
struct size_profile {
	double blocks[CLASS_GRAINS + 1]; /* by grains needed */
	double bytes[CLASS_GRAINS + 1];  /* the same blocks: asked for */
	double bytes_above;              /* of blocks that no class holds */
};

struct class_table {
	uint32_t sizes[CLASSES_MAX]; /* rising */
	size_t nr;
	double rounding_bytes; /* wasted, averaged over the tapes' time */
	double page_bytes;     /* the last pages of the classes in use */
};

/* Add what lives on a tape. */
int size_profile_add(struct size_profile *p, struct tape_reader *r,
		     struct err *err);

/* The classes that arena has without a table, and what they waste on p. */
void class_table_plain(struct class_table *t, const struct size_profile *p);
/*
 * The classes that waste least on p, a page for each class in use included.
 * Every power of two is among them, for aligned blocks, and sizes that p does
 * not have are rounded up by a quarter at most, above 64 bytes.
 */
int class_table_fit(struct class_table *t, const struct size_profile *p,
		    struct err *err);

#endif
