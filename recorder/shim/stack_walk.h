// SPDX-License-Identifier: MIT
/*
 * Who called: the return addresses on a stack, found as debuggers do, by the
 * unwind tables that every program carries for its exceptions, or by frame
 * pointers. Reads and computes only: no lock, no heap, no libc but for the
 * tables' place, so it may run anywhere, also inside itself.
 *
 * Nothing is read that was not seen to be readable; a stack whose tables lie
 * or are missing ends early, it is never guessed.
 */
#ifndef RECORDER_SHIM_STACK_WALK_H
#define RECORDER_SHIM_STACK_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "recorder/ring.h"
#include "recorder/shim/stack_memo.h"
#include "recorder/shim/stack_span.h"

/* What is needed of the registers at some place in the code. */
struct stack_regs {
	uint64_t ip;
	uint64_t sp;
	uint64_t fp; /* rbp, x29 */
	uint64_t lr; /* x30; x86 has none */
};

/* Those of the function that it is expanded in. */
static inline __attribute__((always_inline)) void
stack_here(struct stack_regs *r)
{
#if defined(__x86_64__)
	__asm__ volatile("leaq 0(%%rip), %0\n\tmovq %%rsp, %1\n\t"
			 "movq %%rbp, %2"
			 : "=&r"(r->ip), "=&r"(r->sp), "=&r"(r->fp));
	r->lr = 0;
#elif defined(__aarch64__)
	__asm__ volatile("adr %0, .\n\tmov %1, sp\n\tmov %2, x29\n\t"
			 "mov %3, x30"
			 : "=&r"(r->ip), "=&r"(r->sp), "=&r"(r->fp),
			   "=&r"(r->lr));
#else
# error "no way to read the registers known for this machine"
#endif
}

struct stack_config {
	enum ring_unwind unwind;
	unsigned depth;     /* return addresses at most */
	uint64_t own_start; /* the code of this library: its calls are not */
	uint64_t own_end;   /* told where they are innermost */
};

/*
 * The return addresses that lead to the place of from, innermost first, at
 * most config->depth. An address that no call has made is told plus one, so
 * that one less lies in the function that is meant for all. *hash goes in as
 * the hash of nothing and comes out as theirs. *range is what can be read there
 * and may grow. What was read goes into *log; from, whose members count as
 * read, lies on the stack itself. Returns how many.
 */
unsigned stack_walk(const struct stack_config *config,
		    const struct stack_span *span, struct stack_range *range,
		    const struct stack_regs *from, struct stack_log *log,
		    uint64_t *ips, uint64_t *hash);

/* A hash with one more address. */
static inline uint64_t stack_hash(uint64_t hash, uint64_t ip)
{
	hash = (hash ^ ip) * 0x9fb21c651e98df25ull;
	return hash ^ hash >> 32;
}

static inline uint64_t stack_hash_start(uint64_t generation)
{
	return stack_hash(0x6170617465706168ull, generation);
}

/* 0 is no stack's. */
static inline uint64_t stack_hash_end(uint64_t hash)
{
	return hash ? hash : 1;
}

#endif
