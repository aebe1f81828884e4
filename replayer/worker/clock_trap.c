// SPDX-License-Identifier: MIT
/*
 * Where time is bent, an allocator that reads clocks or sleeps by a system
 * call of its own would see the real time. A seccomp filter turns such calls
 * into SIGSYS, whose handler answers them. The vDSO's calls (of clocks that it
 * cannot read by itself) and the worker's pass.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>

#include "replayer/worker/clock.h"
#include "replayer/worker/filter.h"
#include "replayer/worker/system.h"
#include "replayer/worker/worker.h"

static const long trapped[] = {
	SYS_clock_gettime, SYS_gettimeofday, SYS_nanosleep, SYS_clock_nanosleep,
#ifdef SYS_time
	SYS_time,
#endif
};

/* Where the call has its four arguments, and gets its result. */
struct call {
	long nr;
	long args[4];
	long result;
};

static void read_call(struct call *c, const ucontext_t *uc)
{
#if defined(__x86_64__)
	static const int places[4] = { REG_RDI, REG_RSI, REG_RDX, REG_R10 };
	int i;

	for (i = 0; i < 4; i++)
		c->args[i] = (long)uc->uc_mcontext.gregs[places[i]];
#elif defined(__aarch64__)
	int i;

	for (i = 0; i < 4; i++)
		c->args[i] = (long)uc->uc_mcontext.regs[i];
#endif
}

static void write_result(const struct call *c, ucontext_t *uc)
{
#if defined(__x86_64__)
	uc->uc_mcontext.gregs[REG_RAX] = c->result;
#elif defined(__aarch64__)
	uc->uc_mcontext.regs[0] = (unsigned long long)c->result;
#endif
}

/* Clocks of CPU time, or of a process: the kernel knows. */
static bool is_of_kernel(const struct call *c)
{
	clockid_t id = (clockid_t)c->args[0];

	return c->nr == SYS_clock_gettime &&
	       (id < 0 || id > CLOCK_TAI || id == CLOCK_PROCESS_CPUTIME_ID ||
		id == CLOCK_THREAD_CPUTIME_ID);
}

static long answer(const struct call *c)
{
	void *first = (void *)c->args[0], *second = (void *)c->args[1];
	int rc;

	switch (c->nr) {
	case SYS_clock_gettime:
		rc = clock_gettime((clockid_t)c->args[0], second);
		return rc ? -errno : 0;
	case SYS_gettimeofday:
		return first ? gettimeofday(first, NULL) : 0;
	case SYS_nanosleep:
		return nanosleep(first, second) ? -errno : 0;
	case SYS_clock_nanosleep:
		return -clock_nanosleep((clockid_t)c->args[0], (int)c->args[1],
					(void *)c->args[2], (void *)c->args[3]);
	default: /* SYS_time */
		return time(first);
	}
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	struct call c = { .nr = info->si_syscall };
	int saved = errno;

	(void)sig;
	read_call(&c, context);
	if (is_of_kernel(&c)) {
		c.result = system_call(c.nr, c.args[0], c.args[1], 0, 0);
	} else {
		atomic_fetch_add_explicit(
			(_Atomic uint64_t *)&worker.report->raw_clock_reads, 1,
			memory_order_relaxed);
		c.result = answer(&c);
	}
	write_result(&c, context);
	errno = saved;
}

void clock_trap_install(struct worker *w)
{
	static struct filter f;
	struct sigaction action = { .sa_sigaction = on_trap,
				    .sa_flags = SA_SIGINFO | SA_RESTART };
	const struct filter_range ours[] = {
		filter_image(getauxval(AT_SYSINFO_EHDR)),
		filter_own_text(),
	};
	size_t i;

	sigemptyset(&action.sa_mask);
	filter_begin(&f);
	for (i = 0; i < sizeof(trapped) / sizeof(*trapped); i++)
		filter_stop(&f, trapped[i], SECCOMP_RET_TRAP, FILTER_CALLER,
			    ours, 2);
	if (sigaction(SIGSYS, &action, NULL) || !filter_install(&f))
		w->report->no_trap = 1;
}
