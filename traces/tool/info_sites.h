// SPDX-License-Identifier: MIT
/* The sites of a tape in three forms: a table, JSON, folded stacks. */
#ifndef TRACES_TOOL_INFO_SITES_H
#define TRACES_TOOL_INFO_SITES_H

#include <stdint.h>

#include "traces/tool/site_list.h"

struct json_t;

/* All print on stdout, or return a new object; top: rows at most. */
int sites_print(struct site_list *list, uint64_t top, struct err *err);
int sites_json(struct site_list *list, uint64_t top, struct json_t **out,
	       struct err *err);
/* Lines "outer;...;inner COUNT", one for each stack. */
int sites_folded(struct site_list *list, struct err *err);

#endif
