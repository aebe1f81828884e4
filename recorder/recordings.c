// SPDX-License-Identifier: MIT
/* The set of recorded processes; recording.c knows what one is. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/clock.h"
#include "recorder/descendants.h"
#include "recorder/recordings.h"
#include "recorder/session.h"

#define PID_MAX    (1u << 22) /* as the kernel has it */
#define SCAN_NS    50000000u /* between looks for an entry that does not come */
#define SEEK_SPARE 20 /* so many times what a search took lie between two */
#define POLL_NS    10000000u   /* between looks for processes that ended */
#define CARE_NS    2000000000u /* ... for entries that nobody fills in */

struct recording *recordings_by_pid(struct recordings *s, pid_t pid)
{
	size_t i;

	for (i = s->nr; i > 0; i--)
		if (s->other[i - 1]->process.pid == pid)
			return s->other[i - 1];
	return s->first.process.pid == pid ? &s->first : NULL;
}

/* Who announced himself under that number; the youngest, if there are more. */
static struct recording *by_told_pid(struct recordings *s, uint32_t pid)
{
	size_t i;

	for (i = s->nr; i > 0; i--)
		if (s->other[i - 1]->told_pid == (pid_t)pid)
			return s->other[i - 1];
	return s->first.told_pid == (pid_t)pid ? &s->first : NULL;
}

static struct recording *add(struct recordings *s,
			     const struct ring_process *entry, struct err *err)
{
	struct recording *r = malloc(sizeof(*r));

	if (s->nr == s->room) {
		size_t room = s->room ? 2 * s->room : 16;
		struct recording **other =
			realloc(s->other, room * sizeof(*other));

		if (!other)
			goto nomem;
		s->other = other;
		s->room = room;
	}
	if (!r)
		goto nomem;
	recording_open_child(r, &s->env, entry);
	s->other[s->nr++] = r;
	return r;
nomem:
	free(r);
	err_set(err, ERR_NOMEM, 0, "out of memory");
	return NULL;
}

/* Which process an entry is of: a known one that executed it, or a new one. */
static int acquire(struct recordings *s, uint32_t entry, struct err *err)
{
	const struct ring_process *p = &s->env.shared->processes[entry];
	struct recording *r = by_told_pid(s, p->pid);

	/*
	 * A number does not come again as soon as its process is let go, so
	 * that who executes under it is the one; a forked child is not.
	 */
	if (!r || (r->ended && r->process.over) ||
	    (r->image.serial && p->birth != RING_BIRTH_EXEC))
		r = add(s, p, err);
	if (!r)
		return -ERR_NOMEM;
	recording_begin(r, entry);
	return 0;
}

/* Whether a process may have written it: some scribble over all they can. */
static bool is_possible(const struct recordings *s,
			const struct ring_process *p)
{
	return p->pid && p->pid <= PID_MAX && p->birth <= RING_BIRTH_FORK &&
	       p->serial && (p->exe[0] == '/' || !p->exe[0]) &&
	       (s->env.config->follow != RING_FOLLOW_NONE ||
		(pid_t)p->pid == s->first.told_pid);
}

static bool is_new(const struct recordings *s, uint32_t entry)
{
	const struct ring_process *p = &s->env.shared->processes[entry];

	/* Acquire: what it announced is there. */
	return !s->env.drain->targets[entry] &&
	       atomic_load_explicit(&p->state, memory_order_acquire) ==
		       RING_PROCESS_LIVE &&
	       is_possible(s, p);
}

static bool is_sought(struct recordings *s, uint32_t pid)
{
	const struct recording *r = by_told_pid(s, pid);

	return r && r->process.sought;
}

/* The new entry that registered first; RECORDING_NO_ENTRY: none is new. */
static uint32_t first_new(struct recordings *s)
{
	const struct shared *shared = s->env.shared;
	uint32_t i, top = shared_top_process(shared),
		    first = RECORDING_NO_ENTRY;

	for (i = 0; i < top; i++) {
		const struct ring_process *p = &shared->processes[i];

		if (is_new(s, i) && !is_sought(s, p->pid) &&
		    (first == RECORDING_NO_ENTRY ||
		     p->serial < shared->processes[first].serial))
			first = i;
	}
	return first;
}

/* Get hold of all new processes before the work: some do not live long. */
static int hold_new(struct recordings *s, struct err *err)
{
	const struct ring_process *processes = s->env.shared->processes;
	uint32_t i, top = shared_top_process(s->env.shared);

	for (i = 0; i < top; i++)
		if (is_new(s, i) && !by_told_pid(s, processes[i].pid) &&
		    !add(s, &processes[i], err))
			return -ERR_NOMEM;
	return 0;
}

/* See whether a descendant is one that gave itself another number. */
static void compare(void *ctx, pid_t pid, const char *parent_exe)
{
	struct recordings *s = ctx;
	struct recording *r;
	size_t i;

	(void)parent_exe;
	for (i = 0; i < s->nr; i++) {
		r = s->other[i];
		if (r->process.sought &&
		    process_is_sought(&r->process, pid, s->env.shared->inode,
				      r->image.exe)) {
			/* The numbers of its threads are others, too. */
			r->target.pid = 0;
			return;
		}
	}
}

/*
 * Those that were not found under their numbers are over, most probably. A
 * look at all descendants, not too often, tells.
 */
static void seek(struct recordings *s, uint64_t now_ns)
{
	unsigned nr = 0;
	size_t i;

	if (now_ns < s->next_seek_ns)
		return;
	for (i = 0; i < s->nr; i++)
		nr += s->other[i]->process.sought;
	if (!nr)
		return;
	descendants_visit(s, compare, s);
	for (i = 0; i < s->nr; i++)
		if (s->other[i]->process.sought)
			process_give_up(&s->other[i]->process);
	s->next_seek_ns = now_ns + SEEK_SPARE * (clock_monotonic_ns() - now_ns);
}

/*
 * A process may be killed between taking an entry and announcing itself. One of
 * another pid namespace looks as if, so that it has some time for it.
 */
static void free_abandoned(struct recordings *s, uint64_t now_ns)
{
	const struct shared *shared = s->env.shared;
	uint32_t i, top = shared_top_process(shared), state;

	if (now_ns < s->next_care_ns)
		return;
	s->next_care_ns = now_ns + CARE_NS;
	for (i = 0; i < top; i++) {
		_Atomic uint32_t *word = &shared->processes[i].state;

		state = atomic_load_explicit(word, memory_order_relaxed);
		if ((state & RING_STATE_MASK) != RING_PROCESS_CLAIMED)
			state = 0;
		/* Release: we have left the entry. */
		if (state && state == s->claimed[i] &&
		    kill((pid_t)(state >> RING_OWNER_SHIFT), 0) &&
		    errno == ESRCH)
			atomic_compare_exchange_strong_explicit(
				word, &state, RING_FREE_PROCESS,
				memory_order_release, memory_order_relaxed);
		s->claimed[i] = state;
	}
}

int recordings_find(struct recordings *s, uint64_t now_ns, struct err *err)
{
	/* Counted before the entry is filled in, so that none is missed. */
	uint64_t nr = atomic_load_explicit(
		&s->env.shared->control->nr_processes, memory_order_relaxed);
	uint32_t entry;
	bool timed;
	int ret;

	if (nr == s->acquired && now_ns < s->next_scan_ns)
		return 0;
	timed = now_ns >= s->next_scan_ns;
	s->next_scan_ns = now_ns + SCAN_NS;
	free_abandoned(s, now_ns);
	ret = hold_new(s, err);
	seek(s, now_ns);
	while (!ret && (entry = first_new(s)) != RECORDING_NO_ENTRY) {
		s->acquired++;
		ret = acquire(s, entry, err);
	}
	/* One that never announces itself is not to cost a scan each turn. */
	if (timed)
		s->acquired = nr;
	s->env.nr = 1 + (unsigned)s->nr;
	return ret;
}

void recordings_poll(struct recordings *s, uint64_t now_ns)
{
	struct pollfd *fds;
	size_t i;

	if (!s->nr || now_ns < s->next_poll_ns)
		return;
	s->next_poll_ns = now_ns + POLL_NS;
	fds = calloc(s->nr, sizeof(*fds));
	for (i = 0; i < s->nr && fds; i++)
		fds[i] = (struct pollfd){ .fd = s->other[i]->process.fd,
					  .events = POLLIN };
	if (fds)
		poll(fds, s->nr, 0);
	for (i = 0; i < s->nr; i++) {
		struct process *p = &s->other[i]->process;

		if (p->over || !fds || p->fd < 0 || fds[i].revents)
			s->other[i]->target.last = process_ended(p);
	}
	free(fds);
}

/* What is told of it at the end of the session. */
static void sum_up(struct session_result *sum, const struct recording *r)
{
	sum->other_tapes += r->output.bytes != 0;
	sum->other_events += r->target.events;
	sum->other_bytes += r->output.bytes;
	sum->other_lost += r->target.dropped + recording_lost(r);
	sum->other_foreign += r->image.foreign != RING_FOREIGN_NONE;
	if (r->unseen[0])
		strangers_add(&sum->strangers, r->unseen);
	if (r->err.code) {
		sum->other_failed++;
		if (!sum->other_err.code)
			sum->other_err = r->err;
	}
}

static void let_go(struct recordings *s, size_t i)
{
	struct recording *r = s->other[i];

	recording_leave(r);
	recording_end(r, NULL);
	sum_up(s->result, r);
	recording_close(r);
	free(r);
	memmove(&s->other[i], &s->other[i + 1],
		(--s->nr - i) * sizeof(*s->other));
	s->env.nr = 1 + (unsigned)s->nr;
}

void recordings_tend(struct recordings *s, uint64_t now_ns)
{
	size_t i = 0;

	recording_tend(&s->first, now_ns);
	while (i < s->nr) {
		struct recording *r = s->other[i];

		recording_tend(r, now_ns);
		if (r->target.last && !r->target.records)
			let_go(s, i);
		else
			i++;
	}
}

bool recordings_ending(const struct recordings *s)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (s->other[i]->target.last)
			return true;
	return s->first.target.last && !s->first.ended;
}

uint64_t recordings_due_ns(const struct recordings *s)
{
	uint64_t due = recording_due_ns(&s->first), other;
	size_t i;

	for (i = 0; i < s->nr; i++) {
		other = recording_due_ns(s->other[i]);
		due = other < due ? other : due;
	}
	return due;
}

void recordings_end(struct recordings *s, const char *reason)
{
	size_t i;

	recording_end(&s->first, reason);
	for (i = 0; i < s->nr; i++)
		recording_end(s->other[i], reason);
}

void recordings_close_others(struct recordings *s)
{
	while (s->nr) {
		recording_end(s->other[s->nr - 1], "stopped");
		let_go(s, s->nr - 1);
	}
}

void recordings_close(struct recordings *s)
{
	recordings_close_others(s);
	free(s->other);
	s->other = NULL;
	recording_close(&s->first);
}
