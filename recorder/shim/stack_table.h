// SPDX-License-Identifier: MIT
/*
 * Inside of the reader of unwind tables: stack_table.c finds the entry of a
 * function, stack_cfi.c runs its program. Reads never pass the end that they
 * are given.
 */
#ifndef RECORDER_SHIM_STACK_TABLE_H
#define RECORDER_SHIM_STACK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recorder/shim/stack_rule.h"

#if defined(__x86_64__)
# define REG_FRAME  6  /* rbp */
# define REG_STACK  7  /* rsp */
# define REG_RETURN 16 /* rip */
#elif defined(__aarch64__)
# define REG_FRAME  29
# define REG_STACK  31
# define REG_RETURN 30
#endif

/* Bytes to read; at > end: there were too few. */
struct stack_bytes {
	const uint8_t *at;
	const uint8_t *end;
};

/* One function's entry: what its common part tells, and two programs. */
struct stack_entry {
	struct stack_bytes common;
	struct stack_bytes own;
	uint64_t start;
	uint64_t code_align;
	int64_t data_align;
	uint8_t encoding; /* of addresses */
	bool augmented;
};

/* The next len (at most 8) bytes as a number; 0 when there are too few. */
uint64_t stack_fixed(struct stack_bytes *b, size_t len);
uint64_t stack_uleb(struct stack_bytes *b);
int64_t stack_sleb(struct stack_bytes *b);
void stack_skip(struct stack_bytes *b, uint64_t len);
/* An address in one of the encodings of these tables. */
uint64_t stack_pointer(struct stack_bytes *b, uint8_t encoding);

/* The entry that covers an address; false: there is none we understand. */
bool stack_entry_find(const struct stack_object *object, uint64_t addr,
		      struct stack_entry *entry);

static inline bool stack_left(const struct stack_bytes *b)
{
	return b->at < b->end;
}

static inline bool stack_overrun(const struct stack_bytes *b)
{
	return b->at > b->end;
}

#endif
