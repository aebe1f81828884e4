// SPDX-License-Identifier: MIT
/*
 * Starts the program as the user would under that allocator, with the library
 * in LD_PRELOAD, and waits. What the user's environment sets for allocators
 * does not reach an arm.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "replayer/replay_launch.h"
#include "replayer/validate_run.h"
#include "traces/base/err.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* Whether "NAME=VALUE" is of that name, which ends at '=' or a blank. */
static bool is_of(const char *entry, const char *name)
{
	size_t len = strcspn(entry, "=");

	return !strncmp(entry, name, len) && strcspn(name, "= ") == len;
}

/* Whether it is for an allocator, of those that are known. */
static bool is_knob(const char *entry)
{
	size_t nr, i, k;
	const struct alloc_entry *all = alloc_entries(&nr);

	if (is_of(entry, "LD_PRELOAD") || !strncmp(entry, "MALLOC_", 7))
		return true;
	for (i = 0; i < nr; i++)
		for (k = 0; all[i].knobs && all[i].knobs[k]; k++)
			if (is_of(entry, all[i].knobs[k]))
				return true;
	return false;
}

/* preload is room for an entry; NULL: no memory. */
static char **make_environment(const struct validate_launch *l, char *preload,
			       size_t len)
{
	size_t nr = 0, n = 0, i;
	char **env;

	while (environ[nr])
		nr++;
	env = calloc(nr + ALLOC_KNOBS_MAX + 2, sizeof(*env));
	for (i = 0; env && i < nr; i++)
		if (!l->arm || !is_knob(environ[i]))
			env[n++] = environ[i];
	if (!env || !l->arm)
		return env;
	for (i = 0; i < l->arm->nr_knobs; i++)
		env[n++] = l->arm->knobs[i];
	/* Before the program's own allocator comes the C library's so, too. */
	snprintf(preload, len, "LD_PRELOAD=%s",
		 l->arm->path[0] ? l->arm->path : "libc.so.6");
	if (l->arm->path[0] || l->brings_allocator)
		env[n++] = preload;
	return env;
}

/* In the child; nothing here allocates. */
static void become_program(const struct validate_launch *l, char **env,
			   pid_t driver)
{
	int in = open(l->input, O_RDONLY);
	int null = open("/dev/null", O_WRONLY);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != driver)
		_exit(127);
	/* Ctrl-C is for the driver, which then ends us. */
	setpgid(0, 0);
	if (in >= 0)
		dup2(in, STDIN_FILENO);
	if (!l->show_output)
		dup2(null, STDOUT_FILENO);
	if (l->words_fd >= 0)
		dup2(l->words_fd, STDERR_FILENO);
	else if (!l->show_output)
		dup2(null, STDERR_FILENO);
	if (in > STDERR_FILENO)
		close(in);
	if (null > STDERR_FILENO)
		close(null);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvpe(l->argv[0], l->argv, env);
	_exit(127);
}

/* Kill all children; their own ones become ours, for the next time. */
static void kill_children(void)
{
	const struct dirent *entry;
	DIR *dir = opendir("/proc");

	while (dir && (entry = readdir(dir))) {
		char path[300], stat[512];
		const char *rest;
		int parent, fd;
		ssize_t n;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd >= 0 ? read(fd, stat, sizeof(stat) - 1) : -1;
		if (fd >= 0)
			close(fd);
		stat[n > 0 ? n : 0] = '\0';
		rest = strrchr(stat, ')');
		if (rest && sscanf(rest + 1, " %*c %d", &parent) == 1 &&
		    parent == getpid())
			kill(atoi(entry->d_name), SIGKILL);
	}
	if (dir)
		closedir(dir);
}

/* Fetch those that have ended; false when none is left. */
static bool reap(pid_t root, int *status)
{
	pid_t pid;
	int its;

	while ((pid = waitpid(-1, &its, WNOHANG)) > 0)
		if (pid == root)
			*status = its;
	return !pid || errno != ECHILD;
}

static int wait_for(const struct validate_launch *l, pid_t root,
		    struct validate_run *run, struct err *err)
{
	uint64_t begin = now_ns();
	bool interrupted = false;
	sigset_t child;
	int status = 0;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while (reap(root, &status)) {
		struct timespec pause = { .tv_nsec = 100000000L };

		if (run->watch) {
			watch_look(run->watch);
			pause.tv_nsec = (long)watch_interval_ns(run->watch);
		}
		interrupted = interrupted || replay_interrupted();
		if (l->timeout_ns && now_ns() - begin > l->timeout_ns)
			run->timed_out = true;
		if (interrupted || run->timed_out)
			kill_children();
		sigtimedwait(&child, NULL, &pause);
	}
	run->wall_ns = now_ns() - begin;
	run->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
					  : WEXITSTATUS(status);
	return interrupted ? err_set(err, ERR_INTERRUPT, 0, "interrupted") : 0;
}

int validate_run(const struct validate_launch *l, struct validate_run *run,
		 struct err *err)
{
	char preload[PATH_MAX + 16];
	char **env = make_environment(l, preload, sizeof(preload));
	pid_t driver = getpid(), pid;
	int rc = 0, waited, nice;

	memset(run, 0, sizeof(*run));
	if (!env)
		return err_set(err, ERR_NOMEM, ENOMEM, "environment");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (!pid)
		become_program(l, env, driver);
	free(env);
	if (pid < 0)
		return err_set(err, ERR_SYS, errno, "cannot start a program");
	if (l->process)
		rc = watch_open(&run->watch, pid, l->process,
				l->arm && l->arm->path[0] ? l->arm->path : NULL,
				err);
	if (rc) {
		kill(pid, SIGKILL);
		watch_close(run->watch);
		run->watch = NULL;
	}
	/* Where it may: a busy machine must not keep it from its samples. */
	nice = getpriority(PRIO_PROCESS, 0);
	setpriority(PRIO_PROCESS, 0, nice - 10);
	waited = wait_for(l, pid, run, err);
	setpriority(PRIO_PROCESS, 0, nice);
	return rc ? rc : waited;
}

void validate_run_release(struct validate_run *run)
{
	watch_close(run->watch);
	memset(run, 0, sizeof(*run));
}
