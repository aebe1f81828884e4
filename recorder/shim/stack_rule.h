// SPDX-License-Identifier: MIT
/*
 * How to get from a function to its caller, at one address of the code: what
 * the unwind tables say, as one word. The canonical frame address (CFA) is
 * what the stack pointer is after the return.
 */
#ifndef RECORDER_SHIM_STACK_RULE_H
#define RECORDER_SHIM_STACK_RULE_H

#include <stdbool.h>
#include <stdint.h>

enum stack_rule_kind {
	RULE_NONE = 0, /* nothing is known: the stack ends here */
	RULE_OUTSIDE,  /* the same, and the code belongs to no file */
	RULE_SIGNAL,   /* the kernel called the function: a signal */
	RULE_POINTER,  /* by the record that the frame pointer points to */
	RULE_SP,       /* CFA = stack pointer + cfa */
	RULE_FP,       /* CFA = frame pointer + cfa */
	RULE_FP_WORD,  /* CFA = the word at frame pointer + cfa */
};

enum stack_rule_place {
	PLACE_SAME = 0, /* still in its register */
	PLACE_CFA,      /* in memory, at CFA + 8 * offset */
	PLACE_FP,       /* in memory, at frame pointer + 8 * offset */
	PLACE_LOST,
};

struct stack_rule {
	uint64_t kind : 3;     /* enum stack_rule_kind */
	uint64_t fp_place : 2; /* enum stack_rule_place, of the caller's */
	uint64_t ra_place : 2; /* ... of the return address */
	int64_t fp_words : 15;
	int64_t ra_words : 15;
	int64_t cfa : 26;    /* bytes */
	uint64_t begins : 1; /* it is the function behind the address that */
};                           /* is meant: nothing in it was called yet */

_Static_assert(sizeof(struct stack_rule) == 8, "a rule is one word");

/* A loaded file. */
struct stack_object {
	uint64_t start; /* of its memory */
	uint64_t end;
	uint64_t bias;    /* address in memory - address in the file */
	const char *name; /* "" for the program */
	const void *eh_frame_hdr;
};

/* The one that holds the address. Takes no lock (glibc 2.35 and later). */
bool stack_object_find(uint64_t addr, struct stack_object *object);

/* Whether the byte at an address can be read; asks the kernel. */
bool stack_readable(uint64_t addr);

/*
 * The rule at an address, from the tables of the file that holds it. exact:
 * execution stopped there; else the address is the last byte of a call.
 */
struct stack_rule stack_cfi_rule(uint64_t addr, bool exact);
/* From those of a given file. */
struct stack_rule stack_cfi_read(const struct stack_object *object,
				 uint64_t addr, bool exact);

/* The same, from a table of those that were needed before. */
struct stack_rule stack_rule_of(uint64_t addr, bool exact);

/*
 * How often code was unloaded. What was found out about addresses holds for
 * one generation.
 */
uint64_t stack_generation(void);
void stack_unloaded(void);

#endif
