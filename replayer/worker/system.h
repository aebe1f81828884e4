// SPDX-License-Identifier: MIT
/*
 * The few things that differ between machines: a system call made from the
 * worker's own code, which filters can so tell from those of libraries, and a
 * pause in a loop that waits.
 */
#ifndef REPLAYER_WORKER_SYSTEM_H
#define REPLAYER_WORKER_SYSTEM_H

/* The kernel's result: negative errors, errno stays. */
static inline long system_call(long nr, long a, long b, long c, long d)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	long rc;

	__asm__ volatile("syscall"
			 : "=a"(rc)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return rc;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3)
			 : "memory");
	return x0;
#else
# error "how does a system call look on this machine?"
#endif
}

static inline void system_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
