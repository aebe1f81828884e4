// SPDX-License-Identifier: MIT
/* The parts of the walk behind tape_stats.h. Internal to the tool. */
#ifndef TRACES_TOOL_STATS_WALK_H
#define TRACES_TOOL_STATS_WALK_H

#include "traces/tape_merge.h"
#include "traces/tool/tape_stats.h"

/* Count an event once, whatever it does to the live blocks. */
int stats_count(struct tape_stats *s, const struct tape_event *ev,
		struct err *err);
/* Follow what a step does to the live blocks. */
int stats_live_step(struct tape_stats *s, const struct tape_step *step,
		    struct err *err);

/* The address whose block a step takes or gives, or 0. */
static inline uint64_t stats_step_addr(const struct tape_step *step)
{
	const struct tape_event *ev = &step->ev;

	if ((ev->flags & TAPE_FAILED) || ev->kind >= TAPE_FREE_NULL)
		return 0;
	return step->phase == TAPE_BEGIN ? ev->old_addr : ev->addr;
}

#endif
