// SPDX-License-Identifier: MIT
/*
 * The memory pass's book of live blocks: how much was asked for and how much
 * is usable, by thread. A thread counts what it makes and frees itself, so a
 * single count may wrap; the sum over all threads is right. The plan tells the
 * size of a freed block only in part, hence the table of sizes.
 */
#ifndef REPLAYER_WORKER_ACCOUNT_H
#define REPLAYER_WORKER_ACCOUNT_H

#include "replayer/worker/worker.h"

/* Only its own thread writes it; others read it now and then. */
static inline void account_change(_Atomic uint64_t *count, uint64_t by)
{
	uint64_t now = atomic_load_explicit(count, memory_order_relaxed);

	atomic_store_explicit(count, now + by, memory_order_relaxed);
}

static inline void account_block(struct worker_thread *t, void *p,
				 uint64_t size, uint64_t sign)
{
	size_t (*usable_size)(void *) = worker.calls.usable_size;

	account_change(&t->requested, size * sign);
	account_change(&t->blocks, sign);
	if (usable_size)
		account_change(&t->usable, usable_size(p) * sign);
}

/* After a call made the block at p; it is that of the slot. counted: or no-op. */
static inline void account_add(struct worker_thread *t, void **slot, void *p,
			       uint64_t size, bool counted)
{
	if (!counted || !p)
		return;
	t->copy->sizes[slot - t->copy->slots] = size;
	account_block(t, p, size, 1);
}

/* Before the block of the slot is freed. */
static inline void account_drop(struct worker_thread *t, void **slot,
				bool counted)
{
	if (!counted || !*slot)
		return;
	account_block(t, *slot, t->copy->sizes[slot - t->copy->slots],
		      UINT64_MAX);
}

#endif
