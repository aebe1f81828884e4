// SPDX-License-Identifier: MIT
// Knobs, read once from ARENA_CONF ("decay_ms:500,dirty_ratio:8") and changed
// later through arena_ctl().
#ifndef ALLOCATORS_ARENA_CONF_H
#define ALLOCATORS_ARENA_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "allocators/arena/arena_internal.h"

#pragma GCC visibility push(hidden)

struct conf {
	_Atomic size_t decay_ms;    // half-life of free memory; 0 none is kept
	_Atomic size_t dirty_ratio; // free at most active / this; 0 no limit
	_Atomic size_t dirty_min;   // bytes always allowed to stay
	_Atomic size_t holes;       // purge free pages inside slabs
	_Atomic size_t fit;         // sizes asked for most get classes
	_Atomic size_t remap;       // realloc may move mappings
	_Atomic size_t arenas;      // 0: one per processor, at most 8
	_Atomic size_t mag_bytes;   // per class and thread
	_Atomic size_t background;  // a thread purges while the program idles
	_Atomic size_t stats;       // print statistics at exit
};

extern struct conf conf;

// The knob called name, NULL if there is none. *fixed: only at start.
_Atomic size_t *conf_find(const char *name, size_t *max, bool *fixed);
// Reads ARENA_CONF; warns on stderr of what it cannot use.
void conf_init(void);
// The same on a given text. For tests.
void conf_parse(const char *text);

static inline size_t conf_get(const _Atomic size_t *knob)
{
	return atomic_load_explicit(knob, memory_order_relaxed);
}

#pragma GCC visibility pop
#endif
