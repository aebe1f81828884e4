// SPDX-License-Identifier: MIT
/*
 * Asking the drain of a running recording, from another process (heaptape
 * ctl), and the drain's side of it. Each by one user at a time; those who ask
 * take turns.
 */
#ifndef RECORDER_MAILBOX_H
#define RECORDER_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "recorder/ring.h"

struct err;

#define MAILBOX_TEXT_MAX 1000u /* bytes of a mark */

struct mailbox {
	int fd;
	struct ring_control *control;
	uint32_t pid;     /* process that is meant; 0: all of the recording */
	uint64_t wait_ns; /* how long to wait for a turn or an answer */
};

/*
 * Find the recording that process pid belongs to, as recorded or as recorder,
 * and take the turn. -ERR_MISSING: there is none; -ERR_SYS: not permitted or
 * no answer.
 */
int mailbox_open(struct mailbox *m, pid_t pid, uint64_t wait_ns,
		 struct err *err);
void mailbox_close(struct mailbox *m);

/*
 * Ask and wait. Returns 0 and leaves the answer in m->control->mailbox, copied
 * to *answer; -ERR_MISSING: the recorder has gone, or the process is none of
 * its; -ERR_ARG: it could not do it, as err tells.
 */
int mailbox_ask(const struct mailbox *m, enum mailbox_command command,
		uint32_t index, const char *text, struct ring_mailbox *answer,
		struct err *err);

/* The drain: the question that waits for an answer, or 0. Cheap. */
static inline uint32_t mailbox_question(struct ring_control *control)
{
	/* Acquire: the question is there. */
	uint32_t state = atomic_load_explicit(&control->mailbox.state,
					      memory_order_acquire);

	return (state & MAILBOX_STATE_MASK) == MAILBOX_ASKED ? state : 0;
}

/*
 * The drain: give the answer, with what was put into mailbox.status and nr.
 * It is dropped if nobody waits for it any more.
 */
void mailbox_answer(struct ring_control *control, uint32_t question,
		    enum mailbox_code code, const char *text);

#endif
