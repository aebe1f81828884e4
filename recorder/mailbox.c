// SPDX-License-Identifier: MIT
/*
 * Finding a recording from outside: the recorded process maps a file in memory
 * that has no name, and the recorder holds it open.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "recorder/clock.h"
#include "recorder/mailbox.h"
#include "traces/base/err.h"

#define MEMFD_NAME "/memfd:heaptape"
#define STEP_NS    20000000u /* between looks whether it is still there */

/* Which file it is. */
struct memfd_id {
	dev_t dev;
	ino_t ino;
};

/* From a line of /proc/PID/maps. */
static bool parse_mapping(const char *line, struct memfd_id *id)
{
	unsigned major, minor;
	unsigned long ino;

	if (!strstr(line, " " MEMFD_NAME) ||
	    sscanf(line, "%*s %*s %*s %x:%x %lu", &major, &minor, &ino) != 3)
		return false;
	id->dev = makedev(major, minor);
	id->ino = ino;
	return true;
}

static int find_mapping(pid_t pid, struct memfd_id *id, struct err *err)
{
	char path[64], line[4200];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	if (!f && (errno == ENOENT || errno == ESRCH))
		return err_set(err, ERR_MISSING, 0, "there is no process %d",
			       (int)pid);
	/* A process of another user may be opened, but not read. */
	errno = 0;
	while (f && !found && fgets(line, sizeof(line), f))
		found = parse_mapping(line, id);
	if (!f || (!found && errno == EACCES)) {
		if (f)
			fclose(f);
		return err_set(err, ERR_SYS, 0,
			       "process %d may not be looked at; ask as the "
			       "user who records it",
			       (int)pid);
	}
	fclose(f);
	if (!found)
		return err_set(err, ERR_MISSING, 0,
			       "process %d is not recorded by heaptape",
			       (int)pid);
	return 0;
}

/* Open the file if that process holds it open; -1: it does not. */
static int open_if_held(const char *pid, const struct memfd_id *id)
{
	char path[512], target[64];
	struct dirent *entry;
	struct stat st;
	int fd = -1;
	ssize_t n;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && fd < 0 && (entry = readdir(dir))) {
		n = readlinkat(dirfd(dir), entry->d_name, target,
			       sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		if (strncmp(target, MEMFD_NAME, strlen(MEMFD_NAME)) ||
		    fstatat(dirfd(dir), entry->d_name, &st, 0) ||
		    st.st_ino != id->ino || st.st_dev != id->dev)
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDWR | O_CLOEXEC);
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* 0: it is unknown. */
static pid_t parent_of(pid_t pid)
{
	char path[64], text[1024];
	const char *rest;
	int parent = 0;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	rest = strrchr(text, ')');
	return rest && sscanf(rest + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

/*
 * The recorder holds the file open. A program that is about to start, and
 * another ctl, may do so for a moment, which serves as well.
 */
static int open_memfd(struct mailbox *m, pid_t pid, const struct memfd_id *id)
{
	struct dirent *entry;
	char text[16];
	DIR *proc;
	int ups;

	/* Mostly it is a parent, which spares the look at all processes. */
	for (ups = 0; ups < 4 && pid > 1; ups++, pid = parent_of(pid)) {
		snprintf(text, sizeof(text), "%d", (int)pid);
		m->fd = open_if_held(text, id);
		if (m->fd >= 0)
			return 0;
	}
	proc = opendir("/proc");
	while (proc && m->fd < 0 && (entry = readdir(proc)))
		if (*entry->d_name >= '1' && *entry->d_name <= '9')
			m->fd = open_if_held(entry->d_name, id);
	if (proc)
		closedir(proc);
	return m->fd < 0 ? -1 : 0;
}

static int is_gone(struct err *err)
{
	return err_set(err, ERR_MISSING, 0,
		       "the recorder of that process is gone; its tape holds "
		       "what was recorded until then");
}

static int map_control(struct mailbox *m, struct err *err)
{
	void *p = mmap(NULL, RING_PROCESSES_OFFSET, PROT_READ | PROT_WRITE,
		       MAP_SHARED, m->fd, 0);

	if (p == MAP_FAILED)
		return err_set(err, ERR_SYS, errno,
			       "cannot reach the recorder's memory");
	m->control = p;
	if (m->control->magic != RING_MAGIC || m->control->abi != RING_ABI)
		return err_set(err, ERR_MISSING, 0,
			       "the recorder is of another version of "
			       "heaptape; use its own heaptape ctl");
	return 0;
}

static pid_t drain_of(const struct mailbox *m)
{
	return (pid_t)(atomic_load_explicit(&m->control->drain_owner,
					    memory_order_relaxed) &
		       FUTEX_TID_MASK);
}

static bool drain_gone(const struct mailbox *m)
{
	return atomic_load_explicit(&m->control->drain_owner,
				    memory_order_relaxed) &
	       FUTEX_OWNER_DIED;
}

static void nap(void)
{
	const struct timespec rest = { .tv_nsec = STEP_NS };

	nanosleep(&rest, NULL);
}

static int take_turn(struct mailbox *m, struct err *err)
{
	const uint64_t end = clock_monotonic_ns() + m->wait_ns;

	while (flock(m->fd, LOCK_EX | LOCK_NB)) {
		if (clock_monotonic_ns() >= end)
			return err_set(err, ERR_SYS, 0,
				       "another heaptape ctl keeps the "
				       "recorder busy");
		nap();
	}
	return 0;
}

int mailbox_open(struct mailbox *m, pid_t pid, uint64_t wait_ns,
		 struct err *err)
{
	struct memfd_id id;
	int ret;

	memset(m, 0, sizeof(*m));
	m->fd = -1;
	m->wait_ns = wait_ns;
	ret = find_mapping(pid, &id, err);
	if (!ret && open_memfd(m, pid, &id))
		ret = is_gone(err);
	if (!ret)
		ret = map_control(m, err);
	if (!ret && drain_gone(m))
		ret = is_gone(err);
	if (!ret && pid != drain_of(m))
		m->pid = (uint32_t)pid;
	if (!ret)
		ret = take_turn(m, err);
	if (ret)
		mailbox_close(m);
	return ret;
}

void mailbox_close(struct mailbox *m)
{
	if (m->control)
		munmap(m->control, RING_PROCESSES_OFFSET);
	if (m->fd >= 0)
		close(m->fd);
	m->control = NULL;
	m->fd = -1;
}

/* As a recorded program does it when a ring gets full. */
static void wake_drain(struct ring_control *control)
{
	_Atomic uint32_t *state = &control->drain_state;
	uint32_t seen = atomic_load_explicit(state, memory_order_relaxed);

	if ((seen == RING_DRAIN_SLEEP || seen == RING_DRAIN_NAP) &&
	    atomic_compare_exchange_strong_explicit(
		    state, &seen, RING_DRAIN_BUSY, memory_order_relaxed,
		    memory_order_relaxed))
		syscall(SYS_futex, state, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static int wait_for_answer(const struct mailbox *m, uint32_t question,
			   struct err *err)
{
	_Atomic uint32_t *state = &m->control->mailbox.state;
	const struct timespec step = { .tv_nsec = STEP_NS };
	const uint64_t end = clock_monotonic_ns() + m->wait_ns;

	/* Acquire: the answer is there. */
	while (atomic_load_explicit(state, memory_order_acquire) == question) {
		if (drain_gone(m))
			return is_gone(err);
		if (clock_monotonic_ns() >= end)
			return err_set(err, ERR_SYS, 0,
				       "the recorder does not answer; is it "
				       "stopped?");
		wake_drain(m->control);
		syscall(SYS_futex, state, FUTEX_WAIT, question, &step, NULL, 0);
	}
	return 0;
}

static int judge(const struct mailbox *m, struct ring_mailbox *answer,
		 struct err *err)
{
	/* The recorded program could have written over it. */
	answer->text[sizeof(answer->text) - 1] = '\0';
	answer->status.reason[sizeof(answer->status.reason) - 1] = '\0';
	answer->status.exe[sizeof(answer->status.exe) - 1] = '\0';
	answer->status.tape[sizeof(answer->status.tape) - 1] = '\0';
	switch (answer->code) {
	case MAILBOX_DONE:
		return 0;
	case MAILBOX_NO_PROCESS:
		if (!m->pid)
			return err_set(err, ERR_MISSING, 0,
				       "no process is being recorded there: "
				       "it has not begun, or could not be");
		return err_set(err, ERR_MISSING, 0,
			       "process %u is not recorded, though a relative "
			       "of it is: see --follow of heaptape record; a "
			       "forked child begins with its first call",
			       m->pid);
	case MAILBOX_ENDED:
		return err_set(err, ERR_MISSING, 0,
			       "the recording has ended already: %.160s",
			       answer->text);
	}
	return err_set(err, ERR_ARG, 0, "%.200s", answer->text);
}

int mailbox_ask(const struct mailbox *m, enum mailbox_command command,
		uint32_t index, const char *text, struct ring_mailbox *answer,
		struct err *err)
{
	struct ring_mailbox *box = &m->control->mailbox;
	uint32_t question;
	int ret;

	box->command = command;
	box->pid = m->pid;
	box->index = index;
	snprintf(box->text, sizeof(box->text), "%s", text ? text : "");
	question = atomic_load_explicit(&box->state, memory_order_relaxed);
	question = (question | MAILBOX_STATE_MASK) + 1 + MAILBOX_ASKED;
	/* Release: the drain sees the question whole. */
	atomic_store_explicit(&box->state, question, memory_order_release);
	ret = wait_for_answer(m, question, err);
	if (ret)
		return ret;
	*answer = *box;
	return judge(m, answer, err);
}

void mailbox_answer(struct ring_control *control, uint32_t question,
		    enum mailbox_code code, const char *text)
{
	struct ring_mailbox *box = &control->mailbox;

	box->code = code;
	snprintf(box->text, sizeof(box->text), "%s", text ? text : "");
	/* Release: who asked sees the answer whole. */
	atomic_compare_exchange_strong_explicit(
		&box->state, &question,
		question - MAILBOX_ASKED + MAILBOX_ANSWERED,
		memory_order_release, memory_order_relaxed);
	syscall(SYS_futex, &box->state, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}
