// SPDX-License-Identifier: MIT
/* Seccomp filters, written instruction by instruction. */
#include <elf.h>
#include <link.h>
#include <linux/audit.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "replayer/worker/filter.h"

#if defined(__x86_64__)
# define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
# define ARCH AUDIT_ARCH_AARCH64
#endif

struct filter_range filter_image(uint64_t base)
{
	const ElfW(Ehdr) *header = (const void *)(uintptr_t)base;
	struct filter_range r = { base, base };
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

struct filter_range filter_own_text(void)
{
	/* Made by the linker. */
	extern const char __executable_start, etext;

	return (struct filter_range){ (uintptr_t)&__executable_start,
				      (uintptr_t)&etext };
}

struct filter_range filter_memory(const void *p, size_t bytes)
{
	return (struct filter_range){ (uintptr_t)p, (uintptr_t)p + bytes };
}

static void emit(struct filter *f, uint16_t code, uint32_t k, uint8_t yes,
		 uint8_t no)
{
	f->code[f->nr++] = (struct sock_filter){ code, yes, no, k };
}

static void load(struct filter *f, size_t offset)
{
	emit(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void leave_with(struct filter *f, uint32_t verdict)
{
	emit(f, BPF_RET | BPF_K, verdict, 0, 0);
}

/* Let the call pass where the 64-bit value at that offset is in the range. */
static void pass_in(struct filter *f, size_t at, struct filter_range r)
{
	const uint16_t more = BPF_JMP | BPF_JGT | BPF_K;
	const uint16_t same = BPF_JMP | BPF_JEQ | BPF_K;
	const uint16_t from = BPF_JMP | BPF_JGE | BPF_K;

	/* Little-endian: the upper half comes second. */
	load(f, at + 4);
	emit(f, more, (uint32_t)(r.from >> 32), 3, 0);
	emit(f, same, (uint32_t)(r.from >> 32), 0, 8);
	load(f, at);
	emit(f, from, (uint32_t)r.from, 0, 6);
	load(f, at + 4);
	emit(f, more, (uint32_t)(r.end >> 32), 4, 0);
	emit(f, same, (uint32_t)(r.end >> 32), 0, 2);
	load(f, at);
	emit(f, from, (uint32_t)r.end, 1, 0);
	leave_with(f, SECCOMP_RET_ALLOW);
}

void filter_stop(struct filter *f, long call, uint32_t verdict, size_t at,
		 const struct filter_range *ranges, unsigned nr)
{
	unsigned jump, i;

	load(f, offsetof(struct seccomp_data, nr));
	jump = f->nr;
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 0);
	for (i = 0; i < nr; i++)
		pass_in(f, at, ranges[i]);
	leave_with(f, verdict);
	f->code[jump].jf = (uint8_t)(f->nr - jump - 1);
}

void filter_begin(struct filter *f)
{
	f->nr = 0;
	load(f, offsetof(struct seccomp_data, arch));
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	leave_with(f, SECCOMP_RET_ALLOW);
}

bool filter_install(struct filter *f)
{
	/* All threads that there are; no slower speculation for it. */
	const unsigned flags =
		SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	struct sock_fprog prog = { .filter = f->code };

	leave_with(f, SECCOMP_RET_ALLOW);
	prog.len = f->nr;
	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}
