// SPDX-License-Identifier: MIT
// A file of size classes, as "ARENA_CONF=classes:FILE" names it.
#ifndef ALLOCATORS_ARENA_CLASSFILE_H
#define ALLOCATORS_ARENA_CLASSFILE_H

#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

// Gives the classes in the file at PATH, LEN bytes long, to sizeclass_init():
// one size a line, multiples of 16 in rising order, the last SMALL_MAX; # starts
// a comment. False, and one line on stderr with the reason, when that cannot be;
// the classes stay as they were. Before sizeclass_init(), under its lock.
bool classfile_load(const char *path, size_t len);

#pragma GCC visibility pop
#endif
