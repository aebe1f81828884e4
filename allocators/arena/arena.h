// SPDX-License-Identifier: MIT
// arena: the public interface of libarena.so beyond the malloc family itself.
// The malloc family keeps the contracts of the C standard and of glibc.
#ifndef ALLOCATORS_ARENA_ARENA_H
#define ALLOCATORS_ARENA_ARENA_H

#include <stddef.h>

#define ARENA_VERSION "1.0"

// Reads, writes or triggers NAME in the manner of mallctl(). OLD and OLDLEN
// receive the value (both NULL to skip reading), NEW and NEWLEN give the new
// one (NULL and 0 to skip writing). Sizes are size_t in bytes, counts are
// uint64_t, texts are const char *. allocators/arena/README.md lists the names.
// "stats.text" and "stats.json" are copied to OLD as texts with a final NUL;
// *OLDLEN becomes the bytes needed, and too few of them are ENOSPC.
// Returns 0 or an errno value: ENOENT no such name, EINVAL wrong length or
// value, EPERM cannot be written. Any thread may call it at any time.
int arena_ctl(const char *name, void *old_value, size_t *old_len,
	      const void *new_value, size_t new_len);

#endif
