// SPDX-License-Identifier: MIT
/*
 * The part of the control page through which heaptape ctl and the drain talk:
 * one question and its answer at a time. Who asks holds a lock on the file
 * (flock), writes the question and sets state to ASKED; the drain answers in
 * place and sets ANSWERED, unless there is another question by now. The
 * recorded programs do not look at it.
 */
#ifndef RECORDER_RING_MAILBOX_H
#define RECORDER_RING_MAILBOX_H

#include <stdatomic.h>
#include <stdint.h>

/* The low bits of state; the others count the questions. */
enum mailbox_state {
	MAILBOX_EMPTY = 0,
	MAILBOX_ASKED,
	MAILBOX_ANSWERED,
	MAILBOX_STATE_MASK,
};

enum mailbox_command {
	MAILBOX_STATUS = 1,
	MAILBOX_START,
	MAILBOX_STOP,
	MAILBOX_MARK,
};

enum mailbox_code {
	MAILBOX_DONE = 0,
	MAILBOX_NO_PROCESS, /* it is not recorded */
	MAILBOX_ENDED,      /* its recording has ended; text tells why */
	MAILBOX_FAILED,     /* text tells why */
};

enum mailbox_recording {
	MAILBOX_RECORDING = 0,
	MAILBOX_PAUSED,
	MAILBOX_OVER, /* reason tells why */
};

/* One recorded process. */
struct mailbox_status {
	uint32_t pid;
	uint32_t recording; /* enum mailbox_recording */
	uint32_t threads;   /* live ones */
	uint32_t padding;
	uint64_t events;
	uint64_t bytes; /* of the tape */
	uint64_t dropped;
	uint64_t duration_ns; /* since the recording began */
	char reason[128];
	char exe[256]; /* its end, if it is longer */
	char tape[1024];
};

struct ring_mailbox {
	_Atomic uint32_t state __attribute__((aligned(64))); /* a futex */
	uint32_t command;
	uint32_t pid;   /* 0: all processes */
	uint32_t index; /* STATUS: of the process among these */
	uint32_t code;  /* of the answer */
	uint32_t nr;    /* processes that were meant */
	char text[1024];
	struct mailbox_status status;
};

#endif
