// SPDX-License-Identifier: MIT
/* Runs one recording; drain.h and child.h do the work. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/child.h"
#include "recorder/drain.h"
#include "recorder/meta.h"
#include "recorder/pattern.h"
#include "recorder/sample.h"
#include "recorder/session.h"
#include "traces/base/err.h"
#include "traces/base/files.h"
#include "traces/tape_writer.h"

#define NAP_MIN_NS 50000u    /* between looks at rings that fill fast */
#define NAP_MAX_NS 10000000u /* ... at quiet ones: time for a sample */
#define SLEEP_NS   2000000u  /* from here on the program may wake us */
#define FLUSH_NS   1000000000u
#define NAMES_NS   200000000u
#define NAME_NS    1000000u

struct session {
	const struct session_config *config;
	struct session_result *result;
	struct shared shared;
	struct ticks ticks;
	struct child child;
	struct drain drain;
	struct sampler sampler;
	struct tape_writer *writer;
	int fd;       /* of the tape */
	bool created; /* there was no such file before */
	uint64_t nap_ns;
	uint64_t next_flush_ns;
	uint64_t next_names_ns;
};

static int write_tape(void *ctx, const void *buf, size_t len)
{
	const struct session *s = ctx;

	s->result->bytes += len;
	return files_write_all(s->fd, buf, len) ? errno : 0;
}

static int name_output(struct session *s, struct err *err)
{
	const struct pattern_name name = { .program = s->config->argv[0],
					   .pid = s->child.pid };

	return pattern_expand(s->config->output, &name, s->result->output,
			      PATH_MAX, err);
}

/* Before the program starts; what is there stays until it has started. */
static int open_output(struct session *s, struct err *err)
{
	const char *path = s->result->output;

	s->created = true;
	s->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (s->fd < 0 && errno == EEXIST) {
		if (!s->config->force)
			return err_set(err, ERR_EXISTS, 0,
				       "%s exists; use -f to replace it", path);
		s->created = false;
		s->fd = open(path, O_WRONLY | O_CLOEXEC);
	}
	if (s->fd < 0)
		return err_set(err, ERR_IO, errno, "cannot create %s", path);
	return 0;
}

/* Forget what was written; devices and pipes cannot. */
static int rewind_output(struct session *s, struct err *err)
{
	s->result->bytes = 0;
	if (lseek(s->fd, 0, SEEK_SET) < 0 || ftruncate(s->fd, 0)) {
		if (errno != EINVAL && errno != ESPIPE)
			return err_set(err, ERR_IO, errno, "cannot rewrite %s",
				       s->result->output);
	}
	return 0;
}

/* process: NULL when none has registered. */
static int open_writer(struct session *s, const struct ring_process *process,
		       struct err *err)
{
	const struct tape_sink sink = { write_tape, s };
	struct tape_meta meta = { 0 };
	int ret = meta_collect(&meta, s->config->argv, process, s->ticks.clock,
			       err);

	if (!ret)
		ret = rewind_output(s, err);
	if (!ret)
		ret = tape_writer_open(&s->writer, &sink, &meta, NULL, err);
	sampler_forget(&s->sampler);
	tape_meta_release(&meta);
	return ret;
}

/* The program replaced itself by another one, whose heap begins empty. */
static void leave_image(struct session *s)
{
	struct session_result *r = s->result;
	const char *slash = strrchr(r->exe, '/');
	size_t used = strlen(r->earlier);

	snprintf(r->earlier + used, sizeof(r->earlier) - used, "%s%s",
		 used ? ", " : "", slash ? slash + 1 : r->exe);
	tape_writer_free(s->writer);
	s->writer = NULL;
}

/* The program image that registered last; NULL: none has. */
static const struct ring_process *last_process(const struct shared *shared)
{
	uint32_t i, top = atomic_load_explicit(&shared->control->top_process,
					       memory_order_relaxed);
	const struct ring_process *last = NULL, *p;

	for (i = 0; i < top && i < RING_PROCESSES; i++) {
		p = &shared->processes[i];
		/* Acquire: what it announced is there. */
		if (atomic_load_explicit(&p->state, memory_order_acquire) ==
			    RING_PROCESS_LIVE &&
		    (!last || p->serial > last->serial))
			last = p;
	}
	return last;
}

/* Look for a program image that has registered since. */
static int check_image(struct session *s, struct err *err)
{
	const struct ring_process *process = last_process(&s->shared);
	int ret;

	if (process == s->drain.process)
		return 0;
	if (s->drain.process)
		leave_image(s);
	s->result->unseen[0] = '\0';
	snprintf(s->result->exe, sizeof(s->result->exe), "%.*s",
		 (int)sizeof(process->exe), process->exe);
	ret = open_writer(s, process, err);
	drain_set_process(&s->drain, process, ret ? NULL : s->writer);
	return ret;
}

/* A program that replaced the recorded one may keep our shim out. */
static void check_exe(struct session *s)
{
	struct session_result *r = s->result;

	child_exe(&s->child, r->unseen, sizeof(r->unseen));
	if (!strcmp(r->unseen, r->exe) || strstr(r->unseen, " (deleted)"))
		r->unseen[0] = '\0';
}

/* What is due by the clock: a sample, names, a flush. */
static int do_chores(struct session *s, struct err *err)
{
	uint64_t now = ticks_now_ns(&s->ticks);
	struct tape_sample samples[2];
	unsigned i, nr;
	int ret = 0;

	if (!s->writer)
		return 0;
	nr = sampler_take(&s->sampler, now, drain_ring_bytes(&s->drain),
			  samples);
	for (i = 0; i < nr && !ret; i++)
		ret = tape_writer_sample(s->writer, &samples[i], err);
	if (!ret && now >= s->next_names_ns) {
		/* Many threads, less often, so that it stays cheap. */
		s->next_names_ns =
			now + NAMES_NS + NAME_NS * s->shared.control->top_slot;
		check_exe(s);
		ret = drain_names(&s->drain, err);
	}
	if (!ret && now >= s->next_flush_ns) {
		s->next_flush_ns = now + FLUSH_NS;
		ret = tape_writer_flush(s->writer, err);
	}
	return ret;
}

/* Rest so long that the fullest ring will be about a quarter full. */
static void rest(struct session *s, uint64_t fullest)
{
	uint64_t now = ticks_now_ns(&s->ticks), ns;

	if (fullest > RING_QUARTER && s->nap_ns > NAP_MIN_NS)
		s->nap_ns /= 2;
	else if (fullest < RING_QUARTER / 2 && s->nap_ns < NAP_MAX_NS)
		s->nap_ns *= 2;
	if (fullest > 2 * RING_QUARTER)
		return;
	ns = s->nap_ns < NAP_MAX_NS ? s->nap_ns : NAP_MAX_NS;
	if (s->writer && s->sampler.next_ns > now &&
	    s->sampler.next_ns - now < ns)
		ns = s->sampler.next_ns - now;
	shared_sleep(&s->shared,
		     s->nap_ns < SLEEP_NS ? RING_DRAIN_NAP : RING_DRAIN_SLEEP,
		     ns);
}

/* Until the program ends; afterwards nobody writes into the rings. */
static int follow(struct session *s, struct err *err)
{
	uint64_t fullest = 0;
	bool ended;
	int ret;

	do {
		ended = child_ended(&s->child);
		ret = check_image(s, err);
		if (!ret)
			ret = drain_pass(&s->drain, ended, &fullest, err);
		if (!ret)
			ret = do_chores(s, err);
		if (!ret && !ended)
			rest(s, fullest);
	} while (!ret && (!ended || fullest));
	return ret;
}

/* The program's file, from the process or, if it is over, by its name. */
static void find_exe(struct session *s)
{
	char *exe = s->result->exe, *paths, *dir, *rest;
	const char *name = s->config->argv[0];

	child_exe(&s->child, exe, PATH_MAX);
	if (*exe)
		return;
	paths = strdup(strchr(name, '/') || !getenv("PATH") ? ""
							    : getenv("PATH"));
	snprintf(exe, PATH_MAX, "%s", name);
	rest = paths;
	while ((dir = strsep(&rest, ":")) && access(exe, X_OK))
		snprintf(exe, PATH_MAX, "%s/%s", dir, name);
	free(paths);
}

static void describe_end(const struct session *s, struct tape_end *end)
{
	int status = s->child.status;

	*end = (struct tape_end){
		.exit_status = status,
		.duration_ns = s->result->duration_ns,
		.dropped = s->result->lost,
		.reason = "exit",
	};
	if (WIFSIGNALED(status))
		snprintf(end->reason, sizeof(end->reason), "signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
}

static void fill_result(struct session *s)
{
	const struct ring_control *control = s->shared.control;
	const struct ring_process *process = s->drain.process;
	struct session_result *r = s->result;

	r->status = s->child.status;
	r->registered = process;
	if (process) {
		r->foreign = process->foreign;
		r->lost = process->lost;
		snprintf(r->allocator, sizeof(r->allocator), "%.*s",
			 (int)sizeof(process->allocator), process->allocator);
	}
	r->events = s->drain.events;
	r->earlier_events = s->drain.discarded;
	r->threads = s->drain.threads;
	r->interrupted = s->drain.interrupted;
	r->forked = control->forked;
	r->execed = control->execed;
	r->duration_ns = ticks_now_ns(&s->ticks);
}

/* Write the end of the tape; one without a program in it is empty. */
static int finish_tape(struct session *s, struct err *err)
{
	struct tape_sample sample;
	struct tape_end end;
	int ret = 0;

	if (!s->writer)
		ret = open_writer(s, NULL, err);
	if (!ret && sampler_finish(&s->sampler, &sample))
		ret = tape_writer_sample(s->writer, &sample, err);
	if (ret)
		return ret;
	describe_end(s, &end);
	ret = tape_writer_close(s->writer, &end, err);
	s->writer = NULL;
	return ret;
}

static int record(struct session *s, struct err *err)
{
	int ret;

	s->result->started = true;
	/* Naps shall last what they say; the program keeps its own slack. */
	prctl(PR_SET_TIMERSLACK, 1000);
	sampler_open(&s->sampler, s->child.pid);
	s->nap_ns = NAP_MIN_NS;
	ret = follow(s, err);
	if (ret) {
		shared_stop(&s->shared);
		child_wait(&s->child);
	}
	fill_result(s);
	if (!ret)
		ret = finish_tape(s, err);
	tape_writer_free(s->writer);
	s->writer = NULL;
	sampler_close(&s->sampler);
	return ret;
}

static int prepare(struct session *s, struct err *err)
{
	char text[64];
	int ret;

	ticks_start(&s->ticks);
	ret = shared_open(&s->shared, s->ticks.clock, err);
	if (ret)
		return ret;
	shared_describe(&s->shared, text, sizeof(text));
	ret = child_start(&s->child, s->config->argv, s->config->shim, text,
			  err);
	if (ret)
		return ret;
	s->shared.control->target_pid = (uint32_t)s->child.pid;
	ret = name_output(s, err);
	if (!ret)
		ret = open_output(s, err);
	if (!ret)
		ret = drain_open(&s->drain, &s->shared, &s->ticks, s->child.pid,
				 err);
	if (ret)
		child_abandon(&s->child);
	return ret;
}

int session_run(const struct session_config *config,
		struct session_result *result, struct err *err)
{
	struct session s = { .config = config, .result = result, .fd = -1 };
	int ret;

	memset(result, 0, sizeof(*result));
	ret = prepare(&s, err);
	if (!ret) {
		ticks_calibrate(&s.ticks);
		result->exec_errno = child_release(&s.child);
		find_exe(&s);
		if (result->exec_errno)
			ret = err_set(err, ERR_MISSING, result->exec_errno,
				      "cannot run %s", config->argv[0]);
		else
			ret = record(&s, err);
	}
	if (ret && s.fd >= 0 && s.created &&
	    (result->exec_errno || !s.drain.slots))
		unlink(result->output);
	if (s.fd >= 0)
		close(s.fd);
	drain_close(&s.drain);
	shared_close(&s.shared);
	return ret;
}
