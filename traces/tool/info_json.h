// SPDX-License-Identifier: MIT
/* What the parts of info's JSON share. */
#ifndef TRACES_TOOL_INFO_JSON_H
#define TRACES_TOOL_INFO_JSON_H

#include <jansson.h>
#include <stdint.h>

struct tape_stats;

/* Set a number; those beyond JSON's integers become the largest of them. */
void info_json_add(json_t *object, const char *key, uint64_t v);

/* Calls, sizes, lifetimes and the like, under their keys. */
void info_json_tables(json_t *o, const struct tape_stats *s, uint64_t top,
		      uint64_t duration_ns);
/* Live bytes against resident memory. */
void info_json_memory(json_t *o, const struct tape_stats *s);

#endif
