// SPDX-License-Identifier: MIT
/* What a question of heaptape ctl does to the recordings that it means. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "recorder/control.h"
#include "recorder/mailbox.h"
#include "recorder/recordings.h"

/* A question, copied: what lies in shared memory may change. */
struct question {
	uint32_t command;
	uint32_t pid; /* 0: all */
	uint32_t index;
	char text[MAILBOX_TEXT_MAX + 1];
};

void control_open(struct control *c, struct shared *shared, struct ticks *ticks,
		  bool paused)
{
	*c = (struct control){ shared, ticks, !paused };
	if (paused)
		atomic_fetch_or_explicit(&shared->control->mode,
					 RING_PAUSED | RING_WINDOW,
					 memory_order_relaxed);
}

static bool is_meant(const struct question *q, const struct recording *r)
{
	return r->entry != RECORDING_NO_ENTRY &&
	       (!q->pid || q->pid == (uint32_t)r->process.pid);
}

/* The end of a text that is too long says more than its beginning. */
static void copy_end(char *to, size_t len, const char *from)
{
	size_t have = strlen(from);

	if (have >= len)
		from += have - (len - 1);
	stpncpy(to, from, len)[0] = '\0';
}

/* Whoever asks may be in another folder. */
static void full_path(char *to, size_t len, const char *path)
{
	char cwd[PATH_MAX], full[2 * PATH_MAX];

	if (*path == '/' || !getcwd(cwd, sizeof(cwd)))
		cwd[0] = '\0';
	snprintf(full, sizeof(full), "%s%s%s", cwd, *cwd ? "/" : "", path);
	copy_end(to, len, full);
}

static void describe(const struct control *c, const struct recording *r,
		     struct mailbox_status *s)
{
	memset(s, 0, sizeof(*s));
	s->pid = (uint32_t)r->process.pid;
	s->threads = r->target.live;
	s->events = r->target.events;
	s->bytes = r->output.bytes;
	s->dropped = r->target.dropped;
	s->duration_ns = r->ended ? r->duration_ns : ticks_now_ns(c->ticks);
	s->recording = r->ended    ? MAILBOX_OVER
		       : r->paused ? MAILBOX_PAUSED
				   : MAILBOX_RECORDING;
	if (r->ended)
		snprintf(s->reason, sizeof(s->reason), "%s",
			 r->reason[0] ? r->reason : "exit");
	copy_end(s->exe, sizeof(s->exe), r->image.exe);
	full_path(s->tape, sizeof(s->tape), r->output.path);
}

static void act(struct recording *r, const struct question *q)
{
	switch (q->command) {
	case MAILBOX_START:
		recording_pause(r, false);
		break;
	case MAILBOX_STOP:
		recording_pause(r, true);
		break;
	case MAILBOX_MARK:
		recording_mark(r, q->text);
		break;
	}
}

/* What programs that are still to come begin with. */
static void set_default(struct control *c, const struct question *q)
{
	_Atomic uint32_t *mode = &c->shared->control->mode;

	if (q->command == MAILBOX_START && !c->started) {
		ticks_rebase(c->ticks);
		c->started = true;
	}
	if (q->pid)
		return;
	if (q->command == MAILBOX_START)
		atomic_fetch_and_explicit(mode, ~(uint32_t)RING_PAUSED,
					  memory_order_relaxed);
	if (q->command == MAILBOX_STOP)
		atomic_fetch_or_explicit(mode, RING_PAUSED | RING_WINDOW,
					 memory_order_relaxed);
}

/* The first one, then the others; NULL behind the last. */
static struct recording *at(struct recordings *all, size_t i)
{
	if (!i)
		return &all->first;
	return i <= all->nr ? all->other[i - 1] : NULL;
}

/* Returns the code of the answer; text is the reason where all have ended. */
static enum mailbox_code answer(struct control *c, const struct question *q,
				struct recordings *all, char text[128])
{
	struct ring_mailbox *box = &c->shared->control->mailbox;
	unsigned meant = 0, live = 0;
	struct recording *r;
	size_t i;

	for (i = 0; (r = at(all, i)); i++) {
		if (!is_meant(q, r))
			continue;
		if (meant++ == q->index)
			describe(c, r, &box->status);
		live += !r->ended;
	}
	box->nr = meant;
	if (q->command == MAILBOX_STATUS || !live) {
		if (meant && q->command != MAILBOX_STATUS)
			snprintf(text, 128, "%s", box->status.reason);
		return !meant                         ? MAILBOX_NO_PROCESS
		       : q->command == MAILBOX_STATUS ? MAILBOX_DONE
						      : MAILBOX_ENDED;
	}
	set_default(c, q);
	for (i = 0; (r = at(all, i)); i++)
		if (is_meant(q, r) && !r->ended)
			act(r, q);
	return MAILBOX_DONE;
}

void control_serve(struct control *c, struct recordings *all)
{
	struct ring_control *control = c->shared->control;
	const struct ring_mailbox *box = &control->mailbox;
	uint32_t number = mailbox_question(control);
	char text[128] = "";
	struct question q;

	if (!c->started)
		ticks_rebase(c->ticks);
	if (!number)
		return;
	q = (struct question){ box->command, box->pid, box->index, "" };
	snprintf(q.text, sizeof(q.text), "%.*s", (int)sizeof(q.text) - 1,
		 box->text);
	mailbox_answer(control, number, answer(c, &q, all, text), text);
}
