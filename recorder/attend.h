// SPDX-License-Identifier: MIT
/*
 * What the drain attends to beside the rings: questions of heaptape ctl, the
 * limits of the recording, the line on the terminal. One user at a time.
 */
#ifndef RECORDER_ATTEND_H
#define RECORDER_ATTEND_H

#include <stdbool.h>
#include <stdint.h>

#include "recorder/control.h"
#include "recorder/limits.h"
#include "recorder/live_bytes.h"
#include "recorder/live_line.h"

struct recordings;

struct attend {
	struct recordings *all;
	struct control control;
	struct limits limits;
	struct live_line line;
	struct live_bytes live; /* of all processes; only while it is shown */
	uint64_t begun_ns;      /* on CLOCK_MONOTONIC */
	bool over;              /* a limit was reached */
	bool told;              /* how to start what is paused */
};

/* Before the program starts; all->env must be filled in. */
void attend_open(struct attend *a, struct recordings *all);
void attend_close(struct attend *a);

/* In each turn of the drain's loop, before its pass. */
void attend(struct attend *a);

/* How long the drain may sleep for our sake, at most max. */
uint64_t attend_rest_ns(const struct attend *a, uint64_t max);

#endif
