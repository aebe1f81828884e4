// SPDX-License-Identifier: MIT
/* The tree of walks; see stack_memo.h. */
#include <string.h>

#include "recorder/shim/shim.h"
#include "recorder/shim/stack_memo.h"
#include "recorder/shim/stack_walk.h"

#define OTHERS_MAX 16 /* values of one word; beyond, it is not worth it */

static inline uint32_t root_of(uint64_t sp)
{
	return (uint32_t)(sp * 0x9e3779b97f4a7c15ull >> 32) &
	       (STACK_MEMO_ROOTS - 1);
}

uint64_t stack_memo_find(const struct stack_memo *memo,
			 const struct stack_regs *from,
			 const struct stack_range *range)
{
	const struct stack_memo_root *root = &memo->roots[root_of(from->sp)];
	const struct stack_memo_node *node = &memo->nodes[root->first];
	uint32_t i = root->first;

	if (unlikely(root->sp != from->sp))
		return 0;
	while (i) {
		if (unlikely(!stack_holds(range, node->at)))
			return 0;
		if (*(const uint64_t *)(uintptr_t)node->at != node->value) {
			i = node->other;
		} else if (likely(node->next == i + 1)) {
			/* Told apart, so that the next read needs no load. */
			i++;
			node++;
			continue;
		} else if (!node->next) {
			return node->hash;
		} else {
			i = node->next;
		}
		node = &memo->nodes[i];
	}
	return 0;
}

void stack_memo_forget(struct stack_memo *memo, uint64_t generation)
{
	memset(memo->roots, 0, sizeof(memo->roots));
	memo->nr = 1;
	memo->generation = generation;
}

/* Follow the reads that are there already; returns how many were not. */
static unsigned follow(struct stack_memo *memo, uint32_t **link,
		       const struct stack_log *log)
{
	struct stack_memo_node *node;
	unsigned k, others = 0;

	for (k = 0; k < log->nr && **link;) {
		node = &memo->nodes[**link];
		if (node->value == log->reads[k].value) {
			*link = &node->next;
			others = 0;
			k++;
		} else if (++others == OTHERS_MAX) {
			return 0;
		} else {
			*link = &node->other;
		}
	}
	return log->nr - k;
}

void stack_memo_keep(struct stack_memo *memo, uint64_t sp, uint64_t hash,
		     const struct stack_log *log)
{
	struct stack_memo_root *root = &memo->roots[root_of(sp)];
	uint32_t *link = &root->first;
	unsigned k, left;

	if (root->sp != sp)
		*root = (struct stack_memo_root){ .sp = sp };
	left = follow(memo, &link, log);
	if (!left)
		return;
	if (memo->nr + left > STACK_MEMO_NODES) {
		stack_memo_forget(memo, memo->generation);
		*root = (struct stack_memo_root){ .sp = sp };
		link = &root->first;
		left = log->nr;
	}
	for (k = log->nr - left; k < log->nr; k++) {
		*link = memo->nr;
		memo->nodes[memo->nr] = (struct stack_memo_node){
			.at = log->reads[k].at,
			.value = log->reads[k].value,
			.hash = hash,
		};
		link = &memo->nodes[memo->nr++].next;
	}
}
