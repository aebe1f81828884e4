// SPDX-License-Identifier: MIT
/*
 * The calls pass: a filter that stops this process at the system calls that
 * the driver counts (replay_trace.c), and at no others. It is installed right
 * before the replay. What the harness itself does passes freely: futexes in
 * its own memory and in the dynamic linker's, which holds the locks of
 * pthread_create; clock reads of the vDSO and of the worker.
 */
#include <linux/seccomp.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "replayer/worker/filter.h"
#include "replayer/worker/worker.h"

static void write_filter(struct filter *f, const struct worker *w)
{
	static const long calls[] = { SYS_mmap,    SYS_munmap, SYS_mremap,
				      SYS_madvise, SYS_brk,    SYS_mprotect };
	const uint32_t verdict = SECCOMP_RET_TRACE;
	const struct filter_range words[] = {
		filter_memory(w, sizeof(*w)),
		filter_memory(w->copies->gates,
			      w->order.copies * w->gates_bytes),
		filter_memory(w->copies->threads,
			      w->order.copies * w->threads_bytes),
		filter_image(getauxval(AT_BASE)),
	};
	const struct filter_range clocks[] = {
		filter_image(getauxval(AT_SYSINFO_EHDR)),
		filter_own_text(),
	};
	size_t i;

	filter_begin(f);
	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		filter_stop(f, calls[i], verdict, 0, NULL, 0);
	filter_stop(f, SYS_futex, verdict, FILTER_FIRST_ARG, words,
		    sizeof(words) / sizeof(*words));
	filter_stop(f, SYS_clock_gettime, verdict, FILTER_CALLER, clocks, 2);
	filter_stop(f, SYS_gettimeofday, verdict, FILTER_CALLER, clocks, 2);
#ifdef SYS_time
	filter_stop(f, SYS_time, verdict, FILTER_CALLER, clocks, 2);
#endif
}

bool worker_filter(struct worker *w)
{
	static struct filter f;

	write_filter(&f, w);
	w->report->brk_at = (uint64_t)syscall(SYS_brk, 0);
	if (filter_install(&f))
		return true;
	w->report->barred = 1;
	return worker_fail(w, "seccomp", "is forbidden here");
}
