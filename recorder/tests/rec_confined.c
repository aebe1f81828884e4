// SPDX-License-Identifier: MIT
/*
 * A program that gives up what a recorder might need, and then allocates in
 * its first thread and in new ones: 110 blocks of 7001 bytes in all.
 *   rec_confined nofile        may open no more files
 *   rec_confined memory BYTES  has so much address space left
 *   rec_confined close         closes all descriptors but the standard ones
 *   rec_confined root DIR      changes its root folder and its user
 *   rec_confined environment   clears its environment
 *   rec_confined seccomp       is killed for any system call but those that
 *                              allocating and threads themselves need
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NR_THREADS 100 /* more than a chunk of rings has */

static pthread_barrier_t all_there;

static void *one_block(void *arg)
{
	free(malloc(7001));
	pthread_barrier_wait(&all_there);
	return arg;
}

static int use_heap(int nr_threads)
{
	pthread_t threads[NR_THREADS];
	pthread_attr_t attr;
	int i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	pthread_barrier_init(&all_there, NULL, (unsigned)nr_threads);
	for (i = 0; i < 10; i++)
		free(malloc(7001));
	for (i = 0; i < nr_threads; i++)
		if (pthread_create(&threads[i], &attr, one_block, NULL))
			return 1;
	for (i = 0; i < nr_threads; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static void limit(__rlimit_resource_t what, rlim_t value)
{
	const struct rlimit limits = { value, value };

	if (setrlimit(what, &limits))
		exit(3);
}

static rlim_t address_space(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (!f || fscanf(f, "%lu", &pages) != 1)
		exit(3);
	fclose(f);
	return pages * (rlim_t)getpagesize();
}

/* All those whose numbers are listed are allowed. */
static void filter_calls(void)
{
	static const int allowed[] = {
		// clang-format off
		/* what the C library needs for heap and threads */
		SYS_brk, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_madvise,
		SYS_clone, SYS_clone3, SYS_set_robust_list, SYS_rseq,
		SYS_exit, SYS_exit_group, SYS_futex, SYS_rt_sigprocmask,
		SYS_rt_sigaction, SYS_sched_getaffinity, SYS_getrandom,
		SYS_prlimit64, SYS_openat, SYS_read, SYS_close, SYS_write,
		SYS_newfstatat,
		/* what recording needs above that: for each new thread ... */
		SYS_gettid,
		/* ... and for one of 64 */
		SYS_mremap,
		// clang-format on
	};
	const size_t nr = sizeof(allowed) / sizeof(allowed[0]);
	struct sock_filter code[2 * sizeof(allowed) / sizeof(allowed[0]) + 2];
	struct sock_fprog program = { .filter = code };
	struct sock_filter *next = code;
	size_t i;

	*next++ = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (i = 0; i < nr; i++) {
		*next++ = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)allowed[i], 0, 1);
		*next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						       SECCOMP_RET_ALLOW);
	}
	*next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
					       SECCOMP_RET_KILL_PROCESS);
	program.len = (unsigned short)(next - code);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		exit(3);
}

static void change_root(const char *dir)
{
	if (chroot(dir) || chdir("/") || setgid(65534) || setuid(65534))
		exit(3);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	if (!strcmp(mode, "nofile")) {
		limit(RLIMIT_NOFILE, 3);
	} else if (!strcmp(mode, "memory") && argc > 2) {
		limit(RLIMIT_AS, address_space() + strtoull(argv[2], NULL, 0));
	} else if (!strcmp(mode, "close")) {
		closefrom(3);
	} else if (!strcmp(mode, "root") && argc > 2) {
		change_root(argv[2]);
	} else if (!strcmp(mode, "environment")) {
		clearenv();
	} else if (!strcmp(mode, "seccomp")) {
		filter_calls();
	} else {
		return 2;
	}
	return use_heap(NR_THREADS);
}
