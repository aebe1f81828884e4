// SPDX-License-Identifier: MIT
/* The tape's time in the replay: what a thread does when it is told it. */
#include "replayer/worker/worker.h"

void worker_clock(struct worker_thread *t, uint64_t time_ns)
{
	(void)t;
	(void)time_ns;
}
