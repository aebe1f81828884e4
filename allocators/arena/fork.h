// SPDX-License-Identifier: MIT
// Keeps the heap usable in fork children, whatever other threads were doing.
#ifndef ALLOCATORS_ARENA_FORK_H
#define ALLOCATORS_ARENA_FORK_H

#pragma GCC visibility push(hidden)

// Registers with pthread_atfork(), which may allocate: after arena_init().
void fork_init(void);

#pragma GCC visibility pop
#endif
