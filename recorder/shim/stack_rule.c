// SPDX-License-Identifier: MIT
/*
 * The rules that were needed so far, in a table of the process. An entry checks
 * itself: several threads, and signal handlers in the middle, may write it at
 * the same time, and one that is made of two halves is seen as none.
 */
#include <stdatomic.h>
#include <string.h>

#include "recorder/shim/shim.h"
#include "recorder/shim/stack_rule.h"

#define RULES     (1u << 15)
#define RULES_MIN (1u << 10)

struct entry {
	_Atomic uint64_t check; /* what it is the rule of, xor rule */
	_Atomic uint64_t rule;
};

/* Grows by using more of it; what lies elsewhere then is found anew. */
static struct entry rules[RULES];
static _Atomic uint32_t rules_mask = RULES_MIN - 1;
static _Atomic uint32_t rules_found;
static _Atomic uint64_t generation;

static inline uint64_t load(const _Atomic uint64_t *p)
{
	return atomic_load_explicit(p, memory_order_relaxed);
}

uint64_t stack_generation(void)
{
	return load(&generation);
}

void stack_unloaded(void)
{
	atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
}

static inline struct entry *entry_of(uint64_t id)
{
	uint32_t mask = atomic_load_explicit(&rules_mask, memory_order_relaxed);

	return &rules[(id * 0x9e3779b97f4a7c15ull >> 40) & mask & ~1u];
}

static void keep(uint64_t id, uint64_t word)
{
	uint32_t mask = atomic_load_explicit(&rules_mask, memory_order_relaxed),
		 nr = 1 + atomic_fetch_add_explicit(&rules_found, 1,
						    memory_order_relaxed);
	struct entry *e;

	if (nr > mask / 2 && mask < RULES - 1) {
		atomic_store_explicit(&rules_mask, mask * 2 + 1,
				      memory_order_relaxed);
		atomic_store_explicit(&rules_found, 0, memory_order_relaxed);
	}
	e = entry_of(id) + (nr & 1);
	atomic_store_explicit(&e->check, id ^ word, memory_order_relaxed);
	atomic_store_explicit(&e->rule, word, memory_order_relaxed);
}

struct stack_rule stack_rule_of(uint64_t addr, bool exact)
{
	/* Code addresses have 48 bits, so that all this is one word. */
	const uint64_t id =
		addr ^ load(&generation) << 48 ^ (uint64_t)exact << 63;
	const struct entry *e = entry_of(id);
	struct stack_rule rule;
	uint64_t word;
	unsigned i;

	for (i = 0; i < 2; i++) {
		word = load(&e[i].rule);
		if (likely((load(&e[i].check) ^ word) == id)) {
			memcpy(&rule, &word, sizeof(rule));
			return rule;
		}
	}
	rule = stack_cfi_rule(addr, exact);
	memcpy(&word, &rule, sizeof(word));
	/* What is no file's today may be one's tomorrow. */
	if (rule.kind != RULE_OUTSIDE)
		keep(id, word);
	return rule;
}
