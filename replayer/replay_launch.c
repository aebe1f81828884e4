// SPDX-License-Identifier: MIT
/*
 * Starts a worker, watches its time, and tells how it ended. The worker gets
 * a small environment of its own: what the user's shell sets for allocators
 * must not reach an arm that did not ask for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "allocators/registry.h"
#include "replayer/replay_launch.h"
#include "traces/base/err.h"
#include "traces/base/files.h"

#define TICK_NS 200000000L

enum { MAX_ENV = ALLOC_KNOBS_MAX + 8, PADDING_MAX = 4096 };

/* What execve needs, made before fork. */
struct command {
	char fd[16];
	char *argv[16];
	char preload[PATH_MAX + 16];
	char padding[PADDING_MAX + 16];
	char *env[MAX_ENV];
	size_t nr_env;
};

void replay_block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int replay_interrupted(void)
{
	sigset_t set;

	sigpending(&set);
	if (sigismember(&set, SIGINT))
		return SIGINT;
	return sigismember(&set, SIGTERM) ? SIGTERM : 0;
}

/* Keep a variable of ours that has nothing to do with allocators. */
static void inherit(struct command *c, const char *name)
{
	char *value = getenv(name);

	/* getenv points behind "NAME=" of the entry itself. */
	if (value)
		c->env[c->nr_env++] = value - strlen(name) - 1;
}

static void make_environment(struct command *c, const struct replay_launch *l)
{
	size_t i;

	inherit(c, "PATH");
	inherit(c, "LD_LIBRARY_PATH");
	inherit(c, "TMPDIR");
	for (i = 0; i < l->arm->nr_knobs; i++)
		c->env[c->nr_env++] = l->arm->knobs[i];
	if (l->arm->path[0]) {
		snprintf(c->preload, sizeof(c->preload), "LD_PRELOAD=%s",
			 l->arm->path);
		c->env[c->nr_env++] = c->preload;
	}
	i = (size_t)snprintf(c->padding, sizeof(c->padding), "PADDING=");
	memset(c->padding + i, 'x', l->padding % PADDING_MAX);
	c->env[c->nr_env++] = c->padding;
	c->env[c->nr_env] = NULL;
}

static void make_command(struct command *c, const struct replay_launch *l,
			 int report_fd)
{
	unsigned nr = 0;

	memset(c, 0, sizeof(*c));
	snprintf(c->fd, sizeof(c->fd), "%d", report_fd);
	if (l->order.pass == WORKER_CALLGRIND)
		nr = replay_callgrind_words(c->argv);
	c->argv[nr++] = (char *)l->worker;
	c->argv[nr++] = (char *)l->plan;
	c->argv[nr++] = c->fd;
	make_environment(c, l);
}

/*
 * In the child: nothing here allocates. A traced one waits until the driver
 * has closed its end of the gate.
 */
static void become_worker(struct command *c, int words_fd, const int gate[2],
			  pid_t driver)
{
	static const struct rlimit no_core;
	sigset_t none;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != driver)
		_exit(127);
	/* Ctrl-C is for the driver, which then ends us. */
	setpgid(0, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(words_fd, STDOUT_FILENO);
	dup2(words_fd, STDERR_FILENO);
	close(gate[1]);
	while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
		;
	execvpe(c->argv[0], c->argv, c->env);
	_exit(127);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

enum ending { ENDED, TIMED_OUT, INTERRUPTED };

/* Whether the worker has ended; *busy when to ask again at once. */
static bool has_ended(pid_t pid, struct replay_trace *trace, int *status,
		      bool *busy)
{
	if (trace->pid)
		return replay_trace_step(trace, status, busy);
	*busy = false;
	return waitpid(pid, status, WNOHANG) == pid;
}

static double part_done(const struct worker_report *r)
{
	uint32_t done =
		atomic_load_explicit(&r->marks_done, memory_order_relaxed);

	return done < r->nr_samples ? (double)done / r->nr_samples : 1;
}

/* Until the worker has ended, its time is up, or a signal came. */
static enum ending wait_for(pid_t pid, const struct replay_launch *l,
			    const struct replay_run *run,
			    struct replay_trace *trace, int *status)
{
	uint64_t until = now_ns() + l->timeout_ns;
	const struct timespec tick = { .tv_nsec = TICK_NS };
	enum ending ending = ENDED;
	sigset_t child;
	bool busy;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while (!has_ended(pid, trace, status, &busy)) {
		if (replay_interrupted())
			ending = INTERRUPTED;
		else if (l->timeout_ns && now_ns() > until)
			ending = TIMED_OUT;
		if (ending != ENDED)
			kill(pid, SIGKILL);
		else if (l->tick)
			l->tick(l->ctx, part_done(run->report));
		/* Also returns early when SIGCHLD comes. */
		if (!busy)
			sigtimedwait(&child, NULL, &tick);
	}
	return ending;
}

/* Words are what the worker printed last; they end the message. */
static __attribute__((format(printf, 4, 5))) void
set_status(struct replay_run *run, const char *status, const char *words,
	   const char *fmt, ...)
{
	size_t room = sizeof(run->message) - 1;
	va_list ap;

	snprintf(run->status, sizeof(run->status), "%s", status);
	va_start(ap, fmt);
	vsnprintf(run->message, sizeof(run->message), fmt, ap);
	va_end(ap);
	if (!*words)
		return;
	strncat(run->message, ": ", room - strlen(run->message));
	strncat(run->message, words, room - strlen(run->message));
}

/* Whether malloc was served by the object that the arm names. */
static bool is_arm(const struct alloc_arm *arm, const char *malloc_by)
{
	char mine[PATH_MAX], its[PATH_MAX];
	const char *file = strrchr(malloc_by, '/');

	if (arm->is_null)
		return true;
	if (!arm->path[0])
		return !strncmp(file ? file + 1 : malloc_by, "libc.", 5);
	return realpath(arm->path, mine) && realpath(malloc_by, its) &&
	       !strcmp(mine, its);
}

static void judge_done(const struct replay_launch *l, struct replay_run *run,
		       const char *words)
{
	const struct worker_report *r = run->report;

	if (!is_arm(l->arm, r->malloc_by))
		set_status(run, "missing", words,
			   "cannot be preloaded, malloc came from %.100s",
			   r->malloc_by);
	else if (r->nulls)
		set_status(run, "failed", words,
			   "%llu calls returned NULL that had succeeded in "
			   "the recording",
			   (unsigned long long)r->nulls);
	else
		set_status(run, "ok", "", "%s", "");
}

static void judge(const struct replay_launch *l, struct replay_run *run,
		  enum ending ending, int status, const char *words)
{
	static const char *const places[] = { "before the replay",
					      "during the replay",
					      "after the replay",
					      "at its end" };
	const char *place = places[run->report->state & 3];
	const char *name;

	if (run->report->barred) {
		set_status(run, "failed", "", "%s", run->report->message);
	} else if (run->report->misbehaved) {
		set_status(run, "failed", words, "%s", run->report->message);
	} else if (ending == TIMED_OUT) {
		set_status(run, "timeout", words,
			   "ran longer than %llu s (--timeout)",
			   (unsigned long long)(l->timeout_ns / 1000000000ULL));
	} else if (WIFSIGNALED(status)) {
		name = sigabbrev_np(WTERMSIG(status));
		set_status(run, "crashed", words, "SIG%s %s", name ? name : "?",
			   place);
	} else if (run->report->message[0]) {
		set_status(run, "crashed", words, "%.200s",
			   run->report->message);
	} else if (WEXITSTATUS(status) == 127 && !run->report->state) {
		/* The loader gave up on it, or on a library that it needs. */
		set_status(run, "missing", words, "cannot be preloaded");
	} else if (WEXITSTATUS(status) || run->report->state != WORKER_DONE) {
		set_status(run, "crashed", words, "exited with status %d %s",
			   WEXITSTATUS(status), place);
	} else {
		judge_done(l, run, words);
	}
}

/* What the worker is asked for. */
static void write_order(struct worker_order *order,
			const struct replay_launch *l)
{
	*order = l->order;
	order->null = l->arm->is_null;
	if (order->pass == WORKER_CALLGRIND)
		order->pass = WORKER_TIME;
}

static int map_report(struct replay_run *run, const struct replay_launch *l,
		      int fd, struct err *err)
{
	const struct plan_header *h = l->header;
	size_t samples_at = sizeof(struct worker_report);
	size_t hists_at =
		samples_at + h->nr_marks * sizeof(struct worker_sample);
	void *p;

	run->bytes =
		hists_at + sizeof(struct hist) * WORKER_HISTS * WORKER_GROUPS;
	if (ftruncate(fd, (off_t)run->bytes))
		return err_set(err, ERR_SYS, errno, "cannot make a report");
	p = mmap(NULL, run->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return err_set(err, ERR_SYS, errno, "cannot map a report");
	run->report = p;
	write_order(&run->report->order, l);
	run->report->samples_at = samples_at;
	run->report->hists_at = hists_at;
	run->report->nr_samples = h->nr_marks;
	return 0;
}

/* A child that becomes the worker, traced in a calls pass. */
static int start_worker(const struct replay_launch *l, struct replay_run *run,
			int report_fd, int words_fd, struct replay_trace *trace,
			pid_t *pid, struct err *err)
{
	struct command command;
	pid_t driver = getpid();
	int gate[2];

	make_command(&command, l, report_fd);
	if (pipe2(gate, O_CLOEXEC))
		return err_set(err, ERR_SYS, errno, "cannot make a pipe");
	*pid = fork();
	if (!*pid)
		become_worker(&command, words_fd, gate, driver);
	if (*pid < 0)
		err_set(err, ERR_SYS, errno, "cannot start a worker");
	else if (l->order.pass == WORKER_CALLS &&
		 !replay_trace_start(trace, *pid, run->report))
		kill(*pid, SIGKILL);
	close(gate[0]);
	close(gate[1]);
	return *pid < 0 ? -ERR_SYS : 0;
}

static int run_worker(const struct replay_launch *l, struct replay_run *run,
		      int report_fd, int words_fd, struct err *err)
{
	struct replay_trace trace = { 0 };
	enum ending ending;
	char words[512];
	int status = 0;
	pid_t pid;
	int rc;

	rc = start_worker(l, run, report_fd, words_fd, &trace, &pid, err);
	if (rc)
		return rc;
	ending = wait_for(pid, l, run, &trace, &status);
	memcpy(run->counts, trace.counts, sizeof(run->counts));
	replay_trace_release(&trace);
	if (ending == INTERRUPTED)
		return err_set(err, ERR_INTERRUPT, 0, "interrupted");
	files_last_line(words_fd, words, sizeof(words));
	if (l->order.pass == WORKER_CALLGRIND)
		replay_callgrind_read(run->report, words_fd);
	judge(l, run, ending, status, words);
	return 0;
}

int replay_launch(const struct replay_launch *l, struct replay_run *run,
		  struct err *err)
{
	/* The report is inherited, the words only through stdout and stderr. */
	int report_fd = memfd_create("heaptape-report", 0);
	int words_fd = memfd_create("heaptape-words", MFD_CLOEXEC);
	int rc;

	memset(run, 0, sizeof(*run));
	if (report_fd < 0 || words_fd < 0)
		rc = err_set(err, ERR_SYS, errno, "cannot make a memfd");
	else
		rc = map_report(run, l, report_fd, err);
	if (!rc)
		rc = run_worker(l, run, report_fd, words_fd, err);
	if (report_fd >= 0)
		close(report_fd);
	if (words_fd >= 0)
		close(words_fd);
	return rc;
}

void replay_run_release(struct replay_run *run)
{
	if (run->report)
		munmap(run->report, run->bytes);
	memset(run, 0, sizeof(*run));
}

const struct worker_sample *replay_run_samples(const struct replay_run *run)
{
	return (const void *)((const char *)run->report +
			      run->report->samples_at);
}

const struct hist *replay_run_hist(const struct replay_run *run, unsigned op,
				   unsigned group)
{
	const struct hist *all = (const void *)((const char *)run->report +
						run->report->hists_at);

	return &all[op * WORKER_GROUPS + group];
}
