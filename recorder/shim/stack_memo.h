// SPDX-License-Identifier: MIT
/*
 * Stacks that a thread has had before. Walking a stack is a function of the
 * stack pointer and of the words that it reads, and each place to read follows
 * from the words before. So walks are kept as a tree of their reads: when all
 * words are what they were, the walk would end the same, and it need not be
 * done; and nothing is read that the walk would not read.
 *
 * For one thread; not for signal handlers inside of it.
 */
#ifndef RECORDER_SHIM_STACK_MEMO_H
#define RECORDER_SHIM_STACK_MEMO_H

#include <stdbool.h>
#include <stdint.h>

#define STACK_READS_MAX  192
#define STACK_MEMO_NODES 2048u
#define STACK_MEMO_ROOTS 256u

struct stack_range;
struct stack_regs;

/* What one walk has read, in this order. */
struct stack_log {
	unsigned nr;
	bool impure; /* something else told on its way, or it was too long */
	struct {
		uint64_t at;
		uint64_t value;
	} reads[STACK_READS_MAX];
};

static inline void stack_log_open(struct stack_log *log)
{
	log->nr = 0;
	log->impure = false;
}

static inline void stack_log_add(struct stack_log *log, uint64_t at,
				 uint64_t value)
{
	if (log->nr == STACK_READS_MAX) {
		log->impure = true;
		return;
	}
	log->reads[log->nr].at = at;
	log->reads[log->nr++].value = value;
}

/* One read. The hash is that of the stack, where it is the last one. */
struct stack_memo_node {
	uint64_t at;
	uint64_t value;
	uint64_t hash;
	uint32_t next;  /* the next read; 0: none */
	uint32_t other; /* the same place with another value; 0: none */
};

struct stack_memo {
	uint64_t generation;
	uint32_t nr; /* nodes in use; there is no node 0 */
	struct stack_memo_root {
		uint64_t sp;
		uint32_t first;
	} roots[STACK_MEMO_ROOTS];
	struct stack_memo_node nodes[STACK_MEMO_NODES];
};

/* The stack's hash, if the walk from there is known; only range is read. */
uint64_t stack_memo_find(const struct stack_memo *memo,
			 const struct stack_regs *from,
			 const struct stack_range *range);
/* Keep a walk, and what it found. */
void stack_memo_keep(struct stack_memo *memo, uint64_t sp, uint64_t hash,
		     const struct stack_log *log);
/* Forget all walks. */
void stack_memo_forget(struct stack_memo *memo, uint64_t generation);

#endif
