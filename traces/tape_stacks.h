// SPDX-License-Identifier: MIT
/*
 * The tables behind the stacks of a tape. A stack is the number of its
 * innermost node in a tree of frames: each node has an address and its
 * caller's node as parent. Addresses are those that calls return to, counted
 * within the module that holds them, so that they can be resolved later and
 * elsewhere. Nodes and modules are numbered from 1 through the whole tape.
 */
#ifndef TRACES_TAPE_STACKS_H
#define TRACES_TAPE_STACKS_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct tape_reader;
struct tape_writer;

#define TAPE_FRAMES_MAX  (1u << 24) /* nodes of a tape */
#define TAPE_MODULES_MAX (1u << 16)

/* A file that was mapped to run code from. */
struct tape_module {
	const char *path;
	const char *build_id; /* in hex, or "" */
	uint64_t bias;        /* address in memory - address in the file */
	uint64_t start;       /* in memory, from its first byte */
	uint64_t end;         /* to behind its last one */
};

struct tape_frame_node {
	uint64_t address; /* return address - bias of the module */
	uint32_t parent;  /* the caller's node, 0: none */
	uint32_t module;  /* 0: none is known, the address is that in memory */
};

/*
 * Add a module, or a node whose parent and module were added before. Their
 * numbers are how many were added so far. They are written before the next
 * block of events. -ERR_ARG: beyond the limits above, or a parent or module
 * that is not there. Texts are cut at 4095 bytes. Thread rule of the writer.
 */
int tape_writer_module(struct tape_writer *w, const struct tape_module *m,
		       struct err *err);
int tape_writer_frame(struct tape_writer *w, uint32_t parent, uint32_t module,
		      uint64_t address, struct err *err);

/*
 * All nodes, or modules, of a tape as one piece of memory that the caller
 * frees. Their numbers are the indices: (*nodes)[1] to (*nodes)[*nr]; entry 0
 * is empty (zeros, texts ""), and so are those that damage took. Parents are
 * below their nodes, modules exist or are 0. A stack of an event is at most
 * *nr. Thread rule of the reader.
 */
int tape_reader_frames(struct tape_reader *r, struct tape_frame_node **nodes,
		       size_t *nr, struct err *err);
int tape_reader_modules(struct tape_reader *r, struct tape_module **modules,
			size_t *nr, struct err *err);

#endif
