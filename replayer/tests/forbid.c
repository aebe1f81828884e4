// SPDX-License-Identifier: MIT
/*
 * Runs a command to which a system call is forbidden, as in a container.
 * usage: forbid ptrace|seccomp|perf_event_open COMMAND...
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static long number(const char *name)
{
	if (!strcmp(name, "ptrace"))
		return SYS_ptrace;
	return strcmp(name, "seccomp") ? SYS_perf_event_open : SYS_seccomp;
}

int main(int argc, char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(*code), code };

	if (argc < 3)
		return 2;
	code[1].k = (unsigned)number(argv[1]);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		return 77; /* not even that is allowed here */
	execvp(argv[2], argv + 2);
	return 127;
}
