// SPDX-License-Identifier: MIT
/*
 * The recorded program as a process: started behind a gate, so that all is
 * ready before its first instruction, and followed until it ends. Signals
 * sent to us go on to it. One child at a time; uses signal handlers.
 */
#ifndef RECORDER_CHILD_H
#define RECORDER_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct err;

struct child {
	pid_t pid;
	int gate;   /* closed: the child gives up; a byte: it goes on */
	int report; /* errno of a failed exec; end of file when it worked */
	bool ended;
	int status;    /* as wait(2) gives it */
	char name[16]; /* of its main thread when it ended */
};

/*
 * Fork; the child waits at the gate, then becomes argv. preload goes before
 * what LD_PRELOAD holds already, record is the shim's variable.
 */
int child_start(struct child *c, char **argv, const char *preload,
		const char *record, struct err *err);

/* Open the gate. Returns 0, or the errno value of the failed exec. */
int child_release(struct child *c);

/* Close the gate for good and reap the child. */
void child_abandon(struct child *c);

/* Wait until it has ended. */
void child_wait(struct child *c);

/* See whether it has ended; never waits. */
bool child_ended(struct child *c);

/* Whether a signal asked us to end when there was no child to get it. */
bool child_asked_to_end(void);

#endif
