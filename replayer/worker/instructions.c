// SPDX-License-Identifier: MIT
/*
 * The instructions pass: one counter of the CPU's, for the user instructions
 * of this thread and of those that it makes.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "replayer/worker/worker.h"

static int counter = -1;

bool worker_count_start(struct worker *w)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.disabled = 1,
		.inherit = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	counter = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1,
			       PERF_FLAG_FD_CLOEXEC);
	if (counter >= 0)
		return !ioctl(counter, PERF_EVENT_IOC_ENABLE, 0) ||
		       worker_fail(w, "the instruction counter",
				   "cannot be started");
	w->report->barred = 1;
	if (errno == EACCES || errno == EPERM)
		return worker_fail(w, "perf_event_open",
				   "is forbidden here; see "
				   "kernel.perf_event_paranoid, or use the "
				   "callgrind pass");
	return worker_fail(w, "no instruction counter",
			   "of the CPU is here; the callgrind pass counts "
			   "without one");
}

void worker_count_stop(struct worker *w)
{
	uint64_t value = 0;

	ioctl(counter, PERF_EVENT_IOC_DISABLE, 0);
	if (read(counter, &value, sizeof(value)) == sizeof(value))
		w->report->instructions = value;
}
