// SPDX-License-Identifier: MIT
// What arena_ctl() and the jemalloc-compatible mallctl() share.
#ifndef ALLOCATORS_ARENA_CTL_H
#define ALLOCATORS_ARENA_CTL_H

#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

// Stores a value of SIZE bytes for the caller; EINVAL on another length.
int ctl_read(void *old_value, size_t *old_len, const void *value, size_t size);
// Fetches a value of SIZE bytes from the caller; EINVAL on another length.
int ctl_write(const void *new_value, size_t new_len, void *value, size_t size);
// The figure of struct stats with that name; false if there is none.
bool ctl_stat(const char *name, size_t *value);
// If TEXT starts with PREFIX followed by a number and a dot, gives the number
// and returns what follows the dot; else NULL.
const char *ctl_index(const char *text, const char *prefix, size_t *index);

#pragma GCC visibility pop
#endif
