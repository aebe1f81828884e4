// SPDX-License-Identifier: MIT
/* Starting the recorded program, and passing signals on to it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/child.h"
#include "recorder/needed.h"
#include "recorder/ring.h"
#include "traces/base/err.h"

static const int passed_on[] = { SIGINT,  SIGQUIT, SIGTERM, SIGHUP,
				 SIGUSR1, SIGUSR2, SIGCONT };

/* What the signal handler needs; the pid of the only child. */
static _Atomic pid_t target;
static _Atomic bool asked_to_end;

/*
 * What the kernel sends (a key on the terminal) reaches the program anyway,
 * as it is in our process group; what a process sends to us does not.
 */
static void pass_on(int sig, siginfo_t *info, void *context)
{
	int saved_errno = errno;
	pid_t pid = atomic_load_explicit(&target, memory_order_relaxed);

	(void)context;
	if (!pid && sig != SIGUSR1 && sig != SIGUSR2 && sig != SIGCONT)
		atomic_store_explicit(&asked_to_end, true,
				      memory_order_relaxed);
	if (pid > 0 && info->si_code != SI_KERNEL && info->si_pid != pid)
		kill(pid, sig);
	errno = saved_errno;
}

static void wake_up(int sig)
{
	(void)sig; /* ends the sleep of the drain */
}

static void install_handlers(void)
{
	struct sigaction action = { .sa_sigaction = pass_on,
				    .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigaction chld = { .sa_handler = wake_up,
				  .sa_flags = SA_RESTART | SA_NOCLDSTOP };
	size_t i;

	for (i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaction(passed_on[i], &action, NULL);
	sigaction(SIGCHLD, &chld, NULL);
	signal(SIGPIPE, SIG_IGN); /* our words may go nowhere ... */
	signal(SIGXFSZ, SIG_IGN); /* ... and a tape may grow too large */
}

/* In the child: wait, then become the program. */
static void run_program(int gate, int report, char **argv)
{
	int failed;
	char go;

	if (read(gate, &go, 1) != 1)
		_exit(EXIT_RECORD_FAILED);
	execvp(argv[0], argv);
	failed = errno;
	if (write(report, &failed, sizeof(failed)) < 0)
		_exit(EXIT_RECORD_FAILED);
	_exit(EXIT_NOT_FOUND);
}

/*
 * A program that is built with the address sanitizer refuses to start when a
 * library comes before its runtime, as ours does.
 */
static int let_asan_be_second(void)
{
	const char *old = getenv("ASAN_OPTIONS");
	char *text;
	int ret;

	if (asprintf(&text, "%s%sverify_asan_link_order=0", old ? old : "",
		     old && *old ? ":" : "") < 0)
		return -1;
	ret = setenv("ASAN_OPTIONS", text, 1);
	free(text);
	return ret;
}

static int set_environment(const char *program, const char *preload,
			   const char *record)
{
	const char *old = getenv("LD_PRELOAD");
	char *text;
	int ret;

	if (asprintf(&text, "%s%s%s", preload, old && *old ? ":" : "",
		     old ? old : "") < 0)
		return -1;
	ret = setenv("LD_PRELOAD", text, 1) || setenv(RING_ENV, record, 1);
	free(text);
	if (!ret && needed_by(program, "libasan."))
		ret = let_asan_be_second();
	return ret;
}

static int fork_child(struct child *c, char **argv, int gate, int report,
		      struct err *err)
{
	c->pid = fork();
	if (c->pid < 0)
		return err_set(err, ERR_SYS, errno, "cannot start a process");
	if (!c->pid) {
		close(c->gate);
		run_program(gate, report, argv);
	}
	atomic_store_explicit(&target, c->pid, memory_order_relaxed);
	install_handlers();
	return 0;
}

int child_start(struct child *c, char **argv, const char *preload,
		const char *record, struct err *err)
{
	int gate[2], report[2], ret;

	memset(c, 0, sizeof(*c));
	if (set_environment(argv[0], preload, record))
		return err_set(err, ERR_NOMEM, 0, "out of memory");
	if (pipe2(gate, O_CLOEXEC))
		return err_set(err, ERR_SYS, errno, "cannot make a pipe");
	if (pipe2(report, O_CLOEXEC)) {
		close(gate[0]);
		close(gate[1]);
		return err_set(err, ERR_SYS, errno, "cannot make a pipe");
	}
	c->gate = gate[1];
	c->report = report[0];
	ret = fork_child(c, argv, gate[0], report[1], err);
	close(gate[0]);
	close(report[1]);
	if (ret) {
		close(c->gate);
		close(c->report);
	}
	return ret;
}

void child_wait(struct child *c)
{
	if (c->ended)
		return;
	while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
		;
	c->ended = true;
	atomic_store_explicit(&target, 0, memory_order_relaxed);
}

int child_release(struct child *c)
{
	int failed = 0;
	ssize_t n;

	if (write(c->gate, "", 1) != 1)
		failed = errno;
	close(c->gate);
	do
		n = read(c->report, &failed, sizeof(failed));
	while (n < 0 && errno == EINTR);
	close(c->report);
	if (failed)
		child_wait(c);
	return failed;
}

void child_abandon(struct child *c)
{
	close(c->gate);
	close(c->report);
	child_wait(c);
}

/* A zombie has lost all but its name. */
static void read_name(struct child *c)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)c->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, c->name, sizeof(c->name));
	close(fd);
	c->name[n > 0 ? n - 1 : 0] = '\0';
}

bool child_ended(struct child *c)
{
	siginfo_t info = { 0 };

	/* The first process of a container inherits the orphans, too. */
	while (!waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) &&
	       info.si_pid) {
		if (info.si_pid == c->pid) {
			read_name(c);
			child_wait(c);
		} else {
			waitpid(info.si_pid, NULL, WNOHANG);
		}
		info.si_pid = 0;
	}
	return c->ended;
}

bool child_asked_to_end(void)
{
	return atomic_load_explicit(&asked_to_end, memory_order_relaxed);
}
