// SPDX-License-Identifier: MIT
// Giving memory back to the kernel. No lock may be held by the caller.
#ifndef ALLOCATORS_ARENA_PURGE_H
#define ALLOCATORS_ARENA_PURGE_H

#include <stdbool.h>

#include "allocators/arena/arena_internal.h"

#pragma GCC visibility push(hidden)

enum { EPOCHS_PER_DECAY = 4 };

extern struct lock purge_lock;

// Does what is due: keeps dirty memory under its ceiling, lets it decay.
// Called from slow paths; returns at once when another thread is at it.
void purge_poll(void);
// What the background thread does in each epoch; with `idle` it returns all
// memory that no allocation uses. False when no free memory is left.
bool purge_tick(bool idle);
// Length of an epoch, of which EPOCHS_PER_DECAY make the half-life.
uint64_t purge_epoch_ns(void);
// Returns all memory that no allocation uses, in all heaps; what other threads
// hold in their magazines stays. True if something was returned.
bool purge_all(void);

#pragma GCC visibility pop
#endif
