// SPDX-License-Identifier: MIT
// A small lock on a futex: uncontended, it costs one atomic exchange each way.
// It can be copied into a fork child and set free there.
#ifndef ALLOCATORS_ARENA_LOCK_H
#define ALLOCATORS_ARENA_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

struct lock {
	_Atomic uint32_t state; // 0 free, 1 held, 2 held and waited for
};

// Set in a thread while it has all locks, for fork(): taking one that is held
// and releasing are then nothing to do. Other libraries' fork handlers run
// meanwhile, and may allocate.
extern __thread bool lock_have_all __attribute__((tls_model("initial-exec")));

void lock_wait(struct lock *l);
void lock_wake(struct lock *l);

static inline bool lock_try(struct lock *l)
{
	uint32_t zero = 0;

	// acquire: see what the last holder wrote
	return atomic_compare_exchange_strong_explicit(&l->state, &zero, 1,
						       memory_order_acquire,
						       memory_order_relaxed);
}

static inline void lock_take(struct lock *l)
{
	if (__builtin_expect(!lock_try(l), 0))
		lock_wait(l);
}

static inline void lock_release(struct lock *l)
{
	if (__builtin_expect(lock_have_all, 0))
		return;
	// release: publish what this holder wrote
	if (__builtin_expect(atomic_exchange_explicit(
				     &l->state, 0, memory_order_release) == 2,
			     0))
		lock_wake(l);
}

// In a fork child, where no other thread can hold it.
static inline void lock_reset(struct lock *l)
{
	atomic_store_explicit(&l->state, 0, memory_order_relaxed);
}

#pragma GCC visibility pop
#endif
