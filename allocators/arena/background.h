// SPDX-License-Identifier: MIT
// The thread that purges while the program does not call malloc.
#ifndef ALLOCATORS_ARENA_BACKGROUND_H
#define ALLOCATORS_ARENA_BACKGROUND_H

#include "allocators/arena/arena_internal.h"

#pragma GCC visibility push(hidden)

// Free memory that makes the thread worth its cost.
#define BACKGROUND_PAYS (4 * ARENA_MIB)

// Starts the thread unless it runs or may not. No lock may be held. Before
// background_allow() it does nothing.
void background_start(void);
// Once libc is up.
void background_allow(void);
// In a fork child, where the thread does not exist.
void background_child(void);

#pragma GCC visibility pop
#endif
