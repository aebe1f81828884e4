// SPDX-License-Identifier: MIT
/*
 * The tracer of a calls pass. A thread stops before each call that counts,
 * and again at its end where that tells more: the bytes that were given, the
 * time that a futex blocked. Only what is made while the report says
 * WORKER_REPLAYING counts.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "replayer/replay_trace.h"

#define MAX_STOPS 64 /* before the caller looks at its clock again */

/* Since Linux 5.16; older headers lack it. */
#ifndef FUTEX_LOCK_PI2
# define FUTEX_LOCK_PI2 13
#endif

/* A call between its two stops. */
struct replay_pending {
	pid_t tid;
	uint64_t nr;
	uint64_t args[6];
	uint64_t begin_ns;
};

static const char *const names[REPLAY_COUNTS] = {
	"mmap_calls",
	"mmap_bytes",
	"munmap_calls",
	"munmap_bytes",
	"mremap_calls",
	"mremap_grown_bytes",
	"mremap_shrunk_bytes",
	"brk_calls",
	"brk_grown_bytes",
	"brk_shrunk_bytes",
	"madvise_dontneed_calls",
	"madvise_dontneed_bytes",
	"madvise_free_calls",
	"madvise_free_bytes",
	"madvise_hugepage_calls",
	"madvise_hugepage_bytes",
	"madvise_other_calls",
	"madvise_other_bytes",
	"mprotect_calls",
	"futex_waits",
	"futex_wait_ns",
	"futex_wakes",
	"raw_clock_reads",
};

const char *replay_count_name(enum replay_count count)
{
	return names[count];
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void bar(struct replay_trace *t, const char *what)
{
	t->report->barred = 1;
	snprintf(t->report->message, sizeof(t->report->message),
		 "%s is forbidden here: %s", what, strerror(errno));
}

bool replay_trace_start(struct replay_trace *t, pid_t pid,
			struct worker_report *report)
{
	const unsigned long options = PTRACE_O_TRACESECCOMP |
				      PTRACE_O_TRACESYSGOOD |
				      PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
				      PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL;

	memset(t, 0, sizeof(*t));
	t->report = report;
	if (!ptrace(PTRACE_SEIZE, pid, NULL, options)) {
		t->pid = pid;
		return true;
	}
	bar(t, "ptrace");
	return false;
}

void replay_trace_release(struct replay_trace *t)
{
	free(t->pending);
	t->pending = NULL;
	t->nr_pending = t->room = 0;
}

static enum replay_count advice_of(const uint64_t *args)
{
	switch ((int)args[2]) {
	case MADV_DONTNEED:
		return COUNT_DONTNEED;
	case MADV_FREE:
		return COUNT_FREE;
	case MADV_HUGEPAGE:
		return COUNT_HUGEPAGE;
	default:
		return COUNT_ADVICE;
	}
}

static bool is_wait(const uint64_t *args)
{
	switch (args[1] & (uint64_t)FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		return true;
	default:
		return false;
	}
}

static bool is_wake(const uint64_t *args)
{
	switch (args[1] & (uint64_t)FUTEX_CMD_MASK) {
	case FUTEX_WAKE:
	case FUTEX_WAKE_BITSET:
	case FUTEX_WAKE_OP:
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
	case FUTEX_CMP_REQUEUE_PI:
	case FUTEX_UNLOCK_PI:
		return true;
	default:
		return false;
	}
}

/* Clocks of CPU time run the same at any pace. */
static bool is_wall_clock(uint64_t nr, const uint64_t *args)
{
	clockid_t clock = (clockid_t)args[0];

	return nr != SYS_clock_gettime ||
	       (clock >= 0 && clock != CLOCK_PROCESS_CPUTIME_ID &&
		clock != CLOCK_THREAD_CPUTIME_ID);
}

/* A call begins. Returns whether its end tells more. */
static bool count_begin(struct replay_trace *t, uint64_t nr,
			const uint64_t *args)
{
	uint64_t *counts = t->counts;

	switch (nr) {
	case SYS_mmap:
		counts[COUNT_MMAP]++;
		return true;
	case SYS_munmap:
		counts[COUNT_MUNMAP]++;
		return true;
	case SYS_mremap:
		counts[COUNT_MREMAP]++;
		return true;
	case SYS_brk:
		counts[COUNT_BRK]++;
		return true;
	case SYS_madvise:
		counts[advice_of(args)]++;
		return true;
	case SYS_mprotect:
		counts[COUNT_MPROTECT]++;
		return false;
	case SYS_futex:
		counts[COUNT_FUTEX_WAITS] += is_wait(args);
		counts[COUNT_FUTEX_WAKES] += is_wake(args);
		return is_wait(args);
	default: /* the filter stops at clocks besides */
		counts[COUNT_CLOCK_READS] += is_wall_clock(nr, args);
		return false;
	}
}

static void count_move(uint64_t *grown, uint64_t *shrunk, uint64_t before,
		       uint64_t after)
{
	if (after > before)
		*grown += after - before;
	else
		*shrunk += before - after;
}

static void count_end(struct replay_trace *t, const struct replay_pending *p,
		      int64_t result)
{
	uint64_t *counts = t->counts;

	if (p->nr == SYS_futex && result != -EAGAIN)
		counts[COUNT_FUTEX_WAIT_NS] += now_ns() - p->begin_ns;
	if (result < 0 && result >= -4095)
		return;
	switch (p->nr) {
	case SYS_mmap:
		counts[COUNT_MMAP_BYTES] += p->args[1];
		break;
	case SYS_munmap:
		counts[COUNT_MUNMAP_BYTES] += p->args[1];
		break;
	case SYS_mremap:
		count_move(&counts[COUNT_MREMAP_GROWN],
			   &counts[COUNT_MREMAP_SHRUNK], p->args[1],
			   p->args[2]);
		break;
	case SYS_brk:
		count_move(&counts[COUNT_BRK_GROWN], &counts[COUNT_BRK_SHRUNK],
			   t->brk, (uint64_t)result);
		t->brk = (uint64_t)result;
		break;
	case SYS_madvise:
		counts[advice_of(p->args) + 1] += p->args[1];
		break;
	}
}

static struct replay_pending *find_pending(struct replay_trace *t, pid_t tid)
{
	size_t i;

	for (i = 0; i < t->nr_pending; i++)
		if (t->pending[i].tid == tid)
			return &t->pending[i];
	return NULL;
}

static void forget(struct replay_trace *t, pid_t tid)
{
	struct replay_pending *p = find_pending(t, tid);

	if (p)
		*p = t->pending[--t->nr_pending];
}

static struct replay_pending *add_pending(struct replay_trace *t, pid_t tid)
{
	struct replay_pending *grown = t->pending;

	if (t->nr_pending == t->room) {
		t->room = t->room ? 2 * t->room : 64;
		grown = reallocarray(grown, t->room, sizeof(*grown));
		if (!grown)
			return NULL;
		t->pending = grown;
	}
	grown = &t->pending[t->nr_pending++];
	grown->tid = tid;
	return grown;
}

/* How a thread goes on that the filter has stopped. */
static int begin_call(struct replay_trace *t, pid_t tid)
{
	struct __ptrace_syscall_info info;
	struct replay_pending *p;

	if (t->report->state != WORKER_REPLAYING)
		return PTRACE_CONT;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0) {
		/* A thread that was killed meanwhile is no news. */
		if (errno != ESRCH)
			bar(t, "PTRACE_GET_SYSCALL_INFO");
		return PTRACE_CONT;
	}
	if (!t->brk)
		t->brk = t->report->brk_at;
	if (!count_begin(t, info.seccomp.nr, info.seccomp.args))
		return PTRACE_CONT;
	p = add_pending(t, tid);
	if (!p) {
		bar(t, "memory for the calls");
		return PTRACE_CONT;
	}
	p->nr = info.seccomp.nr;
	memcpy(p->args, info.seccomp.args, sizeof(p->args));
	p->begin_ns = p->nr == SYS_futex ? now_ns() : 0;
	return PTRACE_SYSCALL;
}

static void end_call(struct replay_trace *t, pid_t tid)
{
	struct replay_pending *p = find_pending(t, tid);
	struct __ptrace_syscall_info info;

	if (p && ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) > 0)
		count_end(t, p, info.exit.rval);
	forget(t, tid);
}

/*
 * Let a thread go on that has stopped with that status. Returns whether it
 * stops again at once, at the end of a call that does not block.
 */
static bool go_on(struct replay_trace *t, pid_t tid, int status)
{
	int how = PTRACE_CONT;
	int sig = WSTOPSIG(status);
	int event = status >> 16;

	if (event == PTRACE_EVENT_SECCOMP)
		how = begin_call(t, tid);
	else if (sig == (SIGTRAP | 0x80))
		end_call(t, tid);
	else if (event == PTRACE_EVENT_STOP && sig != SIGTRAP)
		how = PTRACE_LISTEN; /* stays stopped, as it is meant to */
	/* Only a signal of its own is handed on. */
	if (event || sig == (SIGTRAP | 0x80))
		sig = 0;
	ptrace(how, tid, NULL, (long)sig);
	return how == PTRACE_SYSCALL && find_pending(t, tid)->nr != SYS_futex;
}

bool replay_trace_step(struct replay_trace *t, int *status, bool *busy)
{
	bool soon = false; /* a thread stops again at once: wait for it */
	unsigned i;

	*busy = false;
	for (i = 0; i < MAX_STOPS; i++) {
		/*
		 * For any thread: that one may be killed instead, and the end
		 * of the first thread is told only after those of all others.
		 */
		pid_t tid = waitpid(-1, status, (soon ? 0 : WNOHANG) | __WALL);

		if (tid <= 0)
			return false;
		soon = WIFSTOPPED(*status) && go_on(t, tid, *status);
		if (WIFSTOPPED(*status))
			continue;
		forget(t, tid);
		if (tid == t->pid)
			return true;
	}
	*busy = true;
	return false;
}
