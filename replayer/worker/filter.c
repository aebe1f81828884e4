// SPDX-License-Identifier: MIT
/*
 * The calls pass: a seccomp filter that stops this process at the system
 * calls that the driver counts (replay_trace.c), and at no others. It is
 * installed right before the replay. What the harness itself does passes
 * freely: futexes in its own memory and in the dynamic linker's, which holds
 * the locks of pthread_create; clock reads of the vDSO.
 */
#include <elf.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "replayer/worker/worker.h"

#if defined(__x86_64__)
# define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
# define ARCH AUDIT_ARCH_AARCH64
#endif

enum { MAX_CODE = 256 };

struct program {
	struct sock_filter code[MAX_CODE];
	unsigned short nr;
};

/* Addresses [from, end). */
struct range {
	uint64_t from;
	uint64_t end;
};

static void emit(struct program *p, uint16_t code, uint32_t k, uint8_t yes,
		 uint8_t no)
{
	p->code[p->nr++] = (struct sock_filter){ code, yes, no, k };
}

static void load(struct program *p, size_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void leave_with(struct program *p, uint32_t verdict)
{
	emit(p, BPF_RET | BPF_K, verdict, 0, 0);
}

/* Let the call pass where the 64-bit value at that offset is in the range. */
static void pass_in(struct program *p, size_t at, struct range r)
{
	const uint16_t more = BPF_JMP | BPF_JGT | BPF_K;
	const uint16_t same = BPF_JMP | BPF_JEQ | BPF_K;
	const uint16_t from = BPF_JMP | BPF_JGE | BPF_K;

	/* Little-endian: the upper half comes second. */
	load(p, at + 4);
	emit(p, more, (uint32_t)(r.from >> 32), 3, 0);
	emit(p, same, (uint32_t)(r.from >> 32), 0, 8);
	load(p, at);
	emit(p, from, (uint32_t)r.from, 0, 6);
	load(p, at + 4);
	emit(p, more, (uint32_t)(r.end >> 32), 4, 0);
	emit(p, same, (uint32_t)(r.end >> 32), 0, 2);
	load(p, at);
	emit(p, from, (uint32_t)r.end, 1, 0);
	leave_with(p, SECCOMP_RET_ALLOW);
}

/* Stop at that call, unless the value at that offset is in a range. */
static void stop_at(struct program *p, long call, size_t at,
		    const struct range *ranges, unsigned nr)
{
	unsigned jump, i;

	load(p, offsetof(struct seccomp_data, nr));
	jump = p->nr;
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 0);
	for (i = 0; i < nr; i++)
		pass_in(p, at, ranges[i]);
	leave_with(p, SECCOMP_RET_TRACE);
	p->code[jump].jf = (uint8_t)(p->nr - jump - 1);
}

/* Memory that an object has from its ELF header on. */
static struct range image(uint64_t base)
{
	const ElfW(Ehdr) *header = (const void *)(uintptr_t)base;
	struct range r = { base, base };
	const ElfW(Phdr) * segment;
	unsigned i;

	if (!base)
		return r;
	segment = (const void *)((const char *)header + header->e_phoff);
	for (i = 0; i < header->e_phnum; i++)
		if (segment[i].p_type == PT_LOAD)
			r.end = base + segment[i].p_vaddr + segment[i].p_memsz;
	return r;
}

static struct range memory(const void *p, size_t bytes)
{
	return (struct range){ (uintptr_t)p, (uintptr_t)p + bytes };
}

static void write_program(struct program *p, const struct worker *w)
{
	static const long calls[] = { SYS_mmap,    SYS_munmap, SYS_mremap,
				      SYS_madvise, SYS_brk,    SYS_mprotect };
	const struct range words[] = {
		memory(w, sizeof(*w)),
		memory(w->copies->gates, w->order.copies * w->gates_bytes),
		memory(w->copies->threads, w->order.copies * w->threads_bytes),
		image(getauxval(AT_BASE)),
	};
	const struct range clock = image(getauxval(AT_SYSINFO_EHDR));
	const size_t caller =
		offsetof(struct seccomp_data, instruction_pointer);
	size_t i;

	load(p, offsetof(struct seccomp_data, arch));
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	leave_with(p, SECCOMP_RET_ALLOW);
	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		stop_at(p, calls[i], 0, NULL, 0);
	stop_at(p, SYS_futex, offsetof(struct seccomp_data, args), words,
		sizeof(words) / sizeof(*words));
	stop_at(p, SYS_clock_gettime, caller, &clock, 1);
	stop_at(p, SYS_gettimeofday, caller, &clock, 1);
#ifdef SYS_time
	stop_at(p, SYS_time, caller, &clock, 1);
#endif
	leave_with(p, SECCOMP_RET_ALLOW);
}

bool worker_filter(struct worker *w)
{
	/* All threads that there are; no slower speculation for it. */
	const unsigned flags =
		SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	static struct program p;
	struct sock_fprog prog = { .filter = p.code };

	write_program(&p, w);
	prog.len = p.nr;
	w->report->brk_at = (uint64_t)syscall(SYS_brk, 0);
	if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	    !syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog))
		return true;
	w->report->barred = 1;
	return worker_fail(w, "seccomp", "is forbidden here");
}
