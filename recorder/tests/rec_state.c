// SPDX-License-Identifier: MIT
/*
 * Prints all that a program inherits from the one that started it, but for
 * its parent's number, so that two ways of starting it can be compared.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static void show_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	struct stat st;
	int fd;

	while (dir && (entry = readdir(dir))) {
		fd = atoi(entry->d_name);
		if (entry->d_name[0] == '.' || fd == dirfd(dir) ||
		    fstat(fd, &st))
			continue;
		printf("fd %d: type %o flags %o %o\n", fd, st.st_mode & S_IFMT,
		       (unsigned)fcntl(fd, F_GETFL),
		       (unsigned)fcntl(fd, F_GETFD));
	}
	if (dir)
		closedir(dir);
}

static void show_signals(void)
{
	struct sigaction action;
	sigset_t mask, pending;
	stack_t stack;
	int sig;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigpending(&pending);
	sigaltstack(NULL, &stack);
	printf("alternate stack %d\n", stack.ss_flags);
	for (sig = 1; sig <= 64; sig++) {
		if (sigaction(sig, NULL, &action))
			continue;
		printf("signal %d: %s%s%s flags %x\n", sig,
		       action.sa_handler == SIG_DFL   ? "default"
		       : action.sa_handler == SIG_IGN ? "ignored"
						      : "handled",
		       sigismember(&mask, sig) ? " blocked" : "",
		       sigismember(&pending, sig) ? " pending" : "",
		       (unsigned)action.sa_flags);
	}
}

static void show_limits(void)
{
	struct itimerval timer;
	struct rlimit limit;
	int i;

	for (i = 0; i < (int)RLIM_NLIMITS; i++)
		if (!getrlimit((__rlimit_resource_t)i, &limit))
			printf("limit %d: %lu %lu\n", i, limit.rlim_cur,
			       limit.rlim_max);
	for (i = 0; i < 3; i++)
		if (!getitimer((__itimer_which_t)i, &timer))
			printf("timer %d: %ld\n", i, timer.it_value.tv_sec);
}

static void show_process(void)
{
	char cwd[4096] = "";
	cpu_set_t cpus;
	mode_t mask = umask(0);
	int death_signal = 0, subreaper = 0;

	umask(mask);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	printf("umask %o cwd %s\n", mask, getcwd(cwd, sizeof(cwd)));
	/* 0: led by this process itself, whose number tells nothing. */
	printf("group %d session %d terminal's %d\n",
	       getpgrp() == getpid() ? 0 : getpgrp(),
	       getsid(0) == getpid() ? 0 : getsid(0), tcgetpgrp(0));
	printf("ids %d %d %d %d groups %d\n", getuid(), geteuid(), getgid(),
	       getegid(), getgroups(0, NULL));
	printf("nice %d policy %d cpus %d io %ld\n",
	       getpriority(PRIO_PROCESS, 0), sched_getscheduler(0),
	       CPU_COUNT(&cpus), syscall(SYS_ioprio_get, 1, 0));
	prctl(PR_GET_PDEATHSIG, &death_signal);
	prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
	printf("timer slack %d dumpable %d death signal %d subreaper %d\n",
	       prctl(PR_GET_TIMERSLACK), prctl(PR_GET_DUMPABLE), death_signal,
	       subreaper);
	printf("no new privileges %d keep capabilities %d huge pages %d\n",
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_KEEPCAPS),
	       prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	printf("personality %x\n", (unsigned)personality(0xffffffff));
	printf("children %d\n", waitpid(-1, NULL, WNOHANG) < 0 ? errno : 0);
}

/* Lines of /proc/self/NAME that begin with one of the words. */
static void show_file(const char *name, const char *const *words)
{
	char path[64], line[4096];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		const char *const *word = words;

		while (*word && strncmp(line, *word, strlen(*word)))
			word++;
		if (*word)
			printf("%s: %s", name, line);
	}
	if (f)
		fclose(f);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void show_environment(void)
{
	size_t nr = 0, i;

	while (environ[nr])
		nr++;
	qsort(environ, nr, sizeof(*environ), compare);
	for (i = 0; i < nr; i++)
		printf("environment: %s\n", environ[i]);
}

int main(int argc, char **argv)
{
	static const char *const all[] = { "", NULL };
	static const char *const lines[] = {
		"Name:",
		"Umask:",
		"Groups:",
		"Threads:",
		"SigB",
		"SigI",
		"SigC",
		"SigP",
		"Shd",
		"Cap",
		"NoNewPrivs:",
		"Seccomp",
		"Spec",
		"THP_",
		"CoreDump",
		"Mems_allowed_list:",
		"Cpus_allowed_list:",
		NULL,
	};
	int i;

	for (i = 0; i < argc; i++)
		printf("argument %d: %s\n", i, argv[i]);
	show_descriptors();
	show_signals();
	show_limits();
	show_process();
	show_file("status", lines);
	show_file("oom_score_adj", all);
	show_file("coredump_filter", all);
	show_file("timerslack_ns", all);
	show_file("cgroup", all);
	show_environment();
	return 0;
}
